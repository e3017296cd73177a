#pragma once
// Keeps a port of the loopback interface for a test while its server is away.

#include <cstdint>

#include "respand/base/fd.h"

namespace respand::test {

// A socket that is bound to a free port and does not listen; a server that sets SO_REUSEADDR may listen there. Without
// it, the kernel might give the port to a client's connection meanwhile, most likely to one that tries to reach the
// server. Aborts on failure.
[[nodiscard]] UniqueFd reserve_port(std::uint16_t& port);

}  // namespace respand::test
