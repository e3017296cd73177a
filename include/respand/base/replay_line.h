#pragma once
// A line of a replayed file in the spool that is more than a record with the configuration's key: where it goes, under
// which key, and with which query and headers. Written by delivery (a dead letter goes back), read by spool, only from
// files of the daemon's own user. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "respand/base/api_route.h"

namespace respand {

struct ReplayLine {
  ApiRoute route = ApiRoute::kRecords;
  std::string_view key{};      // its name in api.keys; empty: the configuration's
  std::string_view query{};    // as in a JSON string, without its quotes
  std::string_view headers{};  // the same: whole lines, each with its line end
  std::string_view body{};     // a JSON object; what is no JSON stands in it as {"base64":"…"}
};

// {"respand-replay":1,"route":"v2/traces","key":"prod","query":"…","headers":"…","body":{…}}, without those that are
// empty.
[[nodiscard]] std::string write_replay_line(const ReplayLine& line);
// Views of `text`. Nothing where it is no such line.
[[nodiscard]] std::optional<ReplayLine> read_replay_line(std::string_view text);

}  // namespace respand
