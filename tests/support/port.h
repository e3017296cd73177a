#pragma once
// A port of loopback that stays a test's own while its server is away.

#include <cstdint>

#include "respand/base/fd.h"

namespace respand::test {

// Bound, not listened on; a server that sets SO_REUSEADDR may listen there. Without it a client's own connection may be
// given that port in the meantime, the one that tries to reach the server first of all. Aborts on failure.
[[nodiscard]] UniqueFd reserve_port(std::uint16_t& port);

}  // namespace respand::test
