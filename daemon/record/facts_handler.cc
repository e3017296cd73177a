#include "record/facts_handler.h"

#include <string>

#include "record/decode.h"

namespace respand::record {
namespace {

// The longest name in Facts, written with \u escapes throughout.
constexpr std::size_t kLongestName = std::string_view("customer_identifier").size() * 6;

}  // namespace

bool FactsHandler::is_customer(std::string_view key) const {
  constexpr std::string_view kName = "customer_identifier";
  return stream_.escaped() ? key.size() <= kLongestName && unescaped(key) == kName : key == kName;
}

void FactsHandler::outer_key(std::string_view key) {
  std::string plain;
  if (stream_.escaped() && key.size() <= kLongestName) {
    plain = unescaped(key);
    key = plain;
  }
  slot_ = nullptr;
  in_params_ = false;
  const auto note = [&](std::string_view name, std::string_view& slot) {
    if (key == name) {
      slot_ = &slot;
    }
  };
  switch (key.size()) {
    case 4:
      return note("cost", facts_.cost);
    case 5:
      return note("model", facts_.model);
    case 7:
      return note("latency", facts_.latency);
    case 6:
      return note("status", facts_.status);
    case 8:
      note("end_time", facts_.end_time);
      return note("provider", facts_.provider);
    case 9:
      return note("timestamp", facts_.timestamp);
    case 10:
      return note("start_time", facts_.start_time);
    case 11:
      note("provider_id", provider_id_);
      note("environment", facts_.environment);
      return note("status_code", facts_.status_code);
    case 13:
      return note("error_message", facts_.error_message);
    case 15:
      if (key == "customer_params") {
        in_params_ = true;
        params_customer_ = {};  // of a repeated name the last one counts
      }
      return note("generation_time", facts_.generation_time);
    case 17:
      return note("custom_identifier", facts_.custom_identifier);
    case 19:
      return note("customer_identifier", facts_.customer_identifier);
    default:
      return;
  }
}

}  // namespace respand::record
