#pragma once
// ConnectionFailure: why a connection failed, or could not be made. A value.

#include <string>

#include "respand/nats/client.h"

namespace respand::nats {

struct ConnectionFailure {
  Failure kind = Failure::kNone;
  std::string detail;  // one clause for people, without credentials
};

}  // namespace respand::nats
