#pragma once
// A ledger that follows a journal in memory, its database in a folder of the test: lives that end as kill -9 ends them,
// and what a report says afterwards. One thread; time moves only by hand.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/report.h"
#include "tests/journal/bench_of_records.h"
#include "tests/support/files.h"

namespace respand::ledger {

// A cost of so many millionths of a dollar.
inline record::Decimal micro(std::uint64_t millionths) { return {millionths, 6}; }

inline std::string attributes_of(const record::UsageSummary& summary) {
  std::string value(record::kMaxAccountSize, '\0');
  value.resize(record::encode(summary, value.data()));
  const auto size = static_cast<std::uint16_t>(value.size());
  std::string attributes(1, static_cast<char>(journal::Tag::kAccount));
  attributes.append(reinterpret_cast<const char*>(&size), sizeof size);
  return attributes + value;
}

class World {
 public:
  World() {
    journal_settings.segment_size = mebibytes(1);
    journal_settings.max_size = mebibytes(64);
    settings.directory = folder / "costs";
  }

  ~World() { kill(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Begins a life; the one before ends as kill -9 ends it.
  void live() {
    kill();
    life = std::make_unique<journal::Life>(fs, journal_settings);
    life->clock.advance(since_start);
    ledger = std::make_unique<Ledger>(settings, life->journal->tailer(), fs::posix(), life->registry, life->clock);
  }
  void kill() {
    if (ledger) {
      ledger->stop();
    }
    if (life) {
      fs.crash_keeping_all();
      life->journal->stop();  // it rings the ledger's bells to its end
    }
    ledger.reset();
    life.reset();
  }
  void advance(Duration by) {
    since_start += by;
    life->clock.advance(by);
  }
  void put(const record::UsageSummary& summary, std::size_t times = 1) {
    const std::vector<std::string> payloads(times, std::string(100, 'x'));
    ASSERT_TRUE(life->put(payloads, attributes_of(summary)));
  }
  // Delivers all that waits.
  void deliver() {
    for (const auto& [sequence, payload] : life->take_all()) {
      life->acknowledge(sequence);
    }
    static_cast<void>(life->journal->step());
  }
  // Lets the ledger do all it can do now.
  void step(int turns = 20) {
    for (int i = 0; i < turns; ++i) {
      if (ledger->step() > life->clock.mono()) {
        return;
      }
    }
  }
  // The same, over as many retries as it may take.
  void step_on() {
    for (int i = 0; i < 20; ++i) {
      step();
      advance(Ledger::kRetry);
    }
  }
  [[nodiscard]] Report report(const std::vector<Axis>& by = {}) const {
    auto read = read_report(settings.directory, {.from = -1'000'000, .to = 10'000'000, .by = by});
    EXPECT_TRUE(read) << read.error().message;
    return read ? *read : Report{};
  }
  [[nodiscard]] std::string database() const { return settings.directory + "/" + kFileName; }
  [[nodiscard]] std::size_t set_aside() const {
    std::size_t count = 0;
    for (const std::string& name : test::names_in(settings.directory)) {
      count += name.find(".broken-") != std::string::npos && !name.ends_with("-wal") ? 1U : 0U;
    }
    return count;
  }

  test::TempDir folder;
  fs::FaultFileSystem fs;
  journal::Settings journal_settings = journal::small_settings();
  Settings settings;
  Duration since_start{0};
  std::unique_ptr<journal::Life> life;
  std::unique_ptr<Ledger> ledger;
};

}  // namespace respand::ledger
