#pragma once
// One request to the API on behalf of a client of respand's, with that client's own key: what http.forward lets
// through. Any thread; blocks for at most the patience it is given.

#include <atomic>
#include <cstddef>
#include <string>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

struct LiveRequest {
  std::string method;  // GET, PATCH, POST
  std::string path;    // behind the target's routes_url, with its query
  std::string authorization;
  std::string content_type;  // empty: none is said
  std::string body;
};

struct LiveAnswer {
  int status = 0;  // 0: there was none, and `failure` says why
  std::string content_type{};
  std::string body{};
  std::string failure{};
};

// The target's own keys stay here. An answer of more than `most` bytes is none. `given_up` ends it within a second or
// two.
[[nodiscard]] LiveAnswer ask(Target target, const LiveRequest& request, std::size_t most, Duration patience,
                             const std::atomic<bool>& given_up);

}  // namespace respand::http
