#pragma once
// A spool over the file system in memory, whose calls fail on demand and whose power goes: files of every sort, the
// journal's part played by FakeJournal, and what must hold in the end however the calls went. One thread.

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/log.h"
#include "spool/name.h"
#include "tests/spool/support.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::spool {

class FaultWorld {
 public:
  static constexpr std::string_view kFolder = "/spool";
  static constexpr std::uint64_t kLongRecords = 150;  // of two kilobytes each: more than one batch

  // What lies in the spool at first, synced by who wrote it.
  struct Input {
    std::string name;
    std::string content;
    std::vector<std::string> records;  // the good ones
    std::string refused;               // what has to lie in rejected/ in the end; empty: nothing
  };

  // Of all files that inputs() lists, or of those alone.
  explicit FaultWorld(const std::set<std::string>& only = {}) {
    std::copy_if(inputs().begin(), inputs().end(), std::back_inserter(inputs_),
                 [&](const Input& input) { return only.empty() || only.contains(input.name); });
    log::set_level(log::Level::kError);  // That memory can't be watched is said at each start.
    settings_.directory = kFolder;
    settings_.encoder.additions = {.timestamp = false, .custom_identifier = false};
    EXPECT_TRUE(fs_.make_directories(std::string(kFolder)));
    for (const Input& input : inputs_) {
      fs_.set_content(path(input.name), input.content);
    }
  }

  static const std::vector<Input>& inputs() {
    static const std::vector<Input> all = make_inputs();
    return all;
  }

  [[nodiscard]] fs::FaultFileSystem& fs() { return fs_; }
  [[nodiscard]] FakeJournal& journal() { return journal_; }

  // A life begins. Where the directory can't be opened the spool tries again by itself.
  void start() {
    spool_ = std::make_unique<Spool>(settings_, fs_, journal_, journal_, journal_, registry_, clock_);
    static_cast<void>(spool_->open());
  }
  // kill -9: the first `written` of the batches on their way had reached the journal's disk, and nobody was told.
  void kill(std::size_t written) {
    journal_.crash(written);
    fs_.crash_keeping_all();  // before the destructors, which a killed process does not run
    spool_.reset();
  }
  // The power goes and comes again.
  template <typename Chance>
  void cut_power(std::size_t written, Chance& chance) {
    journal_.crash(written);
    fs_.crash(chance);
    spool_.reset();
  }

  // Steps and commits so many batches, or until nothing moves at this time; false where a call failed meanwhile and
  // `until_fault` is set.
  bool run(std::size_t batches, bool until_fault = false) {
    const std::uint64_t faults = fs_.faults_hit();
    for (int idle = 0, turns = 0; idle < 2; ++turns) {
      EXPECT_LT(turns, 10'000) << "it never comes to rest";
      if (turns >= 10'000) {
        return true;
      }
      const bool rests = spool_->step() > clock_.mono();
      if (until_fault && fs_.faults_hit() > faults) {
        return false;
      }
      const bool committed = batches > 0 && journal_.commit_one();
      batches -= committed ? 1 : 0;
      idle = rests && !committed ? idle + 1 : 0;
    }
    return true;
  }
  // The same with time enough for every wait of the spool.
  bool run_long(bool until_fault = false) {
    for (const Duration wait : {Duration{0}, Duration{kOpenInterval}, Duration{kScanInterval}, Duration{kIssueInterval},
                                Duration{kLongInterval}, Duration{kScanInterval}}) {
      clock_.advance(wait);
      if (!run(~std::size_t{0}, until_fault)) {
        return false;
      }
    }
    return true;
  }

  // What must hold at any time: nothing is in the journal twice or of nobody's, and of a file that is gone all is
  // there.
  void check_always() const {
    const auto counts = tally(journal_);
    for (const auto& [record, times] : counts) {
      EXPECT_EQ(times, 1) << "taken twice: " << record.substr(0, 20);
    }
    for (const Input& input : inputs_) {
      if (!in_spool(input.name)) {
        for (const std::string& record : input.records) {
          ASSERT_TRUE(counts.contains(record)) << "lost: " << record.substr(0, 20) << " of " << input.name;
        }
        EXPECT_TRUE(is_kept(input)) << "what was refused of " << input.name << " is lost";
      }
    }
  }
  // Where files stay, somebody is told why.
  void check_said() const {
    const bool waits =
        std::any_of(inputs_.begin(), inputs_.end(), [&](const Input& input) { return in_spool(input.name); });
    const SpoolWaiters& waiting = spool_->state().waiting;
    if (waits) {
      EXPECT_TRUE(spool_->current_issue().fault != SpoolFault::kNone ||
                  waiting.files() > waiting[SpoolWait::kQueued].files)
          << "files stay, and nobody says why";
    }
  }
  // When no call fails any more: everything was taken, once, and nothing is left to be done.
  void check_finished() const {
    check_always();
    const auto counts = tally(journal_);
    for (const Input& input : inputs_) {
      EXPECT_FALSE(in_spool(input.name)) << input.name << " stays";
      for (const std::string& record : input.records) {
        ASSERT_TRUE(counts.contains(record)) << "not taken: " << record.substr(0, 20);
      }
    }
    EXPECT_EQ(counts.size(), journal_.disk().size());
    EXPECT_EQ(spool_->state().waiting.files(), 0U) << spool_->state().waiting.text();
    EXPECT_EQ(journal_.floor(), journal_.durable_end()) << "evidence is held for nothing";
    for (const std::string& file : fs_.files()) {
      EXPECT_FALSE(file.ends_with(".ndjson") && file.find("/.respand-") != std::string::npos)
          << "left behind: " << file;
    }
  }

 private:
  static std::string record(std::string_view of, std::uint64_t i) { return cat("{\"", of, "\":", i, "}"); }
  static Input lines(std::string name, std::uint64_t count, std::string_view bad = {}) {
    Input input{std::move(name), {}, {}, std::string(bad)};
    for (std::uint64_t i = 0; i < count; ++i) {
      input.records.push_back(record(input.name, i));
      input.content += input.records.back() + "\n";
      input.content += i == 0 ? bad : "";
    }
    return input;
  }
  static std::vector<Input> make_inputs() {
    std::vector<Input> all;
    all.push_back(lines("plain.ndjson", 2));
    all.push_back(lines("refused.ndjson", 2, "not json\n"));
    all.push_back(lines("respand-replay-1.ndjson", 2));
    all.push_back(lines("zstd.ndjson.zst", 2));
    all.back().content = zstandard(all.back().content);
    // Of a packed file the file itself is kept.
    all.push_back(lines("refused.ndjson.gz", 2, "not json\n"));
    all.back().content = all.back().refused = gzipped(all.back().content);
    all.push_back({"array.json", "", {record("array", 0), record("array", 1)}, ""});
    all.back().content = cat("[", all.back().records[0], ",", all.back().records[1], "]");
    Input large{"large.ndjson", {}, {}, "bad\n"};
    for (std::uint64_t i = 0; i < kLongRecords; ++i) {
      large.records.push_back(cat("{\"n\":", i, ",\"s\":\"", std::string(2000, 's'), "\"}"));
      large.content += large.records.back() + (i == 100 ? "\nbad\n" : "\n");
    }
    all.push_back(std::move(large));
    return all;
  }

  static std::string path(std::string_view name) { return cat(kFolder, "/", name); }
  // Under its own name or the spool's.
  [[nodiscard]] bool in_spool(std::string_view name) const {
    const auto files = fs_.files();
    return std::any_of(files.begin(), files.end(), [&](const std::string& file) {
      const std::string prefix = path("");
      return file.starts_with(prefix) && writers_name(std::string_view(file).substr(prefix.size())) == name;
    });
  }
  // Its refused bytes are in rejected/ under a name that begins with its own, with their reasons.
  [[nodiscard]] bool is_kept(const Input& input) const {
    const auto files = fs_.files();
    return input.refused.empty() || std::any_of(files.begin(), files.end(), [&](const std::string& file) {
             return file.starts_with(path(cat(kRejectedFolder, "/", input.name))) &&
                    !file.ends_with(SpoolRejected::kErrors) && fs_.content(file) == input.refused &&
                    fs_.exists(cat(file, SpoolRejected::kErrors));
           });
  }

  std::vector<Input> inputs_;
  fs::FaultFileSystem fs_;
  ManualClock clock_{system_clock().wall()};
  metrics::Registry registry_;
  FakeJournal journal_;
  Spool::Settings settings_;
  std::unique_ptr<Spool> spool_;
};

}  // namespace respand::spool
