#pragma once
// The writer's side of the line protocol with acks (docs/protocol.md): sends the records of files to a running
// daemon and waits until all are acknowledged. Used by `respand send`. One thread, no state outside; memory is bounded
// by kOutLimit, one element, and kMaxRuns.

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
    kWentAway,  // the connection ended before
    kStranger,  // what answers is not respand
    kTimeout,   // the deadline has come
  };
  End end = End::kAnswered;
  std::uint64_t sent = 0;        // lines
  std::uint64_t answered = 0;    // lines the daemon has answered for; refused ones included
  std::uint64_t refused = 0;     // by the daemon
  std::uint64_t full = 0;        // of these, because the journal is full
  std::uint64_t unsendable = 0;  // refused here: no record, or a file that can't be read
  [[nodiscard]] std::uint64_t durable() const { return answered < refused ? 0 : answered - refused; }
};

struct SendEvents {
  // `line` from 1; 0: the file as a whole.
  std::function<void(const std::string& file, std::uint64_t line, std::string_view why)> refused;
  std::function<void(const SendReport& so_far)> progress;  // often; the callee thins it out
  std::function<void()> waits;                             // once, when lines have waited for their answer for long
  // With SendOptions::sequences: a record is durable, and that is its number in the journal.
  std::function<void(const std::string& file, std::uint64_t line, Sequence)> numbered = nullptr;
  std::function<void()> again = nullptr;  // the daemon went away, and the rest is sent to the next one
};

struct SendOptions {
  bool sequences = false;  // hear the sequences of the records too
  // Where the daemon goes away: waits for the next one, which then gets what was not answered. Nothing: it is not worth
  // waiting any longer. Empty: there is no other try.
  std::function<std::optional<UniqueFd>()> reconnect = nullptr;
  MonoTime deadline = MonoTime::max();
};

// A stream socket connected to the daemon. kUnavailable, kNotFound, kPermission: there is none, or not for us.
[[nodiscard]] Result<UniqueFd> connect_to_daemon(const std::string& path);

// Sends the records of `files` ("-": stdin) and returns when all are acknowledged or none will be any more.
[[nodiscard]] SendReport send_records(UniqueFd socket, const std::vector<std::string>& files, const SendEvents& events,
                                      const SendOptions& options = {});

}  // namespace respand::cli
