#pragma once
// send_records(): the writer's side of the line protocol with acks (docs/protocol.md). It sends the records of files to
// a running daemon and waits until all are acknowledged. Used by `respand send`. One thread. Memory is bounded by
// kOutLimit, one element, kMaxRuns and kMostKept.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::cli {

struct SendReport {
  enum class End : std::uint8_t {
    kAnswered,  // each line that was sent got its answer
    kWentAway,  // the connection ended before that
    kStranger,  // the answers are not respand's
    kTimeout,   // the deadline has passed
  };
  End end = End::kAnswered;
  std::uint64_t sent = 0;        // lines
  std::uint64_t answered = 0;    // lines the daemon has answered for; refused ones included
  std::uint64_t refused = 0;     // by the daemon
  std::uint64_t full = 0;        // of these, because the journal is full
  std::uint64_t unsendable = 0;  // not sent: what is no record, and files that can't be read
  [[nodiscard]] std::uint64_t durable() const { return answered < refused ? 0 : answered - refused; }
};

struct SendEvents {
  // `line` from 1; 0: the file as a whole.
  std::function<void(const std::string& file, std::uint64_t line, std::string_view why)> refused;
  std::function<void(const SendReport& so_far)> progress;  // called often; the callee decides what to show
  std::function<void()> waits;                             // once, when lines have waited long for their answer
  // With SendOptions::sequences: a record is durable, with its number in the journal.
  std::function<void(const std::string& file, std::uint64_t line, Sequence)> numbered = nullptr;
  std::function<void()> again = nullptr;  // the daemon went away, and the rest is sent to the next one
};

struct SendOptions {
  bool sequences = false;  // ask for the sequences of the records too
  // Called when the daemon goes away: waits for the next one, which is then sent the lines without an answer. It
  // returns none where waiting any longer is of no use. An empty function: there is no other try.
  std::function<std::optional<UniqueFd>()> reconnect = nullptr;
  MonoTime deadline = MonoTime::max();
};

// A stream socket connected to the daemon. kUnavailable, kNotFound: no daemon listens; kPermission: not for this user.
[[nodiscard]] Result<UniqueFd> connect_to_daemon(const std::string& path);

// Sends the records of `files` ("-": stdin). Returns when all are acknowledged, or no further one will be.
[[nodiscard]] SendReport send_records(UniqueFd socket, const std::vector<std::string>& files, const SendEvents& events,
                                      const SendOptions& options = {});

}  // namespace respand::cli
