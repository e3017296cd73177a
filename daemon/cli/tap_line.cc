#include "cli/tap_line.h"

#include <charconv>

#include "respand/base/text.h"
#include "respand/json/reader.h"
#include "respand/json/text.h"
#include "respand/record/record_parser.h"

namespace respand::cli {
namespace {

constexpr std::size_t kMostWords = 500;

// Takes the members in the order in which the daemon writes them. The record comes last, so that nothing within it is
// mistaken for one of them.
class Members {
 public:
  explicit Members(std::string_view line) : reader_(line) {}
  // The value of the next member as written; empty where that member has another name.
  std::string_view take(std::string_view name) {
    json::Reader ahead = reader_;
    if ((!ahead.skip('{') && !ahead.skip(',')) || !ahead.skip(cat('"', name, "\":"))) {
      return {};
    }
    if (name == "record") {
      const std::string_view record = ahead.rest();
      return record.substr(0, record.size() - (record.ends_with('}') ? 1 : 0));
    }
    const std::string_view value = ahead.value();
    reader_ = ahead;
    return value;
  }

 private:
  json::Reader reader_;  // in front of the next member
};

std::string text_of(std::string_view value) {
  const std::string text = json::decoded(value);
  return text.empty() ? "-" : printable(text, text.size());
}

}  // namespace

std::optional<std::uint64_t> left_out(std::string_view line) {
  constexpr std::string_view kFront = R"({"left_out":)";
  std::uint64_t records = 0;
  if (!line.starts_with(kFront) ||
      std::from_chars(line.data() + kFront.size(), line.data() + line.size(), records).ec != std::errc{}) {
    return std::nullopt;
  }
  return records;
}

std::optional<Told> told_of(std::string_view line) {
  Members members(line);
  members.take("time");
  Told told;
  const auto outcome = delivery::outcome_of(json::decoded(members.take("outcome")));
  told.code = json::decoded(members.take("code"));
  members.take("milliseconds");
  members.take("attempts");
  const std::string_view sequence = members.take("sequence");
  if (std::from_chars(sequence.data(), sequence.data() + sequence.size(), told.sequence).ec != std::errc{} ||
      !outcome) {
    return std::nullopt;
  }
  told.outcome = *outcome;
  members.take("model");
  members.take("customer");
  const std::string why = json::decoded(members.take("why"));
  const std::string answer = json::decoded(members.take("answer"));
  told.words = printable(why.empty() ? answer : why, kMostWords);
  return told;
}

std::string tap_line(std::string_view line) {
  Members members(line);
  const std::string time = json::decoded(members.take("time"));
  if (time.empty()) {
    return printable(line, line.size());
  }
  const std::string outcome = text_of(members.take("outcome"));
  const std::string code = text_of(members.take("code"));
  const std::string_view milliseconds = members.take("milliseconds");
  const std::string_view attempts = members.take("attempts");
  members.take("sequence");
  const std::string model = text_of(members.take("model"));
  const std::string customer = text_of(members.take("customer"));
  const std::string_view route = members.take("route");
  const std::string_view key = members.take("key");
  const std::string_view why = members.take("why");
  members.take("answer");
  const std::string_view bytes = members.take("bytes");
  const std::string_view record = members.take("record");
  std::string out =
      cat(time.substr(0, 23), " ", outcome, " ", code, " ", milliseconds, "ms model=", model, " customer=", customer);
  out += route.empty() ? "" : cat(" route=", text_of(route));
  out += key.empty() ? "" : cat(" key=", text_of(key));
  if (attempts != "1") {
    out += cat(" tries=", attempts);
  }
  if (!why.empty()) {
    out += cat(" (", text_of(why), ")");
  }
  return cat(out, " ",
             record == "null" ? cat(bytes, " bytes, too large to be shown") : printable(record, record.size()));
}

}  // namespace respand::cli
