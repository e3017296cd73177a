#pragma once
// Nkey: a user's Ed25519 key as NATS writes it ("SU…"), and credentials files, which hold a JWT and such a seed. It
// proves who we are by signing the server's nonce; the seed is never sent. Used by Connection. Any thread, one at a
// time.

#include <memory>
#include <string>
#include <string_view>

#include "respand/base/result.h"

struct evp_pkey_st;

namespace respand::nats {

class Nkey {
 public:
  // Takes a seed of a user ("SU" and 56 letters and digits). kInvalid says what is wrong, and nothing of the seed.
  [[nodiscard]] static Result<Nkey> from_seed(std::string_view seed);
  // "U…": what the server's configuration names.
  [[nodiscard]] const std::string& public_key() const { return public_; }
  // The signature of `nonce`, in base64url without padding.
  [[nodiscard]] Result<std::string> sign(std::string_view nonce) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  std::unique_ptr<evp_pkey_st, Free> key_;
  std::string public_;
};

// What Target::credentials holds.
struct Credentials {
  std::string jwt;  // empty: a seed alone
  Nkey key;
};
// Reads a .creds file's text or a seed. kInvalid says what is missing, and nothing of the text.
[[nodiscard]] Result<Credentials> read_credentials(std::string_view text);

// RFC 4648's alphabet without padding; nothing where a character is none of it. For tests, too.
[[nodiscard]] std::string base32(std::string_view bytes);
[[nodiscard]] Result<std::string> from_base32(std::string_view text);

}  // namespace respand::nats
