#pragma once
// The one table of names under which token counts, bills and the like are found in records and answers: genai-prices'
// extractors (pydantic, v2), and those of SDKs and gateways that it does not list. Whoever reads usage reads by it.
// A name stands for its three spellings: prompt_tokens, promptTokens, PromptTokens. What the counts mean: COST.md.
// Private to the module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace respand::record {

// Counts as they are reported, told apart by what their providers mean by them. Those of one unit for all providers
// alike (audio, images) come last.
enum class Count : std::uint8_t {
  kPrompt,
  kInput,
  kCompletion,
  kOutput,
  kTotal,
  kCachedAmong,   // among the prompt's tokens
  kCachedInput,   // cached_input_tokens: among, but for what Vercel's SDK makes of Anthropic's
  kCacheRead,     // cache_read_input_tokens: beside Anthropic's input_tokens, among LiteLLM's prompt_tokens
  kCacheHit,      // Respan's and DeepSeek's prompt_cache_hit_tokens
  kCacheMiss,     // DeepSeek's: tells that hits are among the prompt's
  kWrittenAmong,  // likewise
  kCacheCreation,
  kPromptCacheCreation,
  kWritten5m,
  kWritten1h,
  kReasoning,   // among the completion's, but where the total tells otherwise
  kCandidates,  // Gemini's answer, thoughts not among
  kThoughts,
  kToolUse,      // Gemini's, beside the prompt's
  kCitation,     // Perplexity's
  kBilledInput,  // Cohere's
  kBilledOutput,
  kPlainInput,  // Langfuse's: what its parts leave
  kPlainOutput,
  kPlainCacheRead,
  kPlainCacheWrite,
  kPlainReasoning,
  kInputAudio,
  kInputImage,
  kInputVideo,
  kCachedAudio,
  kCachedImage,
  kCachedVideo,
  kOutputAudio,
  kOutputImage,
  kOutputVideo,
  kWebSearches,
  kUnpriced,    // something that no list has a price for: a second of audio, an unknown detail
  kCompaction,  // tokens of Anthropic's `iterations` that are beside the sums
  kCompactionOutput,
};
inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::kCompactionOutput) + 1;

// What an object is whose members are read.
enum class UsageNode : std::uint8_t {
  kNone,
  kRecord,   // the record itself
  kAnswer,   // an answer as the provider or an SDK gave it
  kMessage,  // LangChain's response_metadata, llm_output
  kUsage,
  kInputDetails,
  kCachedDetails,
  kOutputDetails,
  kToolDetails,
  kCacheSplit,  // Anthropic's cache_creation
  kServerTools,
  kBilled,  // Cohere's billed_units
  kCohereTokens,
  kCohereMeta,
  kMetrics,
  kBill,      // Perplexity's cost
  kUpstream,  // OpenRouter's cost_details
  kHidden,    // LiteLLM's _hidden_params
  kSdks,      // Vercel's providerMetadata
  kSdk,
};
using UsageNodes = std::uint32_t;
constexpr UsageNodes bit(UsageNode node) { return UsageNodes{1} << static_cast<unsigned>(node); }

enum class UsageAction : std::uint8_t {
  kCount,
  kEnter,         // an object (or text that holds one) whose members are read; of a details object also a list
  kKnown,         // means nothing here
  kBill,          // US dollars that the answer says it costs
  kBillTicks,     // xAI's: 10^10 a dollar
  kUpstreamBill,  // what OpenRouter's user pays the provider
  kOwnKey,        // is_byok: the bill is OpenRouter's fee alone
  kGatewayBill,   // LiteLLM's: 0 where it does not know
  kTier,
  kTraffic,  // Gemini's word for it
  kGeography,
  kMilliseconds,  // how long the answer took
  kNanoseconds,   // likewise, of Ollama
  kLocalPrompt,   // Ollama's counts: what runs here costs nothing
  kLocalAnswer,
  kIterations,
  kModel,
};

struct UsageName {
  std::string_view name;
  UsageNodes in = 0;
  UsageAction action = UsageAction::kKnown;
  Count count = Count::kUnpriced;
  UsageNode node = UsageNode::kNone;
  bool gemini = false;  // only Gemini has this name
};

namespace usage_names {

constexpr UsageNodes kR = bit(UsageNode::kRecord);
constexpr UsageNodes kA = bit(UsageNode::kAnswer);
constexpr UsageNodes kM = bit(UsageNode::kMessage);
constexpr UsageNodes kU = bit(UsageNode::kUsage);
constexpr UsageNodes kIn = bit(UsageNode::kInputDetails);
constexpr UsageNodes kCached = bit(UsageNode::kCachedDetails);
constexpr UsageNodes kOut = bit(UsageNode::kOutputDetails);
constexpr UsageNodes kSplit = bit(UsageNode::kCacheSplit);
constexpr UsageNodes kTools = bit(UsageNode::kServerTools);
constexpr UsageNodes kBilled = bit(UsageNode::kBilled);
constexpr UsageNodes kSdk = bit(UsageNode::kSdk);
constexpr UsageNodes kFlat = kR | kA | kU;  // counts stand in all three

constexpr UsageName count(std::string_view name, UsageNodes in, Count count) {
  return {name, in, UsageAction::kCount, count, UsageNode::kNone, false};
}
constexpr UsageName gemini(std::string_view name, Count count) {
  return {name, kFlat, UsageAction::kCount, count, UsageNode::kNone, true};
}
constexpr UsageName enter(std::string_view name, UsageNodes in, UsageNode node) {
  return {name, in, UsageAction::kEnter, Count::kUnpriced, node, false};
}
constexpr UsageName act(std::string_view name, UsageNodes in, UsageAction action) {
  return {name, in, action, Count::kUnpriced, UsageNode::kNone, false};
}
constexpr UsageName known(std::string_view name, UsageNodes in) { return act(name, in, UsageAction::kKnown); }

}  // namespace usage_names

// A name may stand in several lines, for different nodes.
inline constexpr auto kUsageNames = [] {
  using namespace usage_names;
  using enum Count;
  return std::array{
      // Prompt and answer.
      count("prompt_tokens", kFlat | kM, kPrompt),
      gemini("prompt_token_count", kPrompt),
      count("completion_tokens", kFlat | kM, kCompletion),
      count("completion_token_count", kFlat, kCompletion),
      count("input_tokens", kFlat | kM, kInput),
      count("input_token_count", kFlat, kInput),
      count("output_tokens", kFlat | kM, kOutput),
      count("output_token_count", kFlat, kOutput),
      count("total_tokens", kFlat | kM, kTotal),
      count("total_token_count", kFlat, kTotal),
      count("input", kU, kPlainInput),
      count("output", kU, kPlainOutput),
      count("total", kU, kTotal),
      gemini("candidates_token_count", kCandidates),
      gemini("response_token_count", kCandidates),
      gemini("thoughts_token_count", kThoughts),
      gemini("tool_use_prompt_token_count", kToolUse),
      act("prompt_eval_count", kFlat, UsageAction::kLocalPrompt),
      act("eval_count", kFlat, UsageAction::kLocalAnswer),
      // The cache. Mistral tells num_cached_tokens, and bills them like others.
      count("cached_tokens", kFlat | kIn, kCachedAmong),
      known("num_cached_tokens", kFlat),
      count("cached_content_token_count", kFlat, kCachedAmong),
      count("cached_prompt_text_tokens", kFlat, kCachedAmong),
      count("cached_prompt_tokens", kFlat | kSdk, kCachedAmong),
      count("cache_read_tokens", kFlat | kIn, kCachedAmong),
      count("cache_read", kIn, kCachedAmong),
      count("cached_input_tokens", kFlat, kCachedInput),
      count("cached_input_token_count", kFlat, kCachedAmong),
      count("cache_read_input_tokens", kFlat | kIn | kSdk, kCacheRead),
      count("cache_read_input_token_count", kFlat, kCacheRead),
      count("prompt_cache_hit_tokens", kFlat | kSdk, kCacheHit),
      count("prompt_cache_miss_tokens", kFlat | kSdk, kCacheMiss),
      count("cache_creation_input_tokens", kFlat | kIn | kSdk, kCacheCreation),
      count("cache_write_input_tokens", kFlat, kCacheCreation),
      count("cache_write_input_token_count", kFlat, kCacheCreation),
      count("prompt_cache_creation_tokens", kFlat, kPromptCacheCreation),
      count("cache_creation_prompt_tokens", kFlat, kPromptCacheCreation),
      count("cache_write_tokens", kFlat | kIn, kWrittenAmong),
      count("cache_creation_tokens", kFlat | kIn, kWrittenAmong),
      count("cache_creation", kIn, kWrittenAmong),
      enter("cache_creation", kFlat | kSdk, UsageNode::kCacheSplit),
      enter("cache_creation_token_details", kIn, UsageNode::kCacheSplit),
      count("ephemeral_5m_input_tokens", kSplit | kIn, kWritten5m),
      count("ephemeral_1h_input_tokens", kSplit | kIn, kWritten1h),
      known("no_cache_tokens", kIn),
      // Langfuse, where each part stands beside the others.
      count("input_cached_tokens", kU, kPlainCacheRead),
      count("input_cache_read", kU, kPlainCacheRead),
      count("input_cache_creation", kU, kPlainCacheWrite),
      count("output_reasoning_tokens", kU, kPlainReasoning),
      count("output_reasoning", kU, kPlainReasoning),
      // Details.
      enter("prompt_tokens_details", kFlat, UsageNode::kInputDetails),
      enter("prompt_token_details", kFlat, UsageNode::kInputDetails),
      enter("input_tokens_details", kFlat, UsageNode::kInputDetails),
      enter("input_token_details", kFlat, UsageNode::kInputDetails),
      enter("completion_tokens_details", kFlat, UsageNode::kOutputDetails),
      enter("output_tokens_details", kFlat, UsageNode::kOutputDetails),
      enter("output_token_details", kFlat, UsageNode::kOutputDetails),
      enter("candidates_tokens_details", kFlat, UsageNode::kOutputDetails),
      enter("response_tokens_details", kFlat, UsageNode::kOutputDetails),
      enter("cached_tokens_details", kIn, UsageNode::kCachedDetails),
      enter("cache_tokens_details", kFlat, UsageNode::kCachedDetails),
      enter("tool_use_prompt_tokens_details", kFlat, UsageNode::kToolDetails),
      count("reasoning_tokens", kFlat | kOut | kSdk, kReasoning),
      count("reasoning_token_count", kFlat, kReasoning),
      count("reasoning", kOut, kReasoning),
      count("thinking_tokens", kFlat | kOut, kReasoning),
      known("accepted_prediction_tokens", kOut | kSdk),
      known("rejected_prediction_tokens", kOut | kSdk),
      known("text_tokens", kIn | kOut | kCached),
      known("text", kIn | kOut | kCached),
      count("audio_tokens", kIn, kInputAudio),
      count("audio", kIn, kInputAudio),
      count("image_tokens", kIn, kInputImage),
      count("image", kIn, kInputImage),
      count("video_tokens", kIn, kInputVideo),
      count("video", kIn, kInputVideo),
      count("audio_tokens", kOut, kOutputAudio),
      count("audio", kOut, kOutputAudio),
      count("image_tokens", kOut, kOutputImage),
      count("image", kOut, kOutputImage),
      count("video_tokens", kOut, kOutputVideo),
      count("video", kOut, kOutputVideo),
      count("audio_tokens", kCached, kCachedAudio),
      count("image_tokens", kCached, kCachedImage),
      count("video_tokens", kCached, kCachedVideo),
      count("citation_tokens", kFlat, kCitation),
      // Fees of a kind of their own.
      enter("server_tool_use", kFlat, UsageNode::kServerTools),
      count("web_search_requests", kTools | kIn, kWebSearches),
      known("web_fetch_requests", kTools),
      known("tool_search_requests", kTools),
      count("num_search_queries", kU, kWebSearches),
      count("seconds", kU, kUnpriced),
      count("prompt_audio_seconds", kU, kUnpriced),
      count("characters", kU, kUnpriced),
      count("pages_processed", kU, kUnpriced),
      // Cohere.
      enter("billed_units", kU | bit(UsageNode::kCohereMeta), UsageNode::kBilled),
      enter("tokens", kU | bit(UsageNode::kCohereMeta), UsageNode::kCohereTokens),
      enter("meta", kR | kA, UsageNode::kCohereMeta),
      count("input_tokens", kBilled, kBilledInput),
      count("output_tokens", kBilled, kBilledOutput),
      count("input_tokens", bit(UsageNode::kCohereTokens), kInput),
      count("output_tokens", bit(UsageNode::kCohereTokens), kOutput),
      // Members that hold usage.
      enter("usage", kA | kM, UsageNode::kUsage),
      enter("usage_metadata", kR | kA | kM, UsageNode::kUsage),
      enter("token_usage", kA | kM, UsageNode::kUsage),
      enter("usage_details", kR | kA, UsageNode::kUsage),
      enter("total_usage", kA, UsageNode::kUsage),
      enter("response_metadata", kR | kA, UsageNode::kMessage),
      enter("llm_output", kR | kA, UsageNode::kMessage),
      enter("response", kA, UsageNode::kAnswer),
      enter("provider_metadata", kR | kA, UsageNode::kSdks),
      enter("experimental_provider_metadata", kR | kA, UsageNode::kSdks),
      act("iterations", kU, UsageAction::kIterations),
      // Bills, and how long it took.
      act("cost", kU | kSdk, UsageAction::kBill),
      enter("cost", kU, UsageNode::kBill),
      act("total_cost", bit(UsageNode::kBill), UsageAction::kBill),
      act("cost_in_usd_ticks", kU, UsageAction::kBillTicks),
      act("is_byok", kU, UsageAction::kOwnKey),
      enter("cost_details", kU, UsageNode::kUpstream),
      act("upstream_inference_cost", bit(UsageNode::kUpstream), UsageAction::kUpstreamBill),
      act("response_cost", kR | kA | bit(UsageNode::kHidden), UsageAction::kGatewayBill),
      enter("hidden_params", kR | kA, UsageNode::kHidden),
      enter("_hidden_params", kR | kA, UsageNode::kHidden),
      enter("metrics", kR | kA, UsageNode::kMetrics),
      act("latency_ms", bit(UsageNode::kMetrics), UsageAction::kMilliseconds),
      act("total_duration", kR | kA, UsageAction::kNanoseconds),
      // Terms that a price may depend on.
      act("service_tier", kR | kA | kU | kM, UsageAction::kTier),
      act("traffic_type", kU, UsageAction::kTraffic),
      act("inference_geo", kR | kA | kU, UsageAction::kGeography),
      act("model_name", kM, UsageAction::kModel),
      act("model", kM, UsageAction::kModel),
  };
}();

// In which spellings a name is known in these nodes, beside its own: providers' answers are in PascalCase only from the
// usage on.
[[nodiscard]] constexpr bool is_camel_known(std::string_view name) {
  return name.find('_', 1) != std::string_view::npos;
}
[[nodiscard]] constexpr bool is_pascal_known(std::string_view name, UsageNodes in) {
  return name.front() != '_' && (in & (usage_names::kR | usage_names::kA)) == 0;
}
// promptTokens, or PromptTokens, of prompt_tokens: `out` takes as many characters as the name has. How many there are.
constexpr std::size_t spell(std::string_view name, bool camel, bool upper, char* out) {
  std::size_t length = 0;
  bool raise = upper;
  for (const char c : name) {
    const bool drops = camel && c == '_' && length > 0;
    if (!drops) {
      out[length++] = raise && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    raise = drops;
  }
  return length;
}

// The line for a member of a node by its name, as written without escapes; null where it means nothing. `first` is the
// value's first byte: a few names hold a number with one provider and an object with another.
[[nodiscard]] const UsageName* find_usage_name(UsageNode node, std::string_view name, char first);
// The same of the record and of answers, whose members are noted while they are parsed.
[[nodiscard]] const UsageName* find_noted_name(UsageNode node, std::string_view name);

}  // namespace respand::record
