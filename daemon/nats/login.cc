#include "nats/login.h"

#include "nats/commands.h"
#include "nats/nkey.h"

namespace respand::nats {

Status login(const Target& target, const Address& address, const Greeting& greeting, bool tls, std::string& out) {
  ConnectOptions options;
  options.name = target.name;
  options.tls = tls;
  Result<Credentials> credentials = Credentials{};
  std::string signature;
  // A server that gives no nonce asks for no signature, and where it asks for nothing else, none is needed.
  if (!target.credentials.empty() && !greeting.nonce.empty()) {
    credentials = read_credentials(target.credentials);
    if (!credentials) {
      return std::move(credentials).fail("the credentials can't be used");
    }
    auto made = credentials->key.sign(greeting.nonce);
    if (!made) {
      return std::move(made).error();
    }
    signature = std::move(*made);
    options.jwt = credentials->jwt;
    options.nkey = credentials->jwt.empty() ? std::string_view(credentials->key.public_key()) : std::string_view{};
    options.signature = signature;
  }
  if (address.has_password) {
    options.user = address.user;
    options.password = address.password;
  } else {
    options.token = address.user;
  }
  append_connect(out, options);
  return {};
}

}  // namespace respand::nats
