#include "respand/base/replay_line.h"

#include "respand/base/text.h"
#include "respand/json/reader.h"

namespace respand {
namespace {

constexpr std::string_view kFront = R"({"respand-replay":1,"route":)";
constexpr std::string_view kKey = R"(,"key":)";
constexpr std::string_view kQuery = R"(,"query":)";
constexpr std::string_view kHeaders = R"(,"headers":)";
constexpr std::string_view kBody = R"(,"body":)";

void put_member(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    out.append(name).append("\"").append(value).append("\"");
  }
}

}  // namespace

std::string write_replay_line(const ReplayLine& line) {
  std::string out = cat(kFront, '"', path_of(line.route), '"', kKey, '"', line.key, '"');
  put_member(out, kQuery, line.query);
  put_member(out, kHeaders, line.headers);
  return out.append(kBody).append(line.body).append("}");
}

// Only the exact form that write_replay_line() makes is read. Any other line is a record: one that merely looks similar
// must not choose its route or key.
std::optional<ReplayLine> read_replay_line(std::string_view text) {
  ReplayLine line;
  std::string_view path;
  json::Reader reader(text);
  if (!reader.skip(kFront) || !reader.string(path) || !reader.skip(kKey) || !reader.string(line.key) ||
      (reader.skip(kQuery) && !reader.string(line.query)) || (reader.skip(kHeaders) && !reader.string(line.headers)) ||
      !reader.skip(kBody)) {
    return std::nullopt;
  }
  const auto route = path.empty() ? std::optional(ApiRoute::kRecords) : route_of(path);
  line.body = reader.rest();
  line.body = line.body.substr(0, line.body.find_last_not_of(" \t\r\n") + 1);
  if (!route || !line.body.starts_with('{') || !line.body.ends_with("}}")) {
    return std::nullopt;
  }
  line.route = *route;
  line.body.remove_suffix(1);
  return line;
}

}  // namespace respand
