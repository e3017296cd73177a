// What a record costs on the io thread, from its frame to its place in the batch. Bytes per second of the record's own
// bytes.

#include <benchmark/benchmark.h>

#include <string>

#include "respand/record/check.h"
#include "respand/record/fill.h"
#include "respand/record/frame.h"
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
  Checker checker;
  for (auto _ : state) {
    benchmark::DoNotOptimize(checker.check(text));
  }
  count(state, text.size());
}

void check(benchmark::State& state) { check_text(state, sample(state.range(0))); }
void check_cyrillic(benchmark::State& state) { check_text(state, cyrillic()); }

void check_and_fill(benchmark::State& state) {
  const std::string text = sample(state.range(0));
  std::string out(text.size() + kMaxGrowth, '\0');
  Checker checker;
  SeededRandom random(1);
  Filler filler({}, random);
  for (auto _ : state) {
    const Checked checked = checker.check(text);
    filler.plan(checked.facts);
    benchmark::DoNotOptimize(filler.fill(text, checked.facts, WallTime{}, out.data()));
  }
  count(state, text.size());
}

// What an application knows of a call: tokens and times, but neither cost nor generation time.
std::string unpriced_record() {
  std::string record = usual_record();
  const std::string given = R"("cost":0.00141,"generation_time":1.2837,)";
  const std::string times = R"("start_time":"2026-11-21T10:00:00.184201Z","end_time":"2026-11-21T10:00:01.467901Z",)";
  record.replace(record.find(given), given.size(), times);
  record.replace(record.find("nextbit256/cydonia-2b"), 21, "openai/gpt-4o-2024-08-06");
  return record;
}

// The record's whole stage but for what is filled in: frame, check, copy.
void record_stage(benchmark::State& state, Additions additions, bool computes) {
  const std::string text = unpriced_record() + "\n";
  std::string out(text.size() + kMaxGrowth, '\0');
  Checker checker;
  SeededRandom random(1);
  Filler filler(additions, random);
  filler.use(std::make_shared<const PriceTable>());
  LineFramer framer(kMaxRecord);
  char account[kMaxAccountSize];
  for (auto _ : state) {
    std::string_view input = text;
    benchmark::DoNotOptimize(framer.next(input));
    const Checked checked = checker.check(framer.frame());
    if (computes) {
      benchmark::DoNotOptimize(encode(filler.plan(checked.facts).account, account));
    }
    benchmark::DoNotOptimize(filler.fill(framer.frame(), checked.facts, WallTime{}, out.data()));
  }
  count(state, text.size());
}

void stage_without_figures(benchmark::State& state) {
  record_stage(state, {.timestamp = true, .custom_identifier = true, .generation_time = false, .cost = false}, false);
}
void stage_with_figures(benchmark::State& state) { record_stage(state, {}, true); }

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
BENCHMARK(lines)->Arg(1300)->Arg(100'000);
BENCHMARK(elements)->Arg(1300)->Arg(100'000);
BENCHMARK(uuid);

}  // namespace
}  // namespace respand::record
