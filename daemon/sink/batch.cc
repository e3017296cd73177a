#include "sink/batch.h"

#include <algorithm>

#include "respand/base/text.h"
#include "respand/json/writer.h"
#include "respand/record/frame.h"

namespace respand::sink {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Takes `word` from the front, with the white space before it.
bool skip(std::string_view& text, std::string_view word) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  const bool there = text.starts_with(word);
  text.remove_prefix(there ? word.size() : 0);
  return there;
}

std::string results(const std::vector<Item>& items) {
  json::Array results;
  std::size_t n = 0;
  for (const Item& item : items) {
    ++n;
    json::Object result;
    if (item.taken) {
      result.member("id", cat("log_", n)).member("status", "success");
    } else {
      result.value("id", "null").member("status", "error").member("error", "Validation error");
    }
    results.element(result);
  }
  return json::Object().value("results", results.text()).text();
}

std::string counts(const std::vector<Item>& items) {
  json::Array errors;
  std::size_t failed = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].taken) {
      errors.element(json::Object().member("index", i).member("error", "Validation error"));
      ++failed;
    }
  }
  return json::Object()
      .member("success_count", items.size() - failed)
      .member("error_count", failed)
      .value("errors", errors.text())
      .member("total_errors", failed)
      .text();
}

}  // namespace

std::optional<std::vector<Item>> read_batch(std::string_view body, record::RecordParser& parser) {
  const std::size_t last = body.find_last_not_of(kSpace);
  std::string_view rest = body.substr(0, last == std::string_view::npos ? 0 : last);
  if (rest.size() == body.size() || body[rest.size()] != '}' || !skip(rest, "{") || !skip(rest, "\"logs\"") ||
      !skip(rest, ":")) {
    return std::nullopt;
  }
  std::vector<Item> items;
  record::ElementFramer framer(record::kMaxRecord);
  for (;;) {
    switch (framer.next(rest)) {
      case record::Frame::kComplete: {
        const record::ParsedRecord parsed = parser.parse(framer.frame());
        items.push_back({framer.frame(), parsed.fields, parsed.ok});
        break;
      }
      case record::Frame::kTooLarge:
        items.push_back({});
        break;
      case record::Frame::kBroken:
        return std::nullopt;
      case record::Frame::kNone:
        return framer.finish() == record::Frame::kNone ? std::optional(std::move(items)) : std::nullopt;
    }
  }
}

std::string batch_body(const std::vector<Item>& items, BatchAnswers answers) {
  switch (answers) {
    case BatchAnswers::kResults:
      return results(items);
    case BatchAnswers::kCounts:
      return counts(items);
    case BatchAnswers::kWhole:
    case BatchAnswers::kNone:
      break;
  }
  return R"({"message":"log successful"})";
}

}  // namespace respand::sink
