#include "respand/record/usage_summary.h"

#include <algorithm>
#include <array>

#include "respand/base/leb128.h"
#include "respand/json/scan.h"

namespace respand::record {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kFirstVersion = 1;
constexpr std::uint8_t kHasCost = 1;
constexpr std::uint8_t kHasTime = 2;
constexpr std::uint8_t kIsError = 4;
constexpr std::uint8_t kIsReported = 8;
constexpr std::uint8_t kIsComputed = 16;
constexpr std::uint8_t kIsUnpriced = 32;
constexpr std::uint8_t kHasDimensions = 64;
constexpr std::uint8_t kHasIdentity = 128;
constexpr std::uint8_t kFirstFlags = kHasCost | kHasTime | kIsError;  // of the first version

std::uint8_t flags_of(const UsageSummary& summary) {
  const auto flag = [](bool set, std::uint8_t bit) { return set ? bit : std::uint8_t{0}; };
  const bool dimensions = std::any_of(summary.dimensions.begin(), summary.dimensions.end(),
                                      [](std::string_view name) { return !name.empty(); });
  return static_cast<std::uint8_t>(flag(summary.cost.has_value(), kHasCost) |
                                   flag(summary.generation_time.has_value(), kHasTime) | flag(summary.error, kIsError) |
                                   flag(summary.cost && summary.cost_source == CostSource::kReported, kIsReported) |
                                   flag(summary.cost && summary.cost_source == CostSource::kComputed, kIsComputed) |
                                   flag(summary.unpriced, kIsUnpriced) | flag(dimensions, kHasDimensions) |
                                   flag(summary.identity != 0, kHasIdentity));
}

// What parse_decimal() and sums of its values reach; as LEB128 at most 19 bytes.
constexpr Wide kMaxDigits = ~Wide{0} >> 1;

class Writer {
 public:
  explicit Writer(char* out) : at_(out) {}

  [[nodiscard]] char* at() const { return at_; }
  void byte(std::uint8_t value) { *at_++ = static_cast<char>(value); }
  void number(std::uint64_t value) {
    put_leb128(value, [this](std::uint8_t next) { byte(next); });
  }
  void wide(Wide value) {
    for (; value > ~std::uint64_t{0}; value >>= 7) {
      byte(static_cast<std::uint8_t>(value | 0x80));
    }
    number(static_cast<std::uint64_t>(value));
  }
  void text(std::string_view value) {
    value = cut_name(value);
    byte(static_cast<std::uint8_t>(value.size()));
    at_ = std::copy(value.begin(), value.end(), at_);
  }

 private:
  char* at_;
};

// Reads from the front; the first thing that does not fit makes it bad for good.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return in_.empty(); }
  void expect(bool fits) { good_ = good_ && fits; }
  std::uint8_t byte() {
    expect(!in_.empty());
    if (!good_) {
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  Wide number(Wide max) {
    Wide value = 0;
    std::uint8_t next = 0x80;
    for (int shift = 0; good_ && next >= 0x80; shift += 7) {
      next = byte();
      const Wide part = next & 0x7F;
      expect(shift == 0 || next != 0);  // one spelling for each number
      expect(shift < 128 && part <= max >> shift);
      value |= good_ ? part << shift : Wide{0};
      expect(value <= max);
    }
    return value;
  }
  std::uint64_t count() { return static_cast<std::uint64_t>(number(~std::uint64_t{0})); }
  std::string_view text() {
    const std::size_t size = byte();
    expect(size <= kMaxName && size <= in_.size());
    const std::string_view value = in_.substr(0, good_ ? size : 0);
    in_.remove_prefix(value.size());
    for (const char* at = value.data(); good_ && at != value.data() + value.size();) {
      const std::size_t length = json::utf8_length(at, value.data() + value.size());
      expect(length != 0);
      at += length;
    }
    return value;
  }

 private:
  std::string_view in_;
  bool good_ = true;
};

}  // namespace

std::string_view cut_name(std::string_view text, std::size_t max) noexcept {
  if (text.size() <= max) {
    return text;
  }
  while (max > 0 && (static_cast<std::uint8_t>(text[max]) & 0xC0) == 0x80) {
    --max;
  }
  return text.substr(0, max);
}

std::size_t encode(const UsageSummary& summary, char* out) noexcept {
  Writer to(out);
  to.byte(kVersion);
  const std::uint8_t flags = flags_of(summary);
  to.byte(flags);
  to.text(summary.model);
  to.text(summary.provider);
  to.text(summary.customer);
  to.text(summary.environment);
  to.number(summary.tokens.prompt);
  to.number(summary.tokens.completion);
  to.number(summary.tokens.cached_prompt);
  to.number(summary.tokens.cache_write);
  to.number(summary.tokens.reasoning);
  if (summary.cost) {
    to.wide(summary.cost->digits);
    to.byte(static_cast<std::uint8_t>(summary.cost->scale));
  }
  if (summary.generation_time) {
    to.number(static_cast<std::uint64_t>(summary.generation_time->count()));
  }
  if ((flags & kHasDimensions) != 0) {
    for (const std::string_view name : summary.dimensions) {
      to.text(name);
    }
  }
  if ((flags & kHasIdentity) != 0) {
    for (int shift = 0; shift < 64; shift += 8) {
      to.byte(static_cast<std::uint8_t>(summary.identity >> shift));
    }
  }
  return static_cast<std::size_t>(to.at() - out);
}

std::optional<UsageSummary> decode(std::string_view value) noexcept {
  Reader from(value);
  const std::uint8_t version = from.byte();
  from.expect(version == kVersion || version == kFirstVersion);
  const std::uint8_t flags = from.byte();
  from.expect(version == kVersion || (flags & ~kFirstFlags) == 0);
  // The source of the cost may come once only, and only with a cost.
  from.expect((flags & (kIsReported | kIsComputed)) == 0 || (flags & kHasCost) != 0);
  from.expect((flags & (kIsReported | kIsComputed)) != (kIsReported | kIsComputed));
  UsageSummary summary;
  summary.model = from.text();
  summary.provider = from.text();
  summary.customer = from.text();
  summary.environment = from.text();
  summary.tokens.prompt = from.count();
  summary.tokens.completion = from.count();
  summary.tokens.cached_prompt = from.count();
  summary.tokens.cache_write = from.count();
  summary.tokens.reasoning = from.count();
  if ((flags & kHasCost) != 0) {
    const Wide digits = from.number(kMaxDigits);
    const std::uint8_t scale = from.byte();
    from.expect(scale <= kMaxScale);
    summary.cost = Decimal{digits, scale};
  }
  if ((flags & kHasTime) != 0) {
    summary.generation_time =
        Duration{static_cast<std::int64_t>(from.number(static_cast<Wide>(Duration::max().count())))};
  }
  summary.error = (flags & kIsError) != 0;
  summary.unpriced = (flags & kIsUnpriced) != 0;
  summary.cost_source = (flags & kIsReported) != 0   ? CostSource::kReported
                        : (flags & kIsComputed) != 0 ? CostSource::kComputed
                                                     : CostSource::kGiven;
  if ((flags & kHasDimensions) != 0) {
    for (std::string_view& name : summary.dimensions) {
      name = from.text();
    }
    from.expect((flags_of(summary) & kHasDimensions) != 0);
  }
  if ((flags & kHasIdentity) != 0) {
    for (int shift = 0; shift < 64; shift += 8) {
      summary.identity |= std::uint64_t{from.byte()} << shift;
    }
    from.expect(summary.identity != 0);
  }
  if (!from.good() || !from.done()) {
    return std::nullopt;
  }
  return summary;
}

}  // namespace respand::record
