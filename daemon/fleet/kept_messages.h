#pragma once
// KeptMessages: what the stream has acknowledged and no relay is known to have taken, as it was published, in case the
// cluster loses it; how much of it is kept, and whether something is missing. Where the disk refuses, publishing goes
// on without. The edge's thread.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/edge_counters.h"
#include "fleet/kept_files.h"
#include "fleet/state_file.h"
#include "fleet/taken_marks.h"
#include "respand/base/clock.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"
#include "respand/nats/jetstream.h"

namespace respand::fleet {

class KeptMessages {
 public:
  // After a failure the disk is left alone so long; messages are not kept meanwhile.
  static constexpr Duration kAgain = std::chrono::seconds{10};

  // nats.keep; 0 of either: nothing is kept.
  struct Limits {
    Duration age{0};
    std::uint64_t size = 0;
    [[nodiscard]] bool keeps() const { return age > Duration{0} && size > 0; }
  };

  // `folder` is the edge's. `published_before`: the stream has messages of this edge that were perhaps not kept. All
  // else is borrowed.
  KeptMessages(const Limits& limits, const std::string& folder, bool published_before, fs::FileSystem& fs,
               const EdgeCounters& counters, const Clock& clock);

  // Keeps a message that the stream has acknowledged under this sequence. `late`: it was published before a loss of the
  // stream was seen, so that it may be lost with it.
  void append(const KeptMessage& kept, std::uint64_t sequence, bool late);
  // What STREAM.INFO says, asked since the last loss: messages that left the stream are with a relay. Removes what need
  // not be kept any more. `at_rest`: no kept message waits to be published again.
  void look_at(const nats::StreamInfo& info, bool at_rest);
  // A kept message was published again, and has this sequence now.
  void acknowledged(std::uint64_t sequence) { marks_.acknowledged(sequence); }
  // The stream was lost: sequences that were noted before mean nothing.
  void forget_sequences() { marks_.clear(); }

  // Behind the last message; and behind the last one that may be lost although the loss was seen before.
  [[nodiscard]] KeptPlace end() const { return files_.end(); }
  [[nodiscard]] KeptPlace late_end() const { return late_end_; }
  // All before this is with relays.
  [[nodiscard]] KeptPlace taken() const { return taken_; }
  // Whether everything behind taken() is there.
  [[nodiscard]] bool whole() const { return loaded_ && gap_ <= taken_; }
  [[nodiscard]] const KeptFiles& files() const { return files_; }
  // Messages that were not kept since the start, because the disk refused.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  [[nodiscard]] bool load();
  void read_state();
  [[nodiscard]] bool make_room(std::uint64_t size);
  void begin_file_if_due();
  void refuse(std::string_view why);
  void remove_taken();
  void remove_old();
  void remove_first();
  void save();

  const Limits limits_;
  const bool published_before_;
  const EdgeCounters& counters_;
  const Clock& clock_;
  KeptFiles files_;
  StateFile state_;
  TakenMarks marks_;
  bool loaded_ = false;  // what the run before has left is known
  KeptPlace taken_;
  KeptPlace gap_;  // before this a message is missing
  KeptPlace late_end_;
  MonoTime again_at_ = MonoTime::min();
  bool refuses_ = false;
  bool unsaved_ = false;
  std::uint64_t refused_ = 0;
};

}  // namespace respand::fleet
