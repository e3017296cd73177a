// What the ledger costs for each record: reading the journal, adding up, and a commit for each turn. The journal and
// the ledger are in a folder under $TMPDIR; the daemon's other threads do not run.

#include <benchmark/benchmark.h>

#include "ledger/ledger.h"
#include "respand/journal/attributes.h"
#include "tests/journal/bench_of_records.h"
#include "tests/support/files.h"

namespace {

using namespace respand;

constexpr std::uint64_t kBatches = 500;
constexpr std::size_t kInBatch = 100;

std::string attributes_of(const std::string& customer) {
  const record::UsageSummary summary{.model = "nextbit256/cydonia-2b",
                                     .provider = "nextbit256",
                                     .customer = customer,
                                     .environment = "prod",
                                     .tokens = {.prompt = 1234, .completion = 321},
                                     .cost = record::Decimal{4321, 7},
                                     .generation_time = std::chrono::milliseconds{1200}};
  std::string list(journal::kAttributeHead + record::kMaxAccountSize, '\0');
  journal::AttributeWriter writer(list.data(), list.size());
  writer.end(record::encode(summary, writer.begin(journal::Tag::kAccount, record::kMaxAccountSize)));
  return std::string(writer.list());
}

// bytes, customers
void reconfigure(benchmark::State& state) {
  const test::TempDir folder;
  journal::Settings settings;
  settings.directory = folder / "journal";
  settings.sync = journal::Sync::kNever;
  journal::Life life(fs::posix(), settings);
  ledger::Ledger ledger({.directory = folder / "costs"}, life.journal->tailer(), fs::posix(), life.registry,
                        life.clock);
  static_cast<void>(ledger.step());
  const std::vector<std::string> payloads(kInBatch, std::string(static_cast<std::size_t>(state.range(0)), 'x'));
  for (auto _ : state) {
    state.PauseTiming();
    for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
      life.put(payloads, attributes_of(cat("customer ", batch % static_cast<std::uint64_t>(state.range(1)))));
      journal::Ref ref;
      while (life.journal->reader().take(ref)) {
        const journal::Ack done{ref.sequence, ref.length};
        life.journal->reader().acknowledge({&done, 1});
      }
    }
    life.clock.advance(std::chrono::seconds{1});
    state.ResumeTiming();
    while (ledger.step() <= life.clock.mono()) {
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatches * kInBatch));
}
BENCHMARK(reconfigure)->Args({1300, 1})->Args({1300, 500})->Args({20'000, 1})->Unit(benchmark::kMillisecond);

}  // namespace
