#pragma once
// LineAcks: what a writer of lines that has asked for acks is still to be told: up to which line all is durable, which
// lines the journal had no room for, and the sequence numbers of records. io thread only.

#include <cstdint>
#include <deque>
#include <string>

#include "sockets/batching_producer.h"
#include "sockets/connection_state.h"

namespace respand::sockets {

class LineAcks {
 public:
  // The writer asks for acks; with `numbered` also for the sequence of each record.
  void begin(bool numbered) {
    asked_ = true;
    numbered_ = numbered;
  }
  [[nodiscard]] bool asked() const { return asked_; }
  // The journal has shut down: nothing more can be acknowledged.
  [[nodiscard]] bool stopped() const { return stopped_; }

  // So many more calls of committed() will come.
  void expect(std::uint64_t pending) { pending_ += asked_ ? pending : 0; }
  [[nodiscard]] bool pending() const { return pending_ > 0; }
  // The writer sends on although so much is not acknowledged: what it holds here is bounded. Only where an
  // acknowledgement means more than "durable" can so much wait.
  [[nodiscard]] bool far_ahead() const { return pending_ >= kMostPending; }
  void committed(const PendingAck& pending, journal::CommitResult outcome);
  // Appends the acks that are ready, as far as `out` has room. `lines`: how many were begun so far. `in_line`: the last
  // of them is still being worked on. `ended`: no more lines come, so a last {"durable":N} is due even if N is 0.
  void answer(std::string& out, std::uint64_t lines, bool in_line, bool ended);

  // Whether the next process could go on from here: nothing is in flight.
  [[nodiscard]] bool can_leave() const;
  void leave(ConnectionState& connection_state) const;
  void resume(const ConnectionState& connection_state);

 private:
  static constexpr std::uint64_t kMostPending = 1024;
  using Run = ConnectionState::Run;
  struct Numbers {
    std::uint64_t line = 0;
    Sequence sequence;
    std::uint32_t records = 0;
  };

  void note_full(const PendingAck& pending);

  bool asked_ = false;
  bool numbered_ = false;
  bool stopped_ = false;
  bool answered_ = false;
  std::uint64_t pending_ = 0;
  std::uint64_t committed_ = 0;     // so many lines from the first on are committed
  std::uint64_t told_ = 0;          // how many of them the peer was told of
  std::deque<Numbers> numbers_;     // of durable records, not told yet
  std::deque<Run> full_;            // lines that the journal refused, not told yet
  std::uint64_t full_through_ = 0;  // the last line noted in full_
};

}  // namespace respand::sockets
