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
BENCHMARK(lines)->Arg(1300)->Arg(100'000);
BENCHMARK(elements)->Arg(1300)->Arg(100'000);
BENCHMARK(uuid);

}  // namespace
}  // namespace respand::record
