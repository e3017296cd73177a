#include "record/usage_meaning.h"

#include <algorithm>
#include <optional>

namespace respand::record {
namespace {

using enum BillingUnit;

// Whether a reading has one meaning, and if not, why.
enum class Verdict : std::uint8_t { kGood, kContradiction, kAmbiguous };
enum class Place : std::uint8_t { kAmong, kBeside };

// The value under several names: the first that is above 0. Two different ones contradict each other.
class OneOf {
 public:
  explicit OneOf(const UsageReading& reading) : reading_(reading) {}
  [[nodiscard]] bool sound() const { return sound_; }

  std::uint64_t operator()(std::initializer_list<Count> counts) {
    std::uint64_t value = 0;
    for (const Count count : counts) {
      sound_ = sound_ && !reading_.conflicts(count);
      const std::uint64_t next = reading_[count];
      sound_ = sound_ && (value == 0 || next == 0 || value == next);
      value = value == 0 ? next : value;
    }
    return value;
  }

 private:
  const UsageReading& reading_;
  bool sound_ = true;
};

// Whether the word, in small letters, is in the name.
bool mentions(std::string_view name, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::search(name.begin(), name.end(), word.begin(), word.end(),
                     [&](char c, char wanted) { return lower(c) == wanted; }) != name.end();
}

class Interpreter {
 public:
  Interpreter(const UsageReading& reading, const UsageOrigin& origin)
      : read_(reading), origin_(origin), one_(reading) {}

  Verdict run(Usage& usage) {
    take();
    if (const Verdict verdict = place_caches(); verdict != Verdict::kGood) {
      return verdict;
    }
    if (const Verdict verdict = resolve_total(); verdict != Verdict::kGood) {
      return verdict;
    }
    if (!one_.sound() || caches() > input_ || reasoning_ > output_) {
      return Verdict::kContradiction;
    }
    put(usage);
    return parts_fit(usage.counts) ? Verdict::kGood : Verdict::kContradiction;
  }

 private:
  // Whether the model is one of that family, by its name.
  [[nodiscard]] bool is(std::string_view family) const { return mentions(origin_.model, family); }
  [[nodiscard]] bool has(Count count) const { return read_.has(count); }
  [[nodiscard]] std::uint64_t caches() const { return cached_ + written_; }

  void take() {
    plain_ = has(Count::kPlainInput) || has(Count::kPlainOutput) || has(Count::kPlainCacheRead);
    cached_ =
        one_({Count::kCachedAmong, Count::kCachedInput, Count::kCacheRead, Count::kCacheHit, Count::kPlainCacheRead});
    written_ =
        one_({Count::kWrittenAmong, Count::kCacheCreation, Count::kPromptCacheCreation, Count::kPlainCacheWrite});
    take_split();
    reasoning_ = one_({Count::kReasoning, Count::kThoughts, Count::kPlainReasoning});
    total_ = one_({Count::kTotal});
    prompt_ = one_({Count::kPrompt});
    input_ = one_({Count::kInput, Count::kPlainInput});
    output_ = one_({Count::kCompletion, Count::kOutput, Count::kPlainOutput, Count::kCandidates});
    if (has(Count::kBilledInput) || has(Count::kBilledOutput)) {  // Cohere: what is paid, whatever was read
      prompt_ = 0;
      input_ = read_[Count::kBilledInput];
      output_ = read_[Count::kBilledOutput];
      cached_ = written_ = total_ = 0;
      billed_ = true;
    }
  }

  void take_split() {
    const std::uint64_t split = read_[Count::kWritten5m] + read_[Count::kWritten1h];
    contradicts_ = split > 0 && written_ > 0 && split != written_ &&
                   (split > written_ || (has(Count::kWritten5m) && has(Count::kWritten1h)));
    written_ = std::max(written_, split);
    written_1h_ = read_[Count::kWritten1h];
  }

  // Leaves input_ as the sum of all that went in.
  Verdict place_caches() {
    if (contradicts_) {
      return Verdict::kContradiction;
    }
    named_prompt_ = prompt_ > 0 || (has(Count::kPrompt) && !has(Count::kInput));
    if (prompt_ > 0 && input_ > 0 && prompt_ != input_) {
      // Gateways give both: the whole prompt, and what was new in it.
      if (prompt_ != input_ + caches() && input_ != prompt_ + caches()) {
        return Verdict::kContradiction;
      }
      reported_ = input_ = std::max(prompt_, input_);
      return Verdict::kGood;
    }
    reported_ = input_ = std::max(prompt_, input_);
    if (caches() == 0) {
      return Verdict::kGood;
    }
    const std::optional<Place> place = place_of_caches();
    if (!place) {
      return caches() > input_ ? Verdict::kContradiction : Verdict::kAmbiguous;
    }
    input_ += *place == Place::kBeside ? caches() : 0;
    return Verdict::kGood;
  }

  [[nodiscard]] bool total_is(std::uint64_t sum) const {
    return total_ > 0 && (total_ == sum || (reasoning_ > 0 && total_ == sum + reasoning_));
  }

  // None where nothing in the reading says it.
  [[nodiscard]] std::optional<Place> place_of_caches() const {
    const bool beyond = caches() > input_;
    if (plain_ || read_.sdk_caches || total_is(input_ + output_ + caches())) {
      return Place::kBeside;
    }
    const bool anthropic = has(Count::kCacheRead) || has(Count::kCacheCreation);
    const bool details = read_[Count::kCachedAmong] + read_[Count::kWrittenAmong] > 0;
    if (!named_prompt_ && anthropic) {
      if (!details || beyond) {
        return Place::kBeside;
      }
      return total_is(input_ + output_) ? std::optional(Place::kAmong) : std::nullopt;
    }
    const bool respan = has(Count::kCacheHit) || has(Count::kPromptCacheCreation);
    if (respan && !has(Count::kCacheMiss)) {
      return place_of_respan(beyond);
    }
    if (details && origin_.flat && !anthropic) {
      return beyond ? std::optional(Place::kBeside) : is("claude") ? std::nullopt : std::optional(Place::kAmong);
    }
    if (has(Count::kCachedInput) && is("claude")) {
      return beyond ? std::optional(Place::kBeside) : std::nullopt;
    }
    return beyond ? std::nullopt : std::optional(Place::kAmong);
  }

  // Respan's exporters give Anthropic's new tokens as the prompt's, and the cache's beside them; but the same names are
  // used by those who count as OpenAI does.
  [[nodiscard]] std::optional<Place> place_of_respan(bool beyond) const {
    if (beyond || !named_prompt_) {
      return Place::kBeside;
    }
    if (!origin_.flat || !is("claude")) {
      return Place::kAmong;
    }
    return total_is(input_ + output_) ? std::nullopt : std::optional(Place::kBeside);
  }

  // The part that only the total has, or the reasoning that follows from the total.
  Verdict resolve_total() {
    if (has(Count::kThoughts)) {
      output_ += read_[Count::kThoughts];
    }
    if (plain_) {
      output_ += read_[Count::kPlainReasoning];
    }
    input_ += read_[Count::kToolUse];
    if (has(Count::kCitation)) {  // Perplexity: the total says nothing of reasoning
      output_ += reasoning_ + read_[Count::kCitation];
      return Verdict::kGood;
    }
    const std::uint64_t sum = input_ + output_;
    const std::uint64_t naive = reported_ + output_;
    if (total_ == 0 || !told_answer()) {
      return total_ == 0 && is("grok") && reasoning_ > 0 && !has(Count::kInput) ? grok_without_total() : Verdict::kGood;
    }
    if (total_ == sum || total_ == naive) {
      return Verdict::kGood;
    }
    if (reasoning_ > 0 && (total_ == sum + reasoning_ || total_ == naive + reasoning_)) {
      output_ += reasoning_;
      return Verdict::kGood;
    }
    if (total_ > sum && (is("gemini") || read_.gemini)) {  // the rest of the total is Gemini's thoughts
      reasoning_ += total_ - sum;
      output_ += total_ - sum;
      return Verdict::kGood;
    }
    return Verdict::kContradiction;
  }

  // xAI counts reasoning beside the answer, who passes its answers on may not.
  Verdict grok_without_total() {
    if (reasoning_ <= output_) {
      return Verdict::kAmbiguous;
    }
    output_ += reasoning_;
    return Verdict::kGood;
  }

  [[nodiscard]] bool told_answer() const {
    return has(Count::kCompletion) || has(Count::kOutput) || has(Count::kPlainOutput) || has(Count::kCandidates) ||
           read_.gemini || billed_;
  }

  void put(Usage& usage) {
    usage.has_prompt = has(Count::kPrompt) || has(Count::kInput) || has(Count::kPlainInput) || read_.gemini || billed_;
    usage.has_completion = told_answer() || (total_ > 0 && usage.has_prompt && total_ == input_);
    if (!usage.has_prompt && !usage.has_completion && total_ > 0) {  // Voyage, Jina: an embedding
      usage.has_prompt = true;
      input_ = total_;
    }
    UsageCounts& counts = usage.counts;
    counts.set(kInput, input_ + read_[Count::kCompaction]);
    counts.set(kOutput, output_ + read_[Count::kCompactionOutput]);
    counts.set(kCacheRead, cached_);
    counts.set(kCacheWrite, written_);
    if (has(Count::kWritten5m) || has(Count::kWritten1h)) {
      counts.set(kCacheWrite1h, written_1h_);
      counts.set(kCacheWrite5m, written_ - written_1h_);
    }
    counts.set(kOutputReasoning, reasoning_);
    for (const auto& [unit, count] : kParts) {
      if (has(count)) {  // a part that is 0 is known as well
        counts.set(unit, read_[count]);
      }
    }
  }

  struct Part {
    BillingUnit unit;
    Count count;
  };
  static constexpr Part kParts[] = {{kInputAudio, Count::kInputAudio},      {kInputImage, Count::kInputImage},
                                    {kInputVideo, Count::kInputVideo},      {kCacheAudioRead, Count::kCachedAudio},
                                    {kCacheImageRead, Count::kCachedImage}, {kCacheVideoRead, Count::kCachedVideo},
                                    {kOutputAudio, Count::kOutputAudio},    {kOutputImage, Count::kOutputImage},
                                    {kOutputVideo, Count::kOutputVideo},    {kInputTool, Count::kToolUse},
                                    {kOutputCitation, Count::kCitation},    {kWebSearches, Count::kWebSearches}};

  [[nodiscard]] static bool parts_fit(const UsageCounts& counts) {
    return counts[kInputAudio] + counts[kInputImage] + counts[kInputVideo] <= counts[kInput] &&
           counts[kOutputAudio] + counts[kOutputImage] + counts[kOutputVideo] <= counts[kOutput] &&
           counts[kCacheAudioRead] + counts[kCacheImageRead] + counts[kCacheVideoRead] <= counts[kCacheRead] &&
           counts[kInput] <= kMaxUsage && counts[kOutput] <= kMaxUsage;
  }

  const UsageReading& read_;
  const UsageOrigin& origin_;
  OneOf one_;
  std::uint64_t prompt_ = 0;
  std::uint64_t input_ = 0;
  std::uint64_t reported_ = 0;  // the prompt tokens as the reading gave them
  std::uint64_t output_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t cached_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t written_1h_ = 0;
  std::uint64_t reasoning_ = 0;
  bool named_prompt_ = false;
  bool plain_ = false;
  bool billed_ = false;
  bool contradicts_ = false;
};

}  // namespace

Tokens Usage::tokens() const {
  return {.prompt = counts[kInput],
          .completion = counts[kOutput],
          .cached_prompt = counts[kCacheRead],
          .cache_write = counts[kCacheWrite],
          .reasoning = counts[kOutputReasoning]};
}

Usage meaning_of(const UsageReading& reading, const UsageOrigin& origin, MissingSet& missing) {
  Usage usage;
  const auto unsound = [&](Missing why) {
    missing.add(why);
    Usage none;
    none.sound = false;
    return none;
  };
  if (!reading.sound) {
    return unsound(Missing::kTokensValue);
  }
  switch (Interpreter(reading, origin).run(usage)) {
    case Verdict::kContradiction:
      return unsound(Missing::kTokensContradict);
    case Verdict::kAmbiguous:
      return unsound(Missing::kTokensAmbiguous);
    case Verdict::kGood:
      break;
  }
  if (reading[Count::kUnpriced] > 0 || reading.other_model) {
    missing.add(Missing::kPartUnknown);
    usage.sound = false;
  }
  return usage;
}

}  // namespace respand::record
