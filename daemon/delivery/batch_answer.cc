#include "delivery/batch_answer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace respand::delivery {
namespace {

// Nesting that is looked into; what is deeper is no answer that we know.
constexpr std::size_t kMaxDepth = 32;

// Walks over JSON without judging what is between the marks of its structure. The first thing that does not fit makes
// it bad for good.
class Walk {
 public:
  explicit Walk(std::string_view text) : text_(text) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() {
    space();
    return text_.empty();
  }
  bool skip(char c) {
    space();
    const bool there = good_ && text_.starts_with(c);
    text_.remove_prefix(there ? 1 : 0);
    return there;
  }
  void expect(bool fits) { good_ = good_ && fits; }

  // The value at the front, as written.
  std::string_view value() {
    space();
    const std::string_view from = text_;
    std::size_t depth = 0;
    do {
      piece(depth);
    } while (good_ && depth > 0);
    return from.substr(0, from.size() - text_.size());
  }

  // Calls visit(value) for each element of the array at the front.
  template <typename F>
  void elements(F&& visit) {
    expect(skip('['));
    if (skip(']')) {
      return;
    }
    do {
      visit(value());
    } while (good_ && skip(','));
    expect(skip(']'));
  }

  // Calls visit(name, value) for each member of the object at the front; the name without its quotes.
  template <typename F>
  void members(F&& visit) {
    expect(skip('{'));
    if (skip('}')) {
      return;
    }
    do {
      const std::string_view name = value();
      expect(name.size() >= 2 && name.front() == '"' && skip(':'));
      const std::string_view member = value();
      if (good_) {
        visit(name.substr(1, name.size() - 2), member);
      } else if (name.size() >= 2) {
        visit(name.substr(1, name.size() - 2), std::string_view{});
      }
    } while (good_ && skip(','));
    expect(skip('}'));
  }

 private:
  void space() {
    const std::size_t first = text_.find_first_not_of(" \t\r\n");
    text_.remove_prefix(std::min(first, text_.size()));
  }
  // A bracket, a string, a word, or what stands between them inside of brackets.
  void piece(std::size_t& depth) {
    space();
    if (text_.empty()) {
      good_ = false;
      return;
    }
    const char c = text_.front();
    if (c == '"') {
      string();
      return;
    }
    if (c == '{' || c == '[') {
      expect(++depth <= kMaxDepth);
    } else if (c == '}' || c == ']') {
      expect(depth > 0);
      depth -= depth > 0 ? 1 : 0;
    } else if (c == ',' || c == ':') {
      expect(depth > 0);
    } else {
      text_.remove_prefix(std::min(text_.find_first_of(" \t\r\n,:{}[]\""), text_.size()));
      return;
    }
    text_.remove_prefix(1);
  }
  void string() {
    std::size_t at = 1;
    while (at < text_.size() && text_[at] != '"') {
      at += text_[at] == '\\' ? 2U : 1U;
    }
    expect(at < text_.size());
    text_.remove_prefix(std::min(at + 1, text_.size()));
  }

  std::string_view text_;
  bool good_ = true;
};

std::optional<std::uint64_t> number(std::string_view value) {
  std::uint64_t n = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), n);
  return failure == std::errc{} && end == value.data() + value.size() ? std::optional(n) : std::nullopt;
}

bool is_nothing(std::string_view value) { return value.empty() || value == "null" || value == "[]" || value == "{}"; }

// Whether a record's own result says that it was taken; none where that can't be told.
std::optional<bool> taken(std::string_view result) {
  std::string_view status;
  bool error = false;
  Walk walk(result);
  walk.members([&](std::string_view name, std::string_view value) {
    if (name == "status") {
      status = value;
    } else if (name == "error" || name == "errors") {
      error = !is_nothing(value);
    }
  });
  static constexpr std::array<std::string_view, 5> kTaken{R"("success")", R"("ok")", R"("created")", R"("accepted")",
                                                          R"("queued")"};
  static constexpr std::array<std::string_view, 5> kRefused{R"("error")", R"("failed")", R"("failure")", R"("invalid")",
                                                            R"("rejected")"};
  const auto code = number(status);
  const bool good = std::find(kTaken.begin(), kTaken.end(), status) != kTaken.end() || (code && *code / 100 == 2);
  const bool bad = std::find(kRefused.begin(), kRefused.end(), status) != kRefused.end() || (code && *code >= 400);
  if (!walk.good() || (good && error) || good == bad) {
    return std::nullopt;
  }
  return good;
}

BatchAnswer inconsistent() { return {ResultCoverage::kInconsistent}; }

// {"results":[{"status":"success"},…]}: one for each record, in the batch's order.
BatchAnswer read_results(std::string_view results, std::size_t records) {
  BatchAnswer answer{ResultCoverage::kEach};
  std::size_t count = 0;
  bool clear = true;
  Walk walk(results);
  walk.elements([&](std::string_view result) {
    const auto was_taken = count < records ? taken(result) : std::nullopt;
    clear = clear && was_taken.has_value();
    if (was_taken && !*was_taken) {
      answer.refused.push_back(static_cast<std::uint32_t>(count));
    }
    ++count;
  });
  return walk.good() && walk.at_end() && clear && count == records ? answer : inconsistent();
}

std::optional<std::uint64_t> index_of(std::string_view error) {
  std::optional<std::uint64_t> index;
  Walk walk(error);
  walk.members([&](std::string_view name, std::string_view value) {
    if (name == "index") {
      index = number(value);
    }
  });
  return walk.good() ? index : std::nullopt;
}

struct Counts {
  std::string_view successes;
  std::string_view failures;
  std::string_view errors;
};

// {"success_count":9,"error_count":1,"errors":[{"index":4,"error":"…"}]}; any of the three may be missing.
BatchAnswer read_counts(const Counts& counts, std::size_t records) {
  BatchAnswer answer{ResultCoverage::kEach};
  bool clear = true;
  if (!is_nothing(counts.errors)) {
    Walk walk(counts.errors);
    walk.elements([&](std::string_view error) {
      const auto index = index_of(error);
      clear = clear && index && *index < records && answer.refused.size() < records;
      if (clear) {
        answer.refused.push_back(static_cast<std::uint32_t>(*index));
      }
    });
    clear = clear && walk.good() && walk.at_end();
  }
  std::sort(answer.refused.begin(), answer.refused.end());
  clear = clear && std::adjacent_find(answer.refused.begin(), answer.refused.end()) == answer.refused.end();
  const std::uint64_t refused = answer.refused.size();
  const bool failures_fit = counts.failures.empty() || number(counts.failures) == refused;
  const bool successes_fit = counts.successes.empty() || number(counts.successes) == records - refused;
  return clear && failures_fit && successes_fit ? answer : inconsistent();
}

}  // namespace

BatchAnswer read_batch_answer(std::string_view body, bool cut, std::size_t records) {
  std::string_view results;
  Counts counts;
  bool speaks = false;
  Walk walk(body);
  if (!walk.skip('{')) {
    return {};
  }
  walk = Walk(body);
  walk.members([&](std::string_view name, std::string_view value) {
    std::string_view* const place = name == "results"         ? &results
                                    : name == "success_count" ? &counts.successes
                                    : name == "error_count"   ? &counts.failures
                                    : name == "errors"        ? &counts.errors
                                                              : nullptr;
    if (place != nullptr) {
      *place = value;
      speaks = true;
    }
  });
  if (!speaks) {
    return {};
  }
  if (cut || !walk.good() || !walk.at_end()) {
    return inconsistent();
  }
  return results.empty() ? read_counts(counts, records) : read_results(results, records);
}

}  // namespace respand::delivery
