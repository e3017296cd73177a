#pragma once
// login(): the CONNECT line by which a client says who it is, with the server's nonce signed. Used by Connection. Pure;
// any thread.

#include <string>

#include "nats/address.h"
#include "nats/greeting.h"
#include "respand/base/result.h"
#include "respand/nats/client.h"

namespace respand::nats {

// Appends CONNECT to `out`. The error says what is wrong with the credentials, and nothing of them.
[[nodiscard]] Status login(const Target& target, const Address& address, const Greeting& greeting, bool tls,
                           std::string& out);

}  // namespace respand::nats
