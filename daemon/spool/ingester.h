#pragma once
// Ingester: opens the files whose turn it is, proves that those of which records were taken still hold them, reads
// them, and hands their records on; what is refused is put aside. A file that was removed while somebody had it open
// stays open for a moment, and is read on if that writer has written more. Spool thread.

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <vector>

#include "spool/batches.h"
#include "spool/line_encoder.h"
#include "spool/shared.h"

namespace respand::spool {

class Ingester {
 public:
  // All are borrowed.
  Ingester(Shared& shared, Batches& batches, LineEncoder& encoder)
      : shared_(shared), batches_(batches), encoder_(encoder) {}

  // Reads until there is nothing to read, no room, or enough was done for one step; true in the last case.
  [[nodiscard]] bool take(MonoTime now);
  // When there is something to do again, if no notice comes before.
  [[nodiscard]] MonoTime next_wake() const;

  // The file had to give way to large ones: it is read when there is a place among them.
  void put_off(const SpoolFile& file) { put_off_.insert(file.name); }
  // Queues one of those files, where a place has become free.
  void call_put_off(MonoTime now);

  // The file has no name any more. It is kept open until then, and closed if nobody has written to it.
  void keep_open(SpoolFile& file, MonoTime until);
  // Closes those whose time has come, and begins to read one that was written to.
  void look_at_unlinked(MonoTime now);

 private:
  // Which file is read now.
  [[nodiscard]] bool next_turn(MonoTime now);
  void end_turn();
  [[nodiscard]] bool open_next(MonoTime now);
  [[nodiscard]] bool ready(const SpoolQueue::Due& due, MonoTime now);
  [[nodiscard]] bool open_file(const SpoolQueue::Due& due, MonoTime now);
  [[nodiscard]] bool begin_file(const SpoolQueue::Due& due, SpoolOpened opened, MonoTime now);
  [[nodiscard]] bool held_back(SpoolFile& file, const SpoolStamp& stamp, MonoTime now);
  void begin_reading(SpoolFile& file);
  void read_from_start(SpoolFile& file);

  // From one file to records.
  [[nodiscard]] std::uint64_t advance(MonoTime now);
  void take_event(SpoolFile& file, SpoolReader::Event event, MonoTime now);
  void prove_event(SpoolFile& file, SpoolReader::Event event, MonoTime now);
  void take_record(SpoolFile& file, MonoTime now);
  void refuse(SpoolFile& file, const record::Refusal& refusal, MonoTime now);
  void keep_raw(SpoolFile& file, const SpoolReader::Raw& raw, MonoTime now);
  void end_file(SpoolFile& file, MonoTime now);
  void failed(SpoolFile& file, int os_error_number, MonoTime now);
  void again(SpoolFile& file, Duration delay);
  void let_go(SpoolFile& file);

  Shared& shared_;
  Batches& batches_;
  LineEncoder& encoder_;
  SpoolFile* active_ = nullptr;       // the one whose turn it is to be read
  std::uint64_t turn_ = 0;            // bytes read of it in this turn
  bool turn_of_large_ = false;        // it has had a turn before
  std::deque<SpoolFile*> large_;      // the others that are being read: each has had a turn
  std::set<std::string> put_off_;     // names of those that had to give way to them
  std::uint64_t new_work_ = 0;        // bytes read of files in their first turn, since the last turn of a large one
  std::vector<SpoolFile*> unlinked_;  // removed, and still held open
};

}  // namespace respand::spool
