// What relays tell each other: one line of text, from a network that anybody may write to.

#include "fleet/relay_announcement.h"

#include <gtest/gtest.h>

#include "respand/base/text.h"

namespace respand::fleet {
namespace {

TEST(RelayAnnouncement, IsOneLineOfText) {
  const RelayAnnouncement one{0xab, 17, false};
  EXPECT_EQ(one.encode(), "RSPNDREL 1 00000000000000ab 17 here");
  EXPECT_EQ((RelayAnnouncement{~0ULL, ~0ULL, true}).encode(),
            "RSPNDREL 1 ffffffffffffffff 18446744073709551615 leaves");
  const auto back = RelayAnnouncement::decode(one.encode());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->relay, 0xabU);
  EXPECT_EQ(back->number, 17U);
  EXPECT_FALSE(back->leaves);
  EXPECT_TRUE(RelayAnnouncement::decode("RSPNDREL 7 00000000000000ab 17 leaves more of a newer version")->leaves);
  EXPECT_EQ(announcements_subject("S"), "_RESPAND.RELAYS.S");
}

TEST(RelayAnnouncement, WhatIsNoneIsNotRead) {
  for (const std::string& text :
       {std::string(), std::string("RSPNDREL"), std::string("RSPNDREL 1 00000000000000ab 17"),
        std::string("RSPNDREL 0 00000000000000ab 17 here"), std::string("RSPNDREL 1 ab 17 here"),
        std::string("RSPNDREL 1 00000000000000zz 17 here"), std::string("RSPNDREL 1 00000000000000ab -1 here"),
        std::string("RSPNDREL 1 00000000000000ab 18446744073709551616 here"),
        std::string("RSPNDREL 1 00000000000000ab 17 there"), std::string("RSPNDREL  1 00000000000000ab 17 here"),
        std::string("rspndrel 1 00000000000000ab 17 here"), std::string("RSPNDREL 1 00000000000000ab 17 here\n"),
        cat("RSPNDREL 1 00000000000000ab 17 here ", std::string(300, 'x')), std::string(5, '\0')}) {
    EXPECT_FALSE(RelayAnnouncement::decode(text)) << text;
  }
}

}  // namespace
}  // namespace respand::fleet
