#pragma once
// Names of HTTP compare without regard to the case of ASCII letters. Boost.Beast's own iequals takes its own
// string_view, which Boost 1.74's does not convert to from the standard's. Pure; any thread.

#include <boost/beast/core/string.hpp>
#include <string_view>

namespace respand::sockets {

[[nodiscard]] inline bool iequals(std::string_view left, std::string_view right) {
  return boost::beast::iequals({left.data(), left.size()}, {right.data(), right.size()});
}

}  // namespace respand::sockets
