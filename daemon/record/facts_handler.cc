#include "record/facts_handler.h"

#include <array>

#include "record/decode.h"
#include "record/name_table.h"
#include "respand/record/account.h"

namespace respand::record {
namespace {

using Node = FactsHandler::Node;

struct Field {
  std::string_view name;
  std::string_view Facts::*view = nullptr;
  Node inside = Node::kNone;
};

constexpr std::array kFields{
    Field{"timestamp", &Facts::timestamp},
    Field{"custom_identifier", &Facts::custom_identifier},
    Field{"start_time", &Facts::start_time},
    Field{"end_time", &Facts::end_time},
    Field{"generation_time", &Facts::generation_time},
    Field{"latency", &Facts::latency},
    Field{"cost", &Facts::cost},
    Field{"model", &Facts::model},
    Field{"provider", &Facts::provider},
    Field{"environment", &Facts::environment},
    Field{"status", &Facts::status},
    Field{"status_code", &Facts::status_code},
    Field{"error_message", &Facts::error_message},
    Field{"prompt_unit_price", &Facts::prompt_unit_price},
    Field{"completion_unit_price", &Facts::completion_unit_price},
    Field{"customer_identifier", &Facts::customer_identifier},
    Field{"trace_unique_id", &Facts::trace_unique_id},
    Field{"thread_identifier", &Facts::thread_identifier},
    Field{"usage", &Facts::usage, Node::kUsage},
    Field{"customer_params", nullptr, Node::kParams},
    Field{"provider_id"},
};

struct CountName {
  std::string_view name;
  Count count = Count::kReasoning;
  Node inside = Node::kNone;
};

constexpr std::array kCountNames{
    CountName{"prompt_tokens", Count::kPromptTokens},
    CountName{"completion_tokens", Count::kCompletionTokens},
    CountName{"input_tokens", Count::kInputTokens},
    CountName{"output_tokens", Count::kOutputTokens},
    CountName{"total_tokens", Count::kTotalTokens},
    CountName{"cache_read_input_tokens", Count::kCacheRead},
    CountName{"cache_creation_input_tokens", Count::kCacheCreation},
    CountName{"prompt_cache_hit_tokens", Count::kPromptCacheHit},
    CountName{"prompt_cache_creation_tokens", Count::kPromptCacheCreation},
    CountName{"reasoning_tokens", Count::kReasoning},
    CountName{"prompt_tokens_details", Count::kPromptCached, Node::kCachedDetails},
    CountName{"input_tokens_details", Count::kInputCached, Node::kCachedDetails},
    CountName{"completion_tokens_details", Count::kCompletionReasoning, Node::kReasoningDetails},
    CountName{"output_tokens_details", Count::kOutputReasoning, Node::kReasoningDetails},
};

template <typename Entry, std::size_t N>
constexpr std::array<std::string_view, N> names_of(const std::array<Entry, N>& entries) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) {
    names[i] = entries[i].name;
  }
  return names;
}

constexpr NameTable kFieldTable(names_of(kFields));
constexpr NameTable kCountTable(names_of(kCountNames));
// Of a repeated name the last value counts: what the earlier one held is forgotten.
void forget(Counts& counts) { counts = {}; }

}  // namespace

FactsHandler::Node FactsHandler::around(Node node) {
  switch (node) {
    case Node::kNone:
    case Node::kOutside:
    case Node::kRoot:
      return Node::kOutside;
    case Node::kParams:
    case Node::kUsage:
      return Node::kRoot;
    case Node::kRequest:
    case Node::kResponse:
      return Node::kRoot;
    case Node::kCachedDetails:
    case Node::kReasoningDetails:
      return Node::kUsage;
    case Node::kRawCachedDetails:
    case Node::kRawReasoningDetails:
      return Node::kRawUsage;
    case Node::kRawUsage:
    case Node::kError:
    case Node::kChoices:
    case Node::kOutput:
    case Node::kContent:
      return Node::kResponse;
    case Node::kChoice:
      return Node::kChoices;
    case Node::kMessage:
      return Node::kChoice;
    case Node::kOutputItem:
      return Node::kOutput;
    case Node::kOutputParts:
      return Node::kOutputItem;
    case Node::kOutputPart:
      return Node::kOutputParts;
    case Node::kContentPart:
      return Node::kContent;
    case Node::kTools:
      return Node::kRequest;
    case Node::kTool:
      return Node::kTools;
  }
  return Node::kOutside;
}

void FactsHandler::known_key(std::string_view written) {
  char plain[kMaxName];
  std::string_view key = written;
  if (stream_.escaped()) {
    key = name_in(stream_.token(), plain);  // of a long one the beginning, which is no name either
  }
  slot_ = nullptr;
  next_ = Node::kNone;
  switch (node_) {
    case Node::kRoot:
      return field(key);
    case Node::kUsage:
      return count(facts_.usage_counts, key);
    case Node::kParams:
      slot_ = key == "customer_identifier" ? &params_customer_ : nullptr;
      return;
    case Node::kRawUsage:
      return count(raw_.counts, key);
    case Node::kCachedDetails:
    case Node::kRawCachedDetails:
      slot_ = key == "cached_tokens" ? detail_ : nullptr;
      return;
    case Node::kReasoningDetails:
    case Node::kRawReasoningDetails:
      slot_ = key == "reasoning_tokens" ? detail_ : nullptr;
      return;
    case Node::kRequest:
    case Node::kResponse:
    case Node::kError:
    case Node::kChoice:
    case Node::kMessage:
    case Node::kOutputItem:
    case Node::kOutputPart:
    case Node::kContentPart:
    case Node::kTool:
      return raw_key(key);
    case Node::kNone:
    case Node::kOutside:
    case Node::kChoices:
    case Node::kOutput:
    case Node::kOutputParts:
    case Node::kContent:
    case Node::kTools:
      return;
  }
}

void FactsHandler::field(std::string_view key) {
  const std::size_t found = kFieldTable.find(key);
  if (found == kFieldTable.kNone) {
    return raw_field(key) ? void() : count(facts_.counts, key);
  }
  const Field& field = kFields[found];
  next_ = field.inside;
  slot_ = field.view != nullptr ? &(facts_.*field.view) : nullptr;
  if (next_ == Node::kUsage) {
    forget(facts_.usage_counts);
  } else if (next_ == Node::kParams) {
    params_customer_ = {};
  } else if (field.view == nullptr) {
    slot_ = &provider_id_;
  }
}

void FactsHandler::count(Counts& counts, std::string_view key) {
  const std::size_t found = kCountTable.find(key);
  if (found == kCountTable.kNone) {
    return;
  }
  const CountName& name = kCountNames[found];
  std::string_view& value = counts.values[static_cast<std::size_t>(name.count)];
  counts.seen |= std::uint32_t{1} << static_cast<unsigned>(name.count);
  if (name.inside == Node::kNone) {
    slot_ = &value;
  } else if (node_ != Node::kRoot) {
    value = {};
    detail_ = &value;
    const bool cached = name.inside == Node::kCachedDetails;
    next_ = node_ == Node::kUsage ? name.inside : cached ? Node::kRawCachedDetails : Node::kRawReasoningDetails;
  }
}

}  // namespace respand::record
