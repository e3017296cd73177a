#include "record/accounting.h"

#include "record/decode.h"

namespace respand::record {
namespace {

std::optional<Duration> seconds(std::string_view value) {
  const std::optional<Decimal> number = parse_decimal(value);
  return number ? to_duration(*number) : std::nullopt;
}

// Where the application names no provider, the model may: "nextbit256/cydonia-2b".
std::string_view provider_of(const Facts& facts, std::string_view model, char* scratch) {
  if (const std::string_view given = name_in(facts.provider, scratch); !given.empty()) {
    return given;
  }
  const std::size_t slash = model.find('/');
  return slash == std::string_view::npos ? std::string_view() : model.substr(0, slash);
}

bool failed(const Facts& facts) {
  const std::optional<Decimal> code = parse_decimal(facts.status_code);
  return (code && code->digits >= 400 * power_of_ten(code->scale)) || facts.status == "\"error\"" ||
         (facts.error_message.starts_with('"') && facts.error_message.size() > 2);
}

}  // namespace

std::optional<Duration> to_duration(const Decimal& seconds) {
  constexpr int kMicro = 6;
  const Wide micros = seconds.scale >= kMicro ? seconds.digits / power_of_ten(seconds.scale - kMicro)
                                              : seconds.digits * power_of_ten(kMicro - seconds.scale);
  if (micros > static_cast<Wide>(Duration::max().count())) {
    return std::nullopt;
  }
  return Duration{static_cast<std::int64_t>(micros)};
}

Account account_of(const Facts& facts, char* scratch) {
  Account account;
  account.model = name_in(facts.model, scratch);
  account.provider = provider_of(facts, account.model, scratch + kMaxName);
  account.customer = name_in(facts.customer_identifier, scratch + 2 * kMaxName);
  account.environment = name_in(facts.environment, scratch + 3 * kMaxName);
  account.cost = parse_decimal(facts.cost);
  account.generation_time = seconds(facts.generation_time);
  if (!account.generation_time) {
    account.generation_time = seconds(facts.latency);
  }
  account.error = failed(facts);
  return account;
}

}  // namespace respand::record
