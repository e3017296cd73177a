#include "cli/tap_line.h"

#include <charconv>

#include "respand/base/text.h"
#include "respand/record/record_parser.h"

namespace respand::cli {
namespace {

constexpr std::size_t kMostWords = 500;

// Where a JSON value that is a string, a number or null ends.
std::size_t end_of_value(std::string_view text) {
  if (!text.starts_with('"')) {
    return std::min(text.find_first_of(",}"), text.size());
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

// Takes the members in the order in which the daemon writes them, up to the record, which comes last: so nothing that
// stands in a record is taken for one of them.
class Members {
 public:
  explicit Members(std::string_view line) : rest_(line) {}
  // The value as written; empty where the next member is another one.
  std::string_view take(std::string_view name) {
    const std::string key = cat('"', name, "\":");
    if (rest_.size() < 1 + key.size() || rest_.substr(1, key.size()) != key) {
      return {};
    }
    const std::string_view value = rest_.substr(1 + key.size());
    if (name == "record") {
      return value.substr(0, value.size() - (value.ends_with('}') ? 1 : 0));
    }
    const std::size_t end = end_of_value(value);
    rest_ = value.substr(end);
    return value.substr(0, end);
  }

 private:
  std::string_view rest_;  // begins with the { or the comma in front of the next member
};

std::string text_of(std::string_view value) {
  const std::string text = record::decoded(value);
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
  told.outcome = record::decoded(members.take("outcome"));
  told.code = record::decoded(members.take("code"));
  members.take("milliseconds");
  members.take("attempts");
  const std::string_view sequence = members.take("sequence");
  if (std::from_chars(sequence.data(), sequence.data() + sequence.size(), told.sequence).ec != std::errc{}) {
    return std::nullopt;
  }
  members.take("model");
  members.take("customer");
  const std::string why = record::decoded(members.take("why"));
  const std::string answer = record::decoded(members.take("answer"));
  told.words = printable(why.empty() ? answer : why, kMostWords);
  return told;
}

std::string tap_line(std::string_view line) {
  Members members(line);
  const std::string time = record::decoded(members.take("time"));
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
