#pragma once
// A line of a replayed file in the spool, where it is more than a record that goes out with the configuration's key.
// The line says which route its body goes to, under which key, and with which query and headers. delivery writes it
// when a dead letter goes back; spool reads it, and only from files of the daemon's own user. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "respand/base/api_route.h"

namespace respand {

// What such a line says. The views are borrowed.
struct ReplayLine {
  ApiRoute route = ApiRoute::kRecords;  // where the body is posted
  std::string_view key{};               // the name of its key in api.keys; empty: the configuration's key
  std::string_view query{};             // as in a JSON string, without its quotes
  std::string_view headers{};           // the same: whole lines, each with its line end
  std::string_view body{};              // a JSON object; a body that is not JSON is written as {"base64":"…"}
};

// {"respand-replay":1,"route":"v2/traces","key":"prod","query":"…","headers":"…","body":{…}}; an empty query and empty
// headers are left out.
[[nodiscard]] std::string write_replay_line(const ReplayLine& line);
// The line that `text` is, as views of it; nothing where it is no such line.
[[nodiscard]] std::optional<ReplayLine> read_replay_line(std::string_view text);

}  // namespace respand
