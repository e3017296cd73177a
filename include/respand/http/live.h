#pragma once
// One request to the API on behalf of a client of respand's, with that client's own key: what http.forward lets
// through. Any thread; a call blocks for at most the patience that it is given.

#include <atomic>
#include <cstddef>
#include <string>

#include "respand/base/units.h"
#include "respand/http/client.h"

namespace respand::http {

// A request as the client made it.
struct LiveRequest {
  std::string method;         // GET, PATCH or POST
  std::string path;           // appended to the target's routes_url, with its query
  std::string authorization;  // the value of the client's Authorization header, a secret
  std::string content_type;   // empty: no such header is sent
  std::string body;           // empty: none
};

// What the API answered.
struct LiveAnswer {
  int status = 0;              // 0: there was no answer, and `failure` says why
  std::string content_type{};  // empty: not given
  std::string body{};          // whole
  std::string failure{};       // one clause for people
};

// Sends the request and waits for the answer. The target's own keys are not sent. An answer of more than `most` bytes
// counts as a failure. Setting `given_up` ends the call within a second or two.
[[nodiscard]] LiveAnswer ask(Target target, const LiveRequest& request, std::size_t most, Duration patience,
                             const std::atomic<bool>& given_up);

}  // namespace respand::http
