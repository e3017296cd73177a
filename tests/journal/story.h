#pragma once
// Story: runs of a journal on a FaultFileSystem, written as a word with one letter for each operation, and what writers
// and workers know of them: which records were offered, promised, refused and acknowledged. Such words can be
// enumerated, printed when they fail, and committed. One thread; time stands still unless a letter moves it.
//
//   a  a small record               B  a record that fills its segment
//   p  two records over a sector's edge, in one batch
//   s  takes all, acknowledges the oldest open record; S  the youngest
//   k  time passes: the cursor is saved, journal.sync_interval is over
//   x  kill -9 and start            r  clean stop and start
//   h  holds what comes for the spool (RetentionPin::hold); f  forgets it (keep_from)

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/acknowledgements.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {

// A record as its writer knows it.
struct Told {
  std::uint64_t number = 0;  // in the order of offering
  bool acknowledged = false;
  bool promised = false;  // to survive a power cut, as journal.sync promises
  bool refused = false;
  bool acked = false;
  bool stopped_after = false;  // acknowledged, and a clean stop since: never sent again
};

class Story {
 public:
  static constexpr std::size_t kSegment = 2048;
  // More than the records of any word, so the ring is never full. Where most of the time goes into starts, the usual
  // number takes a third of it.
  static constexpr std::size_t kReferences = 256;

  static Settings settings(Sync sync = Sync::kAlways, WhenFull when_full = WhenFull::kBlock, std::size_t files = 3) {
    Settings settings;
    settings.directory = "/journal";
    settings.segment_size = Bytes{kSegment};
    settings.max_size = Bytes{files * kSegment};
    settings.sync = sync;
    settings.when_full = when_full;
    settings.references = kFewReferences;
    return settings;
  }

  // What a fault of the file system stands for: a power cut, or an error that the journal has to survive.
  enum class Faults : std::uint8_t { kEndThePower, kAreLivedWith };

  Story(fs::FaultFileSystem& fs, const Settings& settings, Faults faults = Faults::kEndThePower)
      : fs_(fs), settings_(settings), faults_(faults) {}

  // Runs the word until it ends or the power fails.
  void tell(std::string_view word) {
    for (const char letter : word) {
      if (start()) {
        act(letter);
      } else if (faults_ == Faults::kEndThePower) {
        return;
      }
    }
  }

  [[nodiscard]] const std::map<std::string, Told>& told() const { return told_; }
  // Records that the policy drop_oldest has dropped; always the oldest.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_before_ + dropped_now("journal_full"); }
  [[nodiscard]] bool power() const { return faults_ == Faults::kAreLivedWith || fs_.faults_hit() == hits_; }
  // Batches whose writers have no answer yet.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] Snapshot snapshot() const { return life_ ? life_->journal->snapshot() : Snapshot{}; }
  [[nodiscard]] double damaged() const { return life_ ? dropped_counter(*life_, "damaged") : 0; }
  // The process dies; what it knew goes with it.
  void die() {
    dropped_before_ = dropped();
    open_.clear();
    unread_.clear();
    waiting_.clear();
    heard_ = 0;
    kill_process(fs_, std::move(life_));
  }

 private:
  bool start() {
    if (!life_) {
      hits_ = fs_.faults_hit();
      life_ = std::make_unique<Life>(fs_, settings_, Sequence{~0ULL});
      if (life_->journal) {
        life_->journal->reader().give_fresh(settings_.references < kReferences);
      }
      if (life_->failure) {
        life_.reset();
        if (faults_ == Faults::kAreLivedWith) {
          fs_.crash_keeping_all();  // that process has ended; the next one finds the disk well
        }
      }
    }
    return life_ && power();
  }

  void act(char letter) {
    switch (letter) {
      case 'a':
        return put({payload(100)});
      case 'p':
        return put({payload(300), payload(250)});
      case 'B':
        return put({payload(1800)});
      case 's':
      case 'S':
        return acknowledge(letter == 's');
      case 'k':
        for (int second = 0; second < 2; ++second) {
          life_->clock.advance(Acknowledgements::kCursorDelay);
          run();
        }
        collect();
        return promise(Sync::kInterval);
      case 'r':
        life_->journal->stop();
        collect();
        promise(Sync::kInterval);
        if (power()) {
          for (auto& [payload, told] : told_) {
            told.stopped_after = told.acked;
          }
          die();
        }
        return;
      case 'x':
        return die();
      case 'h':
        static_cast<void>(life_->journal->retention().hold());
        return;
      case 'f':
        return life_->journal->retention().keep_from(Sequence{~0ULL});
      default:
        std::abort();
    }
  }

  std::string payload(std::size_t size) {
    const std::uint64_t number = told_.size() + 1;
    std::string text = cat("record ", number, " ");
    text.resize(size, static_cast<char>('a' + number % 26));
    told_[text].number = number;
    return text;
  }

  void put(const std::vector<std::string>& payloads) {
    waiting_.push_back(payloads);
    life_->offer(payloads);
    run();
    collect();
  }

  // The journal's turns until it wants to wait.
  void run() {
    for (int turn = 0; turn < 50 && life_->journal->step() <= life_->clock.mono(); ++turn) {
    }
  }

  // What the journal has said since the last look, batch by batch in their order.
  void collect() {
    for (; heard_ < life_->producer.outcomes.size(); ++heard_) {
      for (const std::string& payload : waiting_.front()) {
        Told& told = told_[payload];
        told.acknowledged = life_->producer.outcomes[heard_] == CommitResult::kDurable;
        told.refused = !told.acknowledged && power();
      }
      waiting_.pop_front();
    }
    promise(Sync::kAlways);
  }

  void promise(Sync at_least) {
    if (settings_.sync <= at_least && power()) {
      for (auto& [payload, told] : told_) {
        told.promised |= told.acknowledged;
      }
    }
  }

  void acknowledge(bool oldest) {
    take();
    if (!open_.empty()) {
      const auto record = oldest ? open_.begin() : std::prev(open_.end());
      told_[record->second].acked = true;
      life_->acknowledge(record->first);
      open_.erase(record);
    }
    run();
    collect();
  }

  // Takes records like a worker: a record that can't be read now is read later.
  void take() {
    run();
    for (Ref ref; life_->journal->reader().take(ref) || life_->journal->reader().take_fresh(ref);) {
      unread_.push_back(std::move(ref));
    }
    std::vector<Ref> left;
    for (const Ref& ref : unread_) {
      std::string payload;
      const Status read = life_->journal->reader().read(ref, payload);
      if (read) {
        life_->lengths[ref.sequence.value] = ref.length;
        open_[ref.sequence.value] = payload;
      } else if (read.error().code == ErrorCode::kCorrupt) {
        life_->journal->reader().lost(ref, "test");
      } else if (read.error().code != ErrorCode::kNotFound) {
        left.push_back(ref);
      }
    }
    unread_ = std::move(left);
  }

  [[nodiscard]] std::uint64_t dropped_now(std::string_view reason) const {
    return life_ ? static_cast<std::uint64_t>(dropped_counter(*life_, reason)) : 0;
  }

  fs::FaultFileSystem& fs_;
  const Settings settings_;
  const Faults faults_;
  std::map<std::string, Told> told_;
  std::uint64_t dropped_before_ = 0;
  std::uint64_t hits_ = 0;
  std::unique_ptr<Life> life_;
  std::map<std::uint64_t, std::string> open_;  // taken and not acknowledged
  std::vector<Ref> unread_;
  std::deque<std::vector<std::string>> waiting_;
  std::size_t heard_ = 0;
};

}  // namespace respand::journal
