#include "respand/record/rules.h"

#include <algorithm>

#include "record/extract.h"
#include "record/rules_compiled.h"
#include "respand/base/check.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

constexpr std::string_view kTextFields[] = {"input",
                                            "output",
                                            "prompt",
                                            "prompt_messages",
                                            "messages",
                                            "completion",
                                            "completion_message",
                                            "completion_messages",
                                            "request",
                                            "response",
                                            "full_request",
                                            "full_response",
                                            "tool_calls",
                                            "variables",
                                            "error_message",
                                            "warnings"};

}  // namespace

bool is_text_field(std::string_view name) {
  return std::find(std::begin(kTextFields), std::end(kTextFields), name) != std::end(kTextFields);
}

std::uint64_t text_field_lengths() {
  std::uint64_t lengths = 0;
  for (const std::string_view name : kTextFields) {
    lengths |= std::uint64_t{1} << name.size();
  }
  return lengths;
}

std::string_view name_of(Detector detector) noexcept {
  switch (detector) {
    case Detector::kEmail:
      return "email";
    case Detector::kApiKey:
      return "api_key";
    case Detector::kBearer:
      return "bearer";
    case Detector::kCreditCard:
      return "credit_card";
  }
  return "unknown";
}

namespace {

std::vector<std::string> steps_of(std::string_view pointer) {
  std::vector<std::string> steps;
  for (const char c : pointer) {
    if (c == '/') {
      steps.emplace_back();
    } else if (!steps.back().empty() && steps.back().back() == '~' && (c == '0' || c == '1')) {
      steps.back().back() = c == '0' ? '~' : '/';
    } else {
      steps.back() += c;
    }
  }
  return steps;
}

}  // namespace

Rules::Compiled::Compiled(const Settings& settings)
    : pointers(settings.redact), defaults(settings.defaults), sample(settings.sample), names(settings.redact) {
  RESPAND_CHECK(settings.redact.size() <= kMostPointers && settings.dimensions.size() <= kDimensions);
  identify = settings.identify;
  for (const std::string& pointer : settings.dimensions) {
    dimensions.push_back(steps_of(pointer));
  }
  pointer_rules = settings.redact.size();
  attributes = settings.redact_attributes;
  names.insert(names.end(), attributes.begin(), attributes.end());
  for (const KeyRoute& route : settings.keys) {
    KeyMatch& match = keys.emplace_back(KeyMatch{{}, route.uid, route.key});
    for (const auto& [field, value] : route.match) {
      match.match.emplace_back(field.starts_with('/') ? steps_of(field) : std::vector<std::string>{field}, value);
    }
  }
  for (const Detector detector : settings.redact_text) {
    detectors |= bit_of(detector);
  }
  for (const Detector detector : kDetectors) {
    names.emplace_back(name_of(detector));
  }
  const auto leads_to = [this](std::string_view name) { return pointers.member(pointers.all(), 0, name) != 0; };
  masks_extracted = std::any_of(std::begin(kExtracted), std::end(kExtracted), leads_to) ||
                    std::any_of(std::begin(kParameters), std::end(kParameters),
                                [&](const Parameter& parameter) { return leads_to(parameter.name); });
  lengths = pointers.outer_lengths() | defaults.lengths() | (detectors != 0 ? text_field_lengths() : 0);
}

Rules::Rules(const Settings& settings) : compiled_(std::make_unique<Compiled>(settings)) {}
Rules::~Rules() = default;

bool Rules::masks_otlp() const noexcept { return !compiled_->attributes.empty() || compiled_->detectors != 0; }

const std::vector<std::string>& Rules::names() const noexcept { return compiled_->names; }

}  // namespace respand::record
