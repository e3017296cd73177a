#pragma once
// What a connection speaks: lines (lines.h) or HTTP (http_server.h). A protocol works on bytes; the connection
// (connection.h) moves them. io thread only.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sockets/batching_producer.h"
#include "sockets/connection_state.h"
#include "sockets/patience.h"

namespace respand::sockets {

// What a protocol needs before it can go on.
enum class WaitFor : std::uint8_t {
  kInput,   // more bytes; all that were given are used up
  kRoom,    // the producer is full: call again after on_room()
  kCommit,  // records that were handed in are on their way: call again after on_news()
  kDrain,   // the peer doesn't read its answers: call again when they are written
  kTurn,    // it has worked long enough: call again in the next turn of the loop
  kClose,   // nothing: close when the answers are written
  kLinger,  // as kClose, but the peer may still be sending: let it read the answer first
};

// Answers for the peer are collected up to about this size; then the protocol asks for kDrain.
inline constexpr std::size_t kOutputLimit = 64 * 1024;

class Protocol {
 public:
  virtual ~Protocol() = default;
  // Takes bytes from the front of `input` as far as it can go. With kInput it has taken all; with any other need what
  // is left is to be given again. Answers are appended to `out`.
  [[nodiscard]] virtual WaitFor take(std::string_view& input, std::string& out) = 0;
  // The bytes given to take() are about to be overwritten: copies what it still needs of them.
  virtual void hold() = 0;
  // The peer has closed its side and all input was taken. Called again after its need was met, until it says kClose.
  [[nodiscard]] virtual WaitFor end(std::string& out) = 0;
  // The daemon stops: what is incomplete is dropped. Otherwise as end().
  [[nodiscard]] virtual WaitFor stop(std::string& out) = 0;
  // Writes down what another process needs to go on from here, and bytes to be given to take() there, in front of what
  // take() has left. False: not now, something is on its way.
  [[nodiscard]] virtual bool leave(ConnectionState& connection_state) const = 0;
  // Goes on from where another one was left. Requires: called first.
  virtual void resume(const ConnectionState& connection_state) = 0;
  // Appends answers that wait to be said, where `out` has room.
  virtual void answer(std::string& out) = 0;
  virtual void committed(const PendingAck& pending, journal::CommitResult outcome) = 0;
  // What more input is needed for, where it is.
  [[nodiscard]] virtual Patience::Phase waits_for() const = 0;
  // That has taken too long. kClose or kLinger.
  [[nodiscard]] virtual WaitFor time_out(std::string& out) = 0;
  // The journal has stopped: nothing that comes in can be acknowledged.
  [[nodiscard]] virtual bool over() const = 0;
  // Bytes held of an unfinished record.
  [[nodiscard]] virtual std::size_t memory() const = 0;
  // Lines or requests so far that were there as a whole.
  [[nodiscard]] virtual std::uint64_t completed() const = 0;
  // Whose metrics the bytes are.
  [[nodiscard]] virtual const encode::Counters& counters() const = 0;
};

// A view of text that can be kept when the buffer under it is to be used again.
class HeldText {
 public:
  void set(std::string_view text) { view_ = text; }
  // Copies the text if it lies in `buffer`, which is about to be overwritten.
  void hold(std::string_view buffer) {
    const std::less<const char*> less;
    if (!less(view_.data(), buffer.data()) && less(view_.data(), buffer.data() + buffer.size())) {
      own_.assign(view_);
      view_ = own_;
    }
  }
  void clear() {
    view_ = {};
    std::string().swap(own_);
  }
  [[nodiscard]] std::string_view view() const { return view_; }
  [[nodiscard]] std::size_t memory() const { return own_.capacity(); }

 private:
  std::string_view view_;
  std::string own_;
};

}  // namespace respand::sockets
