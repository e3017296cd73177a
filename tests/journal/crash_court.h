#pragma once
// CrashCourt: opens a journal on a disk after a crash and judges what it holds: everything that was promised, nothing
// that was never offered, nothing twice, and correct counts. The same must hold when it is opened once more, when the
// recovery itself is cut, and after another run. One thread.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "journal/format.h"
#include "tests/journal/story.h"
#include "tests/support/fs/fault_choices.h"

namespace respand::journal {

// What a journal holds, as its workers see it.
struct Held {
  std::map<std::uint64_t, std::string> records;
  std::optional<Error> failure;
  Snapshot books;
  double damaged = 0;
  bool cut = false;  // the power failed while it was opened and read
};

inline Held look(fs::FaultFileSystem& fs, const Settings& settings) {
  const std::uint64_t hits = fs.faults_hit();
  auto life = std::make_unique<Life>(fs, settings);
  Held held;
  held.failure = life->failure;
  if (!life->failure) {
    held.records = life->take_all();
    held.books = life->journal->snapshot();
    held.damaged = dropped_counter(*life, "damaged");
  }
  held.cut = fs.faults_hit() > hits;
  kill_process(fs, std::move(life));
  return held;
}

class CrashCourt {
 public:
  CrashCourt(const Settings& settings, std::unordered_set<std::uint64_t>& seen, std::string where)
      : settings_(settings), seen_(seen), where_(std::move(where)) {}

  // Only the process dies: all that was written can be read, but no more of it is synced.
  void judge_kill(const fs::FaultFileSystem::Snapshot& before, const Story& story) {
    fs::FaultFileSystem fs(before);
    const std::uint64_t state = ~hash(fs, story);
    if (seen_.insert(state).second) {
      judge(fs, story, state);
    }
  }

  // Judges every state of this disk that may be left after the crash.
  void judge_all(const fs::FaultFileSystem::Snapshot& before, const Story& story) {
    fs::EveryChoice every;
    do {
      judge_one(before, story, every);
    } while (!testing::Test::HasFailure() && every.next());
  }

  // Judges `states` of them: the one with nothing that was not synced, the one with all of it, and mixtures.
  void judge_some(const fs::FaultFileSystem::Snapshot& before, const Story& story, std::uint64_t states) {
    Extreme nothing(false);
    judge_one(before, story, nothing);
    Extreme all(true);
    judge_one(before, story, all);
    fs::RandomChoices random(checksum(std::as_bytes(std::span(where_))));
    for (std::uint64_t i = 2; i < states && !testing::Test::HasFailure(); ++i) {
      judge_one(before, story, random);
    }
  }

 private:
  class Extreme final : public fs::Choices {
   public:
    explicit Extreme(bool last) : last_(last) {}
    [[nodiscard]] std::uint64_t choose(std::uint64_t ways) override { return last_ ? ways - 1 : 0; }

   private:
    const bool last_;
  };

  void judge_one(const fs::FaultFileSystem::Snapshot& before, const Story& story, fs::Choices& choices) {
    fs::FaultFileSystem fs(before);
    fs.crash(choices);
    const std::uint64_t state = hash(fs, story);
    if (seen_.insert(state).second) {
      judge(fs, story, state);
    }
  }

  static std::uint64_t hash(fs::FaultFileSystem& fs, const Story& story) {
    fs.set_content("/journal/lock", "1\n");  // the same in every process
    std::string all = cat(fs.fingerprint(), " ");
    for (const auto& [payload, told] : story.told()) {
      all.append({told.promised ? 'p' : '-', told.refused ? 'r' : '-', told.acked ? 's' : '-',
                  told.stopped_after ? 'q' : '-'});
    }
    return checksum(std::as_bytes(std::span(all)));
  }

  void judge(fs::FaultFileSystem& fs, const Story& story, std::uint64_t state) {
    const auto disk = fs.snapshot();
    const Held held = look(fs, settings_);
    check(held, story, "recovered");
    // What a start has shown must also be there if the power fails right after that.
    if (settings_.sync != Sync::kNever) {
      Extreme nothing(false);
      fs.crash(nothing);
    }
    const Held again = look(fs, settings_);
    check(again, story, "recovered once more");
    if (!std::includes(again.records.begin(), again.records.end(), held.records.begin(), held.records.end())) {
      blame("another start finds less than", held);
    }
    if (state % 8 == 0) {
      cut_recovery(disk, story, state);
    }
  }

  // Cuts the recovery after each of its calls as well.
  void cut_recovery(const fs::FaultFileSystem::Snapshot& disk, const Story& story, std::uint64_t state) {
    fs::RandomChoices choices(state);
    for (std::uint64_t call = 1;; ++call) {
      fs::FaultFileSystem fs(disk);
      fs.power_off_at(call);
      if (!look(fs, settings_).cut) {
        return;
      }
      fs.crash(choices);
      check(look(fs, settings_), story, "recovered after a cut in the recovery");
    }
  }

  void check(const Held& held, const Story& story, std::string_view when) {
    if (held.failure) {
      return blame(cat(when, ": can't be opened: ", held.failure->message), held);
    }
    std::map<std::string, int> found;
    std::uint64_t bytes = 0;
    for (const auto& [sequence, payload] : held.records) {
      bytes += payload.size();
      const auto told = story.told().find(payload);
      if (told == story.told().end()) {
        return blame(cat(when, ": invented or altered: ", payload.substr(0, 20)), held);
      }
      if (++found[payload] > 1) {
        return blame(cat(when, ": twice: ", payload.substr(0, 20)), held);
      }
      if (told->second.refused || told->second.stopped_after) {
        return blame(cat(when, ": refused or acknowledged before: ", payload.substr(0, 20)), held);
      }
    }
    std::uint64_t missing = 0;
    for (const auto& [payload, told] : story.told()) {
      missing += told.promised && !told.acked && !found.contains(payload) ? 1U : 0U;
    }
    if (missing > story.dropped()) {
      return blame(cat(when, ": lost: ", missing, ", dropped: ", story.dropped()), held);
    }
    if (held.books.backlog_records != held.records.size()) {
      return blame(cat(when, ": backlog_records is ", held.books.backlog_records), held);
    }
    if (settings_.sync == Sync::kAlways && (held.damaged != 0 || held.books.backlog_bytes != bytes)) {
      return blame(cat(when, ": damaged ", static_cast<std::uint64_t>(held.damaged), ", backlog_bytes ",
                       held.books.backlog_bytes, " for ", bytes),
                   held);
    }
  }

  void blame(const std::string& what, const Held& held) {
    std::string list;
    for (const auto& [sequence, payload] : held.records) {
      list.append(cat(" ", sequence, "=", payload.substr(0, 10)));
    }
    ADD_FAILURE() << where_ << ": " << what << "; holds" << list;
  }

  const Settings settings_;
  std::unordered_set<std::uint64_t>& seen_;
  const std::string where_;
};

}  // namespace respand::journal
