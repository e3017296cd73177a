#pragma once
// BatchSource: takes references from the journal, of all ways of delivery, and puts them together into the batches of
// an edge: up to so many records and bytes, or what came within `linger`. After a start the batches that were published
// before keep their borders, as far as their records are still open. The edge's thread.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "fleet/sequence_set.h"
#include "respand/base/units.h"
#include "respand/journal/reader.h"

namespace respand::fleet {

class BatchSource {
 public:
  struct Settings {
    std::uint32_t max_records = 500;
    std::size_t max_bytes = 512 * 1024;  // of attributes, payloads and their heads; a larger record goes alone
    Duration linger = std::chrono::milliseconds{20};
  };
  using Group = std::vector<journal::Ref>;
  // Which batches are wanted: only full ones; those too whose records have lingered; or what was gathered, at once.
  enum class Wanted : std::uint8_t { kFull, kDue, kAll };
  // How long records of batches that were published before are waited for after a start. The journal reads them back
  // first, within milliseconds; a record that can't be found must not hold up the others.
  static constexpr Duration kPatience = std::chrono::seconds{10};

  // `journal` is borrowed. `planned`: batches of the run before; `is_open`: whether a record is not acknowledged.
  BatchSource(const Settings& settings, journal::JournalReader& journal, const std::vector<SequenceSet>& planned,
              const std::function<bool(Sequence)>& is_open, MonoTime now);

  // The records of the next batch, in order; empty: there is none of those wanted.
  [[nodiscard]] Group next(MonoTime now, Wanted wanted);
  // The record can't be read now: it comes again at `due`.
  void put_back(journal::Ref ref, MonoTime due);
  // When next() may give a batch although nothing comes in; MonoTime::max(): never.
  [[nodiscard]] MonoTime due(Wanted wanted) const;
  // Whether the journal is to wake the owner for more: nothing is gathered whose time will come anyhow.
  [[nodiscard]] bool awaits_more() const { return gathered_.empty() && !spare_; }
  // Looks into the journal once more, after the bell was armed. True where something is at hand.
  [[nodiscard]] bool look();
  // Records that were taken and not given out.
  [[nodiscard]] std::size_t held() const;

 private:
  struct Planned {
    SequenceSet sequences;
    std::uint64_t missing = 0;
    Group records;
  };
  struct PutBack {
    journal::Ref ref;
    MonoTime due;
  };

  [[nodiscard]] bool take(journal::Ref& out, MonoTime now);
  [[nodiscard]] bool take_from_journal(journal::Ref& out);
  [[nodiscard]] bool take_planned(journal::Ref& ref);
  void give_up_plans();
  [[nodiscard]] Group give(Group& group);

  const Settings settings_;
  journal::JournalReader& journal_;
  std::vector<Planned> planned_;
  MonoTime plans_until_;
  std::deque<Group> complete_;     // planned batches with all their records
  std::deque<journal::Ref> left_;  // of plans that were given up
  std::deque<PutBack> put_back_;
  std::optional<journal::Ref> spare_;  // taken, but without room in the last batch
  std::size_t way_ = 0;                // which way is asked first: no way waits for another
  std::size_t run_ = 0;                // records in a row that it gave
  Group gathered_;
  std::size_t gathered_bytes_ = 0;
  MonoTime gathered_since_{};
};

}  // namespace respand::fleet
