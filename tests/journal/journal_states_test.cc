// Every state of the disk, for every short word of operations: the power is cut after each file-system call, the disk
// takes each state that the model in daemon/fs/fault_file_system.h allows, and the journal that is opened on it must
// hold what was promised, nothing that was never offered, nothing twice, and honest books; the same when it is opened
// once more, when the recovery itself is cut, and after another life. Prints how many states it has seen.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <unordered_set>

#include "fs/fault_choices.h"
#include "journal/format.h"
#include "tests/journal/story.h"

namespace respand::journal {
namespace {

// Letters of the words, and where they begin: an empty folder; a backlog; settled and recycled segments; a full
// journal.
constexpr std::string_view kLetters = "apBsSkrx";
constexpr std::string_view kBeginnings[] = {"", "ap", "BsaSk", "BBsssaB", "BBB"};

// RESPAND_STATES=N: words of N letters behind each beginning.
std::size_t letters() {
  const char* wanted = std::getenv("RESPAND_STATES");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  const std::size_t usual = 1;
#else
  const std::size_t usual = 1;
#endif
  return wanted == nullptr ? usual : std::strtoull(wanted, nullptr, 10);
}

struct Setting {
  Sync sync;
  WhenFull when_full;
};

std::string name_of(const Setting& setting) {
  static constexpr std::string_view kSyncs[] = {"Always", "Interval", "Never"};
  static constexpr std::string_view kPolicies[] = {"Block", "Reject", "DropOldest"};
  return cat(kSyncs[static_cast<std::size_t>(setting.sync)], kPolicies[static_cast<std::size_t>(setting.when_full)]);
}

// What a journal holds, as its workers see it.
struct Held {
  std::map<std::uint64_t, std::string> records;
  std::optional<Error> failure;
  Snapshot books;
  double damaged = 0;
  bool cut = false;  // the power went while it was opened and read
};

Held look(fs::FaultFileSystem& fs, const Settings& settings) {
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

class Court {
 public:
  Court(const Settings& settings, std::unordered_set<std::uint64_t>& seen, std::string where)
      : settings_(settings), seen_(seen), where_(std::move(where)) {}

  // Everything that may be left of this disk.
  void judge_all(const fs::FaultFileSystem::Snapshot& before, const Story& story) {
    fs::EveryChoice every;
    do {
      fs::FaultFileSystem fs(before);
      fs.crash(every);
      const std::uint64_t state = hash(fs, story);
      if (seen_.insert(state).second) {
        judge(fs, story, state);
      }
    } while (!testing::Test::HasFailure() && every.next());
  }

 private:
  static std::uint64_t hash(const fs::FaultFileSystem& fs, const Story& story) {
    std::string all = cat(fs.fingerprint(), " ");
    for (const auto& [payload, told] : story.told()) {
      all.append({told.promised ? 'p' : '-', told.refused ? 'r' : '-', told.settled ? 's' : '-',
                  told.stopped_after ? 'q' : '-'});
    }
    return checksum(std::as_bytes(std::span(all)));
  }

  void judge(fs::FaultFileSystem& fs, const Story& story, std::uint64_t state) {
    const auto disk = fs.snapshot();
    const Held held = look(fs, settings_);
    check(held, story, "recovered");
    const Held again = look(fs, settings_);
    if (again.records != held.records || again.books.backlog_bytes != held.books.backlog_bytes) {
      blame("another start finds something else", held);
    }
    if (state % 8 == 0) {
      cut_recovery(disk, story, state);
    }
  }

  // The recovery is cut after each of its calls, too.
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
        return blame(cat(when, ": refused or settled before: ", payload.substr(0, 20)), held);
      }
    }
    std::uint64_t missing = 0;
    for (const auto& [payload, told] : story.told()) {
      missing += told.promised && !told.settled && !found.contains(payload) ? 1U : 0U;
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

// Runs the word's last letter up to each of its calls, and judges all that can be left. Returns how many cuts.
std::uint64_t cut_last_letter(const Settings& settings, const std::string& word,
                              std::unordered_set<std::uint64_t>& seen) {
  for (std::uint64_t call = 1;; ++call) {
    fs::FaultFileSystem fs(7);
    fs.set_content("/journal/lock", cat(::getpid(), "\n"));  // one thing less that may or may not be there
    Story story(fs, settings);
    story.tell(std::string_view(word).substr(0, word.size() - 1));
    fs.power_off_at(call);
    story.tell(std::string_view(word).substr(word.size() - 1));
    Court(settings, seen, cat("word ", word, ", call ", call)).judge_all(fs.snapshot(), story);
    if (fs.faults_hit() == 0 || testing::Test::HasFailure()) {
      return call;
    }
  }
}

class JournalStates : public testing::TestWithParam<Setting> {};

TEST_P(JournalStates, EveryWordEveryCallEveryState) {
  const Settings settings = Story::settings(GetParam().sync, GetParam().when_full);
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t cuts = 0;
  std::uint64_t words = 0;
  std::vector<std::string> longer(std::begin(kBeginnings), std::end(kBeginnings));
  for (std::size_t length = 1; length <= letters(); ++length) {
    std::vector<std::string> next;
    for (const std::string& word : longer) {
      for (const char letter : kLetters) {
        next.push_back(word + letter);
        cuts += cut_last_letter(settings, next.back(), seen);
        ++words;
        ASSERT_FALSE(HasFailure());
      }
    }
    longer = std::move(next);
  }
  std::printf("%s: %llu words, cut at %llu calls, %zu distinct states checked\n", name_of(GetParam()).c_str(),
              static_cast<unsigned long long>(words), static_cast<unsigned long long>(cuts), seen.size());
  std::fflush(stdout);
}

INSTANTIATE_TEST_SUITE_P(
    All, JournalStates,
    testing::Values(Setting{Sync::kAlways, WhenFull::kBlock}, Setting{Sync::kAlways, WhenFull::kReject},
                    Setting{Sync::kAlways, WhenFull::kDropOldest}, Setting{Sync::kInterval, WhenFull::kBlock},
                    Setting{Sync::kInterval, WhenFull::kReject}, Setting{Sync::kInterval, WhenFull::kDropOldest},
                    Setting{Sync::kNever, WhenFull::kBlock}, Setting{Sync::kNever, WhenFull::kReject},
                    Setting{Sync::kNever, WhenFull::kDropOldest}),
    [](const auto& param_info) { return name_of(param_info.param); });

}  // namespace
}  // namespace respand::journal
