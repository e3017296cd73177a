#pragma once
// OperatorMode: what a NATS server with decentralised accounts needs, made for one test: an operator, an account and
// users, each with a key and a JWT. One thread.

#include <memory>
#include <string>

struct evp_pkey_st;

namespace respand::nats {

class OperatorMode {
 public:
  OperatorMode();
  ~OperatorMode();
  OperatorMode(const OperatorMode&) = delete;
  OperatorMode& operator=(const OperatorMode&) = delete;

  // Lines of the server's configuration.
  [[nodiscard]] std::string configuration() const;
  // The text of a .creds file of a new user of the account.
  [[nodiscard]] std::string credentials() const;

 private:
  class Key;
  std::unique_ptr<Key> operator_;
  std::unique_ptr<Key> account_;
};

// A user's key without a JWT: "SU…" and "U…".
struct UserKey {
  std::string seed;
  std::string public_key;
};
[[nodiscard]] UserKey make_user_key();

}  // namespace respand::nats
