#pragma once
// ConnectionState: what an open connection hands to the next process. The states of all connections are in one sealed
// memory file. The reader trusts none of its bytes. io thread, at start and stop.
//
//   file    magic "respandH", version (4 bytes), number of states (4), then of each state: its size (4), its bytes
//   state   cookie (8), flags (1), lines (8), told (8), number of runs (4), of each run: first (8), last (8);
//           size of the output (4), the output; the rest is the input
//
// Numbers are little-endian. A process reads only the version that it writes: connections of another version are
// closed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/result.h"

namespace respand::sockets {

enum class Speaks : std::uint8_t { kNothing, kLines, kHttp };

struct ConnectionState {
  struct Run {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    friend bool operator==(const Run&, const Run&) = default;
  };
  std::uint64_t cookie = 0;  // SO_COOKIE: the kernel's number of the socket, never used twice
  bool tcp = false;
  Speaks speaks = Speaks::kNothing;
  // Only where the connection speaks lines:
  bool acks = false;
  bool first_line = true;
  bool discarding = false;        // in the middle of a line that was too large
  std::uint64_t lines = 0;        // lines begun, all of them committed or refused
  std::uint64_t told = 0;         // how many of them the peer was told are durable
  std::vector<Run> refused = {};  // lines that the journal had no room for, of which the peer was not told yet
  // With any protocol:
  std::string output = {};  // answers that the peer has not taken
  std::string input = {};   // input that was not worked on yet
  friend bool operator==(const ConnectionState&, const ConnectionState&) = default;
};

// A state with more than this is not believed: no connection holds more. The output is what a slow peer leaves unread.
inline constexpr std::size_t kMostOutput = std::size_t{1} << 20;
inline constexpr std::size_t kMostRuns = 65'536;

void put(std::string& out, const ConnectionState& connection_state);
// None where the bytes are no connection state.
[[nodiscard]] std::optional<ConnectionState> parse_connection_state(std::string_view bytes);

class ConnectionStateWriter {
 public:
  [[nodiscard]] Status open();
  // After a failure nothing more can be added.
  [[nodiscard]] Status add(const ConnectionState& connection_state);
  [[nodiscard]] std::uint32_t count() const { return count_; }
  // Ends the file, seals it against changes, and returns it.
  [[nodiscard]] Result<UniqueFd> seal();

 private:
  [[nodiscard]] Status write(std::string_view bytes, std::uint64_t at);

  UniqueFd file_;
  std::uint64_t end_ = 0;
  std::uint32_t count_ = 0;
  bool failed_ = false;
};

class ConnectionStateReader {
 public:
  // kUnsupported: the file is of another version. kInvalid: it is not sealed, or no such file at all.
  [[nodiscard]] static Result<ConnectionStateReader> open(UniqueFd file);
  // The next state; `valid` is false where its bytes are no connection state. None after the last one, or where the
  // file is cut off.
  struct Entry {
    bool valid = false;
    ConnectionState connection_state;
  };
  [[nodiscard]] std::optional<Entry> next();

 private:
  UniqueFd file_;
  std::uint64_t size_ = 0;
  std::uint64_t at_ = 0;
  std::uint32_t left_ = 0;
};

// The kernel's number of a socket.
[[nodiscard]] std::optional<std::uint64_t> cookie_of(int socket);

}  // namespace respand::sockets
