#include "nats/nkey.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "respand/base/text.h"

namespace respand::nats {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
// The first bits of a key say what it is: a seed, and of whom.
constexpr unsigned kPrefixSeed = 18U << 3U;
constexpr unsigned kPrefixUser = 20U << 3U;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kSeedBytes = 2 + kKeySize + 2;  // prefixes, key, checksum
constexpr std::size_t kSeedText = 58;                 // in base32

// CRC-16/XMODEM.
std::uint16_t crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(byte)) << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ 0x1021U : crc << 1U;
    }
    crc &= 0xFFFFU;
  }
  return static_cast<std::uint16_t>(crc);
}

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

Error bad_key(std::string_view what) { return error(ErrorCode::kInvalid, std::string(what)); }

// What stands between "-----BEGIN <what>-----" and the line that ends it, which begins with dashes as well.
std::string_view section(std::string_view text, std::string_view what) {
  const std::size_t title = text.find(cat("BEGIN ", what));
  const std::size_t begin = title == std::string_view::npos ? title : text.find('\n', title);
  if (begin == std::string_view::npos) {
    return {};
  }
  const std::size_t end = text.find("-----", begin);
  return end == std::string_view::npos ? std::string_view{} : text.substr(begin, end - begin);
}

std::string_view without_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

bool is_jwt(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

std::string base32(std::string_view bytes) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    held = (held << 8U | static_cast<unsigned char>(byte)) & 0xFFFFU;
    for (bits += 8; bits >= 5; bits -= 5) {
      out.push_back(kAlphabet[(held >> (bits - 5)) & 31U]);
    }
  }
  if (bits > 0) {
    out.push_back(kAlphabet[(held << (5 - bits)) & 31U]);
  }
  return out;
}

Result<std::string> from_base32(std::string_view text) {
  std::string out;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) {
      return bad_key("a character that base32 does not have");
    }
    held = (held << 5U | static_cast<unsigned>(value)) & 0xFFFFU;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>((held >> bits) & 0xFFU));
    }
  }
  return out;
}

void Nkey::Free::operator()(evp_pkey_st* key) const { ::EVP_PKEY_free(key); }

Result<Nkey> Nkey::from_seed(std::string_view seed) {
  if (seed.size() != kSeedText) {
    return bad_key(cat("a seed has ", kSeedText, " characters, not ", seed.size()));
  }
  auto bytes = from_base32(seed);
  if (!bytes) {
    return std::move(bytes).fail("seed");
  }
  const std::string_view raw = *bytes;
  if (raw.size() != kSeedBytes ||
      crc16(raw.substr(0, kSeedBytes - 2)) != (byte_at(raw, kSeedBytes - 2) | byte_at(raw, kSeedBytes - 1) << 8U)) {
    return bad_key("the seed's checksum does not fit: a character is wrong");
  }
  const unsigned kind = (byte_at(raw, 0) & 7U) << 5U | (byte_at(raw, 1) & 0xF8U) >> 3U;
  if ((byte_at(raw, 0) & 0xF8U) != kPrefixSeed || kind != kPrefixUser) {
    return bad_key("it is not the seed of a user, which begins with SU");
  }
  Nkey key;
  std::array<unsigned char, kKeySize> secret{};
  std::copy_n(raw.begin() + 2, kKeySize, secret.begin());
  key.key_.reset(::EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
  ::OPENSSL_cleanse(secret.data(), secret.size());
  ::OPENSSL_cleanse(bytes->data(), bytes->size());
  std::array<unsigned char, kKeySize> shown{};
  std::size_t size = shown.size();
  if (!key.key_ || ::EVP_PKEY_get_raw_public_key(key.key_.get(), shown.data(), &size) != 1) {
    return error(ErrorCode::kUnsupported, "OpenSSL has no Ed25519");
  }
  std::string text(1, static_cast<char>(kPrefixUser));
  for (const unsigned char byte : shown) {
    text.push_back(static_cast<char>(byte));
  }
  const std::uint16_t crc = crc16(text);
  text.push_back(static_cast<char>(crc & 0xFFU));
  text.push_back(static_cast<char>(crc >> 8U));
  key.public_ = base32(text);
  return key;
}

Result<std::string> Nkey::sign(std::string_view nonce) const {
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(::EVP_MD_CTX_new());
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  const std::vector<unsigned char> message(nonce.begin(), nonce.end());
  if (!context || ::EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      ::EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return error(ErrorCode::kUnsupported, "OpenSSL can't sign");
  }
  std::array<unsigned char, 4 * ((64 + 2) / 3) + 1> encoded{};
  const int length = ::EVP_EncodeBlock(encoded.data(), signature.data(), static_cast<int>(size));
  std::string text(encoded.begin(), encoded.begin() + length);
  text.erase(std::min(text.find('='), text.size()));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

Result<Credentials> read_credentials(std::string_view text) {
  Credentials credentials;
  std::string_view seed = without_space(text);
  if (text.find("-----BEGIN") != std::string_view::npos) {
    const std::string_view jwt = without_space(section(text, "NATS USER JWT"));
    if (!is_jwt(jwt)) {
      return bad_key("no user JWT between its BEGIN and END lines");
    }
    credentials.jwt = jwt;
    seed = without_space(section(text, "USER NKEY SEED"));
    if (seed.empty()) {
      return bad_key("no seed between its BEGIN and END lines");
    }
  }
  auto key = Nkey::from_seed(seed);
  if (!key) {
    return std::move(key).error();
  }
  credentials.key = std::move(*key);
  return credentials;
}

}  // namespace respand::nats
