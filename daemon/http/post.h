#pragma once
// Post: a request as the client's caller gives it, in whichever engine it goes out. A value.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "respand/http/client.h"

namespace respand::http {

struct Post {
  std::uint64_t id = 0;
  std::string payload{};
  bool batch = false;              // to the target's batch_url
  std::optional<Routed> routed{};  // to another path
  std::size_t max_body = kMaxAnswerBody;
};

}  // namespace respand::http
