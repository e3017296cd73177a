#include "record/accounting.h"

#include <optional>

#include "record/decode.h"
#include "respand/json/scan.h"

namespace respand::record {
namespace {

// False where no value is given, or where the value is no number.
bool take_seconds(std::string_view value, std::optional<Duration>& time) {
  Decimal seconds;
  Duration duration{0};
  if (!parse_decimal(value, seconds) || !to_duration(seconds, duration)) {
    return false;
  }
  time = duration;
  return true;
}

// Where the application names no provider, the model may: "nextbit256/cydonia-2b".
std::string_view provider_of(const RecordFields& fields, std::string_view model, char* scratch) {
  if (const std::string_view given = name_in(fields.provider, scratch); !given.empty()) {
    return given;
  }
  const std::size_t slash = model.find('/');
  return slash == std::string_view::npos ? std::string_view() : model.substr(0, slash);
}

bool is_failure(std::string_view code) {
  if (code.size() == 3 && json::is_digit(code[0]) && json::is_digit(code[1]) && json::is_digit(code[2])) {  // as usual
    return code[0] >= '4';
  }
  Decimal number;
  return parse_decimal(code, number) && number.digits >= 400 * power_of_ten(number.scale);
}

bool failed(const RecordFields& fields) {
  return is_failure(fields.status_code) || fields.status == "\"error\"" ||
         (fields.error_message.starts_with('"') && fields.error_message.size() > 2);
}

}  // namespace

bool to_duration(const Decimal& seconds, Duration& duration) {
  constexpr int kMicro = 6;
  if (seconds.scale == kMicro && seconds.digits <= static_cast<Wide>(Duration::max().count())) {  // as usual
    duration = Duration{static_cast<std::int64_t>(seconds.digits)};
    return true;
  }
  const Wide micros = seconds.scale >= kMicro ? seconds.digits / power_of_ten(seconds.scale - kMicro)
                                              : seconds.digits * power_of_ten(kMicro - seconds.scale);
  duration = Duration{static_cast<std::int64_t>(micros)};
  return micros <= static_cast<Wide>(Duration::max().count());
}

void account_of(const RecordFields& fields, char* scratch, UsageSummary& summary) {
  summary.model = name_in(fields.model, scratch);
  summary.provider = provider_of(fields, summary.model, scratch + kMaxName);
  summary.customer = name_in(fields.customer_identifier, scratch + 2 * kMaxName);
  summary.environment = name_in(fields.environment, scratch + 3 * kMaxName);
  summary.cost.reset();
  if (!fields.cost.empty() && !parse_decimal(fields.cost, summary.cost.emplace())) {
    summary.cost.reset();
  }
  summary.generation_time.reset();
  if (!take_seconds(fields.generation_time, summary.generation_time)) {
    static_cast<void>(take_seconds(fields.latency, summary.generation_time));
  }
  summary.error = failed(fields);
  summary.unpriced = false;
}

}  // namespace respand::record
