#include "tests/nats/operator_mode.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <vector>

#include "nats/nkey.h"
#include "respand/base/text.h"

namespace respand::nats {
namespace {

// What the first letter of a key is made of.
constexpr unsigned kOperator = 14U << 3U;
constexpr unsigned kAccount = 0;
constexpr unsigned kUser = 20U << 3U;
constexpr unsigned kSeedPrefix = 18U << 3U;

std::string with_checksum(std::string bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = ((crc << 1U) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U)) & 0xFFFFU;
    }
  }
  bytes.push_back(static_cast<char>(crc & 0xFFU));
  bytes.push_back(static_cast<char>(crc >> 8U));
  return base32(bytes);
}

std::string base64url(std::string_view bytes) {
  std::vector<unsigned char> out(bytes.size() * 2 + 4);
  const std::vector<unsigned char> in(bytes.begin(), bytes.end());
  const int size = ::EVP_EncodeBlock(out.data(), in.data(), static_cast<int>(in.size()));
  std::string text(out.begin(), out.begin() + size);
  while (text.ends_with('=')) {
    text.pop_back();
  }
  for (char& c : text) {
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return text;
}

}  // namespace

class OperatorMode::Key {
 public:
  explicit Key(unsigned kind) : kind_(kind), key_(::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {
    EXPECT_NE(key_, nullptr);
  }
  ~Key() { ::EVP_PKEY_free(key_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  [[nodiscard]] std::string public_key() const {
    return with_checksum(std::string(1, static_cast<char>(kind_)) + raw(::EVP_PKEY_get_raw_public_key));
  }
  [[nodiscard]] std::string seed() const {
    const std::string prefix = {static_cast<char>(kSeedPrefix | kind_ >> 5U), static_cast<char>((kind_ & 31U) << 3U)};
    return with_checksum(prefix + raw(::EVP_PKEY_get_raw_private_key));
  }
  // A JWT about `subject`, issued by this key.
  [[nodiscard]] std::string issue(const std::string& subject, std::string_view name, std::string_view claims) const {
    const std::string text =
        cat(base64url(R"({"typ":"JWT","alg":"ed25519-nkey"})"), '.',
            base64url(cat(R"({"jti":"TEST","iat":1790000000,"iss":")", public_key(), R"(","name":")", name,
                          R"(","sub":")", subject, R"(","nats":)", claims, "}")));
    std::array<unsigned char, 64> signature{};
    std::size_t size = signature.size();
    const std::vector<unsigned char> message(text.begin(), text.end());
    EVP_MD_CTX* const context = ::EVP_MD_CTX_new();
    EXPECT_EQ(::EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_), 1);
    EXPECT_EQ(::EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()), 1);
    ::EVP_MD_CTX_free(context);
    return cat(text, '.', base64url(std::string(signature.begin(), signature.end())));
  }

 private:
  template <typename Get>
  std::string raw(Get get) const {
    std::array<unsigned char, 32> bytes{};
    std::size_t size = bytes.size();
    EXPECT_EQ(get(key_, bytes.data(), &size), 1);
    return {bytes.begin(), bytes.end()};
  }
  unsigned kind_;
  EVP_PKEY* key_;
};

UserKey make_user_key() {
  std::array<unsigned char, 32> bytes{};
  std::size_t size = bytes.size();
  EVP_PKEY* const key = ::EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  EXPECT_EQ(::EVP_PKEY_get_raw_private_key(key, bytes.data(), &size), 1);
  ::EVP_PKEY_free(key);
  const std::string prefix = {static_cast<char>(kSeedPrefix | kUser >> 5U), static_cast<char>((kUser & 31U) << 3U)};
  UserKey made{with_checksum(prefix + std::string(bytes.begin(), bytes.end())), {}};
  const auto read = Nkey::from_seed(made.seed);
  EXPECT_TRUE(read);
  made.public_key = read->public_key();
  return made;
}

OperatorMode::OperatorMode() : operator_(std::make_unique<Key>(kOperator)), account_(std::make_unique<Key>(kAccount)) {}
OperatorMode::~OperatorMode() = default;

std::string OperatorMode::configuration() const {
  const std::string account = account_->public_key();
  constexpr std::string_view kLimits =
      R"({"limits":{"subs":-1,"data":-1,"payload":-1,"imports":-1,"exports":-1,"wildcards":true,"conn":-1,"leaf":-1},)"
      R"("default_permissions":{"pub":{},"sub":{}},"type":"account","version":2})";
  return cat("operator: ", operator_->issue(operator_->public_key(), "operator", R"({"type":"operator","version":2})"),
             "\nresolver: MEMORY\nresolver_preload: { ", account, ": ", operator_->issue(account, "account", kLimits),
             " }\n");
}

std::string OperatorMode::credentials() const {
  const Key user(kUser);
  return cat("-----BEGIN NATS USER JWT-----\n",
             account_->issue(user.public_key(), "user",
                             R"({"pub":{},"sub":{},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2})"),
             "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n", user.seed(),
             "\n------END USER NKEY SEED------\n");
}

}  // namespace respand::nats
