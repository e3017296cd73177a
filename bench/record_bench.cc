// What a record costs on the io thread, from its frame to its place in the batch. Bytes a second of the record's own
// bytes.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "respand/base/text.h"
#include "respand/record/enricher.h"
#include "respand/record/frame.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"
#include "tests/record/samples.h"

namespace respand::record {
namespace {

std::string sample(std::int64_t size) {
  return size < 2000 ? usual_record() : long_record(static_cast<std::size_t>(size));
}

// Text that is not ASCII: every character takes the slow way.
std::string cyrillic() {
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    text.append("Здравствуй, мир. ");
  }
  return R"({"model":"m","completion_message":{"content":")" + text + R"("}})";
}

void count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void check_text(benchmark::State& state, const std::string& text) {
  RecordParser parser;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.parse(text));
  }
  count(state, text.size());
}

void check(benchmark::State& state) { check_text(state, sample(state.range(0))); }
void check_cyrillic(benchmark::State& state) { check_text(state, cyrillic()); }

void check_and_fill(benchmark::State& state) {
  const std::string text = sample(state.range(0));
  std::string out(text.size() + kMaxGrowth, '\0');
  RecordParser parser;
  SeededRandom random(1);
  Enricher enricher({}, random);
  for (auto _ : state) {
    const ParsedRecord parsed = parser.parse(text);
    enricher.enrichment(parsed.fields);
    benchmark::DoNotOptimize(enricher.fill(text, parsed.fields, WallTime{}, out.data()));
  }
  count(state, text.size());
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  text.replace(text.find(what), what.size(), by);
  return text;
}

// What an application knows of a call: tokens and times, but neither cost nor generation time.
std::string unpriced_record(std::string_view model = "openai/gpt-4o-2024-08-06") {
  return replaced(replaced(usual_record(), R"("cost":0.00141,"generation_time":1.2837,)",
                           R"("start_time":"2026-11-21T10:00:00.184201Z","end_time":"2026-11-21T10:00:01.467901Z",)"),
                  "nextbit256/cydonia-2b", model);
}

// The same of different lengths, models, counts and times, as a host has them.
std::vector<std::string> mixed_records() {
  constexpr std::string_view kModels[] = {"openai/gpt-4o-2024-08-06", "gpt-4o-mini", "claude-sonnet-4-5-20250929",
                                          "gemini-2.5-flash", "openrouter/openai/gpt-4o"};
  SeededRandom random(1);
  std::vector<std::string> records;
  while (records.size() < 256) {
    std::string record = unpriced_record(kModels[random.below(std::size(kModels))]);
    record = replaced(record, "Direct flight", std::string(random.below(600), 'x'));
    record =
        replaced(record, R"("prompt_tokens":118,"completion_tokens":104)",
                 cat(R"("prompt_tokens":)", random.below(20'000), R"(,"completion_tokens":)", random.below(2'000)));
    record = replaced(record, "10:00:01.467901Z",
                      cat("10:00:0", 1 + random.below(9), ".4", 10'000 + random.below(90'000), "Z"));
    records.push_back(std::move(record));
  }
  return records;
}

// A record as an SDK hands it in. Under another name the same bytes are not looked into.
std::string raw_record(bool named = true) {
  const std::string usual = usual_record();
  const auto part = [&usual](std::string_view from, std::string_view to) {
    const std::size_t begin = usual.find(from) + from.size();
    return usual.substr(begin, usual.find(to, begin) - begin);
  };
  return cat(
      named ? R"({"request":)" : R"({"requesu":)", R"({"model":"gpt-4o","temperature":0.7,"messages":)",
      part(R"("prompt_messages":)", R"(,"completion_message")"), named ? R"(},"response":)" : R"(},"responsf":)",
      R"({"id":"chatcmpl-9","object":"chat.completion","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":)",
      part(R"("completion_message":)", R"(,"usage")"), R"(,"finish_reason":"stop"}],"usage":)",
      part(R"("usage":)", R"(,"cost")"),
      R"(},"start_time":"2026-11-21T10:00:00.184201Z","end_time":"2026-11-21T10:00:01.467901Z","provider":"openai"})");
}

// The whole stage of a record: frame, check, copy. `computes`: cost and generation time are computed too.
void stage(benchmark::State& state, const std::vector<std::string>& records, bool computes,
           const Rules::Settings& rules = {}) {
  std::string text;
  std::size_t longest = 0;
  for (const std::string& record : records) {
    text += record + "\n";
    longest = std::max(longest, record.size());
  }
  std::string out(2 * longest + (std::size_t{64} << 10), '\0');
  RecordParser parser;
  parser.reconfigure(std::make_shared<const Rules>(rules));
  SeededRandom random(1);
  Enricher enricher({.timestamp = true, .custom_identifier = true, .generation_time = computes, .cost = computes},
                    random);
  enricher.use(std::make_shared<const PriceTable>());
  LineFramer framer(kMaxRecord);
  char summary[kMaxAccountSize];
  std::string_view input;
  for (auto _ : state) {
    input = input.empty() ? std::string_view(text) : input;
    benchmark::DoNotOptimize(framer.next(input));
    const ParsedRecord parsed = parser.parse(framer.frame());
    if (computes) {
      benchmark::DoNotOptimize(encode(enricher.enrichment(parsed.fields).summary, summary));
    } else {
      put_uuid_v7(WallTime{}, random, summary);  // fill() takes the one before for its own
      benchmark::DoNotOptimize(summary);
    }
    benchmark::DoNotOptimize(enricher.fill(framer.frame(), parsed.fields, WallTime{}, out.data()));
  }
  count(state, text.size() / records.size());
}

void stage_without_figures(benchmark::State& state) { stage(state, {unpriced_record()}, false); }
void stage_with_figures(benchmark::State& state) { stage(state, {unpriced_record()}, true); }
void mixed_without_figures(benchmark::State& state) { stage(state, mixed_records(), false); }
void mixed_with_figures(benchmark::State& state) { stage(state, mixed_records(), true); }
void raw_not_extracted(benchmark::State& state) { stage(state, {raw_record(false)}, false); }
void raw_extracted(benchmark::State& state) { stage(state, {raw_record()}, true); }

// All with figures.
void redact_nothing(benchmark::State& state) { stage(state, {sample(state.range(0))}, true); }
void redact_credentials(benchmark::State& state) {
  stage(state, {sample(state.range(0))}, true, {.redact = {"/customer_credentials", "/credential_override"}});
}
void redact_pointers(benchmark::State& state) {
  stage(state, {sample(state.range(0))}, true,
        {.redact = {"/metadata/host", "/metadata/tags/*", "/customer_params/email", "/prompt_messages/*/content"}});
}
void redact_text(benchmark::State& state) {
  stage(state, {sample(state.range(0))}, true, {.redact_text = {kDetectors.begin(), kDetectors.end()}});
}
void redact_in_raw(benchmark::State& state) {
  stage(state, {raw_record()}, true, {.redact = {"/completion_message/content", "/prompt_messages/*/content"}});
}

// As a socket gives them: 64 KiB at a time, cut anywhere.
template <typename Framer>
void frames(benchmark::State& state, const std::string& text) {
  constexpr std::size_t kRead = std::size_t{64} * 1024;
  for (auto _ : state) {
    Framer framer(kMaxRecord);
    for (std::size_t at = 0; at < text.size(); at += kRead) {
      std::string_view input = std::string_view(text).substr(at, kRead);
      while (framer.next(input) != Frame::kNone) {
        benchmark::DoNotOptimize(framer.frame());
      }
    }
  }
  count(state, text.size());
}

constexpr std::size_t kStream = std::size_t{4} << 20;

void lines(benchmark::State& state) {
  std::string text;
  while (text.size() < kStream) {
    text.append(sample(state.range(0))).append("\n");
  }
  frames<LineFramer>(state, text);
}

void elements(benchmark::State& state) {
  std::string text = "[";
  while (text.size() < kStream) {
    text.append(sample(state.range(0))).append(",");
  }
  text.back() = ']';
  frames<ElementFramer>(state, text);
}

// Looks up a name that a list has as it is and one that needs rules, and computes the cost of a usual call.
void price_look_up(benchmark::State& state) {
  constexpr ModelReference kNames[] = {
      {.provider = "", .model = "gpt-4o-2024-08-06", .answer_model = ""},
      {.provider = "openai", .model = "gpt-4o-mini", .answer_model = ""},
      {.provider = "openrouter", .model = "anthropic/claude-sonnet-4.5", .answer_model = ""},
      {.provider = "", .model = "mistral-large-latest", .answer_model = ""}};
  const PriceTable table;
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.entry(kNames[i++ % std::size(kNames)]));
  }
}

void price_look_up_by_rules(benchmark::State& state) {
  const PriceTable table;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.entry(
        {.provider = "", .model = "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", .answer_model = ""}));
  }
}

void price_of_a_call(benchmark::State& state) {
  const PriceTable table;
  const PriceEntry* const entry = table.entry({.provider = "", .model = "claude-sonnet-4-5", .answer_model = ""});
  for (auto _ : state) {
    UsageCounts counts;
    counts.set(BillingUnit::kInput, 20'000);
    counts.set(BillingUnit::kCacheRead, 15'000);
    counts.set(BillingUnit::kOutput, 700);
    benchmark::DoNotOptimize(table.price(entry, {}, counts));
  }
}

void uuid(benchmark::State& state) {
  SeededRandom random(1);
  char out[kUuidSize];
  for (auto _ : state) {
    put_uuid_v7(WallTime{}, random, out);
    benchmark::DoNotOptimize(out);
  }
}

BENCHMARK(check)->Arg(1300)->Arg(100'000);
BENCHMARK(check_cyrillic);
BENCHMARK(check_and_fill)->Arg(1300)->Arg(100'000);
BENCHMARK(stage_without_figures);
BENCHMARK(stage_with_figures);
BENCHMARK(mixed_without_figures);
BENCHMARK(mixed_with_figures);
BENCHMARK(raw_not_extracted);
BENCHMARK(raw_extracted);
BENCHMARK(redact_nothing)->Arg(1300)->Arg(100'000);
BENCHMARK(redact_credentials)->Arg(1300)->Arg(100'000);
BENCHMARK(redact_pointers)->Arg(1300)->Arg(100'000);
BENCHMARK(redact_text)->Arg(1300)->Arg(100'000);
BENCHMARK(redact_in_raw);
BENCHMARK(lines)->Arg(1300)->Arg(100'000);
BENCHMARK(elements)->Arg(1300)->Arg(100'000);
BENCHMARK(price_look_up);
BENCHMARK(price_look_up_by_rules);
BENCHMARK(price_of_a_call);
BENCHMARK(uuid);

}  // namespace
}  // namespace respand::record
