// Keys and credentials: the example of NATS' own documents, and texts with one thing wrong.

#include "nats/nkey.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::nats {
namespace {

// The pair of the documentation of NATS; it opens nothing.
constexpr std::string_view kSeed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
constexpr std::string_view kPublic = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

TEST(Base32, RoundTrips) {
  EXPECT_EQ(base32("foobar"), "MZXW6YTBOI");
  EXPECT_EQ(*from_base32("MZXW6YTBOI"), "foobar");
  EXPECT_EQ(base32(""), "");
  EXPECT_FALSE(from_base32("MZXW6YTBO1"));
  EXPECT_FALSE(from_base32("mzxw"));
  for (std::size_t size = 0; size < 40; ++size) {
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
      bytes.push_back(static_cast<char>(i * 37 + size));
    }
    EXPECT_EQ(*from_base32(base32(bytes)), bytes);
  }
}

TEST(NkeySeed, GivesItsPublicKeyAndSigns) {
  const auto key = Nkey::from_seed(kSeed);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->public_key(), kPublic);
  const auto signature = key->sign("PXoWU7zWAMt75FY");
  ASSERT_TRUE(signature);
  EXPECT_EQ(signature->size(), 86U) << "64 bytes without padding";
  EXPECT_EQ(signature->find_first_of("+/="), std::string::npos);
  EXPECT_EQ(*key->sign("PXoWU7zWAMt75FY"), *signature);
  EXPECT_NE(*key->sign(""), *signature);
}

TEST(NkeySeed, WithACharacterWrongIsRefusedWithoutASecret) {
  for (std::size_t i = 0; i < kSeed.size(); ++i) {
    for (const char other : {'A', '7', '1', ' '}) {
      std::string seed(kSeed);
      if (seed[i] == other) {
        continue;
      }
      seed[i] = other;
      const auto key = Nkey::from_seed(seed);
      ASSERT_FALSE(key) << i << other;
      EXPECT_EQ(key.error().message.find(kSeed.substr(4, 8)), std::string::npos);
    }
  }
  EXPECT_FALSE(Nkey::from_seed(""));
  EXPECT_FALSE(Nkey::from_seed(kSeed.substr(1)));
  EXPECT_FALSE(Nkey::from_seed(kPublic));
  EXPECT_FALSE(Nkey::from_seed(cat(kSeed, "A")));
}

TEST(CredentialsText, IsASeedOrBothParts) {
  const auto seed = read_credentials(cat("\n ", kSeed, " \r\n"));
  ASSERT_TRUE(seed) << seed.error().message;
  EXPECT_EQ(seed->jwt, "");
  EXPECT_EQ(seed->key.public_key(), kPublic);
  const std::string file =
      cat("-----BEGIN NATS USER JWT-----\neyJ0eXAi.eyJqdGki.x-_9\n------END NATS USER JWT------\n\n"
          "************************* IMPORTANT *************************\nKeep it secret.\n\n"
          "-----BEGIN USER NKEY SEED-----\n",
          kSeed, "\n------END USER NKEY SEED------\n");
  const auto both = read_credentials(file);
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(both->jwt, "eyJ0eXAi.eyJqdGki.x-_9");
  EXPECT_EQ(both->key.public_key(), kPublic);
  for (std::size_t cut = 0; cut < file.size() - 30; ++cut) {
    const auto part = read_credentials(std::string_view(file).substr(0, cut));
    ASSERT_FALSE(part) << cut;
    EXPECT_EQ(part.error().message.find(kSeed.substr(4, 8)), std::string::npos);
  }
  EXPECT_FALSE(read_credentials("-----BEGIN NATS USER JWT-----\n\"quoted\"\n------END"));
}

}  // namespace
}  // namespace respand::nats
