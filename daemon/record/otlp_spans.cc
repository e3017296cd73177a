// Which spans are model calls, and what they say of them, by the names of the semantic conventions for generative AI,
// old and new, and by Respan's own.

#include "record/otlp_spans.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "respand/base/text.h"
#include "respand/json/members.h"
#include "respand/record/otlp_calls.h"
#include "respand/record/usage_summary.h"

namespace respand::record {
namespace {

struct Name {
  std::string_view key;
  Told tells;
  std::uint8_t rank;  // of several names for one thing the highest rank counts
};
constexpr std::array kNames{
    Name{"gen_ai.request.model", Told::kModel, 2},
    Name{"llm.request.model", Told::kModel, 1},
    Name{"gen_ai.response.model", Told::kResponseModel, 2},
    Name{"llm.response.model", Told::kResponseModel, 1},
    Name{"gen_ai.provider.name", Told::kProvider, 3},
    Name{"gen_ai.system", Told::kProvider, 2},
    Name{"llm.vendor", Told::kProvider, 1},
    Name{"respan.customer_params.customer_identifier", Told::kCustomer, 3},
    Name{"respan.customer.identifier", Told::kCustomer, 2},
    Name{"keywordsai.customer_params.customer_identifier", Told::kCustomer, 1},
    Name{"respan.environment", Told::kEnvironment, 1},
    Name{"gen_ai.usage.input_tokens", Told::kPromptTokens, 3},
    Name{"gen_ai.usage.prompt_tokens", Told::kPromptTokens, 2},
    Name{"llm.usage.prompt_tokens", Told::kPromptTokens, 1},
    Name{"gen_ai.usage.output_tokens", Told::kCompletionTokens, 3},
    Name{"gen_ai.usage.completion_tokens", Told::kCompletionTokens, 2},
    Name{"llm.usage.completion_tokens", Told::kCompletionTokens, 1},
    Name{"gen_ai.usage.cache_read.input_tokens", Told::kCachedTokens, 2},
    Name{"gen_ai.usage.cache_read_input_tokens", Told::kCachedTokens, 1},
    Name{"gen_ai.usage.cache_creation.input_tokens", Told::kCacheWriteTokens, 2},
    Name{"gen_ai.usage.cache_creation_input_tokens", Told::kCacheWriteTokens, 1},
    Name{"gen_ai.usage.reasoning.output_tokens", Told::kReasoningTokens, 2},
    Name{"gen_ai.usage.reasoning_tokens", Told::kReasoningTokens, 1},
    Name{"gen_ai.usage.cost", Told::kCost, 1},
    Name{"respan.entity.log_type", Told::kOperation, 1},
    Name{"traceloop.span.kind", Told::kOperation, 1},
    Name{"gen_ai.operation.name", Told::kOperation, 1},
    Name{"llm.request.type", Told::kOperation, 1},
    Name{"openinference.span.kind", Told::kOperation, 1},
};

// Kinds of spans that are no calls but lie around or beside them, in all those vocabularies.
constexpr std::array<std::string_view, 18> kWrappers{
    "workflow",  "agent",     "task",         "tool",         "function",     "handoff",
    "guardrail", "score",     "invoke_agent", "create_agent", "execute_tool", "invoke_workflow",
    "chain",     "retriever", "reranker",     "evaluator",    "session",      "prompt"};
// Kinds of spans that are calls of a model.
constexpr std::array<std::string_view, 12> kCalls{"chat",       "completion", "text_completion", "generate_content",
                                                  "embeddings", "embedding",  "response",        "generation",
                                                  "llm",        "text",       "transcription",   "speech"};

const Name* name_of(std::string_view key) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(), [&](const Name& one) { return one.key == key; });
  return found == kNames.end() ? nullptr : found;
}

// Whether two texts are the same but for the case of ASCII letters.
bool is_same_but_for_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char c, char small) {
    return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == small;
  });
}

// A kind of span as it is written, quotes included; the case of its letters does not matter.
template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& kinds, std::string_view quoted) {
  return quoted.size() > 2 && std::any_of(kinds.begin(), kinds.end(), [&](std::string_view kind) {
           return is_same_but_for_case(quoted.substr(1, quoted.size() - 2), kind);
         });
}

constexpr bool is_count(Told told) { return told >= Told::kPromptTokens && told <= Told::kReasoningTokens; }

// The digits of a whole number, which OTLP's JSON form writes as a text; empty where it is none.
std::string_view digits_of(std::string_view value) {
  value = without_quotes(value);
  constexpr std::size_t kMostDigits = 18;
  const bool whole =
      !value.empty() && value.size() <= kMostDigits && std::all_of(value.begin(), value.end(), json::is_digit);
  return whole ? value : std::string_view();
}

void put(std::string& record, std::string_view name, std::string_view value) {
  if (!value.empty()) {
    record += record.back() == '{' ? "\"" : ",\"";
    record.append(name).append("\":").append(value);
  }
}

// In the form of LangChain, where tokens of caches and reasoning are among the others, as they are here.
std::string usage_of(const OtlpSpan& span) {
  std::string input = "{";
  put(input, "cache_read", span[Told::kCachedTokens]);
  put(input, "cache_creation", span[Told::kCacheWriteTokens]);
  std::string output = "{";
  put(output, "reasoning", span[Told::kReasoningTokens]);
  std::string usage = "{";
  put(usage, "input_tokens", span[Told::kPromptTokens]);
  put(usage, "output_tokens", span[Told::kCompletionTokens]);
  put(usage, "input_token_details", input.size() > 1 ? input + "}" : std::string());
  put(usage, "output_token_details", output.size() > 1 ? output + "}" : std::string());
  return usage.size() > 1 ? usage + "}" : std::string();
}

std::string seconds_of(const OtlpSpan& span) {
  if (span.start == 0 || span.end < span.start) {
    return {};
  }
  constexpr std::uint64_t kNanos = 1'000'000'000;
  const std::uint64_t passed = span.end - span.start;
  std::string fraction = std::to_string(passed % kNanos);
  fraction.insert(0, 9 - fraction.size(), '0');
  return cat(passed / kNanos, ".", fraction);
}

std::string record_of(const OtlpSpan& span) {
  std::string record = "{";
  const std::string& asked = span[Told::kModel];
  put(record, "model", asked.empty() ? span[Told::kResponseModel] : asked);
  put(record, "provider", span[Told::kProvider]);
  put(record, "customer_identifier", span[Told::kCustomer]);
  put(record, "environment", span[Told::kEnvironment]);
  put(record, "usage", usage_of(span));
  put(record, "cost", span[Told::kCost]);
  put(record, "generation_time", seconds_of(span));
  put(record, "status", span.error ? R"("error")" : std::string_view());
  return record + "}";
}

bool is_call(const OtlpSpan& span) {
  const bool used =
      !span[Told::kPromptTokens].empty() || !span[Told::kCompletionTokens].empty() || !span[Told::kCost].empty();
  const bool named = !span[Told::kModel].empty() || !span[Told::kResponseModel].empty();
  return !span.wraps && named && (used || is_one_of(kCalls, span[Told::kOperation]));
}

}  // namespace

bool tells(std::string_view key) { return name_of(key) != nullptr; }

void OtlpSpan::tell(std::string_view key, std::string_view value) {
  const Name* const name = name_of(key);
  if (name == nullptr || value.empty()) {
    return;
  }
  const bool text = value.front() == '"';
  if (name->tells == Told::kOperation && text) {
    wraps = wraps || is_one_of(kWrappers, value);
  }
  if (is_count(name->tells)) {
    value = digits_of(value);
  } else if (name->tells == Told::kCost ? text : !text || value.size() <= 2) {
    return;
  }
  const auto at = static_cast<std::size_t>(name->tells);
  const bool better = name->rank > rank[at] || (name->tells == Told::kOperation && is_one_of(kCalls, value));
  if (!value.empty() && better) {
    told[at] = value;
    rank[at] = name->rank;
  }
}

std::vector<std::string> calls_of(const std::vector<OtlpSpan>& spans) {
  // A span that lies around a call is not a call itself.
  std::unordered_map<std::string_view, std::string_view> parents;
  std::unordered_set<std::string_view> above;
  for (const OtlpSpan& span : spans) {
    parents.emplace(span.id, span.parent);
  }
  for (const OtlpSpan& span : spans) {
    if (is_call(span)) {
      for (std::string_view at = span.parent; !at.empty() && above.insert(at).second;) {
        const auto next = parents.find(at);
        at = next == parents.end() ? std::string_view() : next->second;
      }
    }
  }
  std::vector<std::string> calls;
  for (const OtlpSpan& span : spans) {
    if (is_call(span) && !above.contains(span.id) && calls.size() < kMostCalls) {
      calls.push_back(record_of(span));
    }
  }
  return calls;
}

bool wraps_calls(std::string_view span) {
  const std::size_t begin = span.find('{');
  const std::size_t end = span.rfind('}');
  bool wraps = false;
  if (begin != std::string_view::npos && end != std::string_view::npos) {
    json::for_each_member(span.substr(begin, end + 1 - begin),
                          [&](std::string_view name, bool, std::string_view value) {
                            wraps = name == R"("log_type")" ? is_one_of(kWrappers, value) : wraps;
                          });
  }
  return wraps;
}

}  // namespace respand::record
