#pragma once
// Protocol: what a connection speaks: lines (lines.h) or HTTP (http_server.h). The protocol works on bytes; the
// connection (connection.h) moves them. io thread only.

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
  kRoom,    // room in the producer: it is called again after on_room()
  kCommit,  // the commit of records that were handed in: it is called again after on_news()
  kDrain,   // that the peer reads its answers: it is called again when they are written
  kTurn,    // the next turn of the loop, because it has worked long enough in this one
  kClose,   // nothing: the connection closes when the answers are written
  kLinger,  // as kClose, but the peer may still be sending, and should be able to read the answer first
};

// Answers for the peer are collected up to about this size; then the protocol asks for kDrain.
inline constexpr std::size_t kOutputLimit = 64 * 1024;

class Protocol {
 public:
  virtual ~Protocol() = default;
  // Takes bytes from the front of `input` as far as it can go. When it returns kInput it has taken all; otherwise what
  // is left is to be given again. Appends answers to `out`.
  [[nodiscard]] virtual WaitFor take(std::string_view& input, std::string& out) = 0;
  // The bytes given to take() are about to be overwritten: copies what it still needs of them.
  virtual void hold() = 0;
  // The peer has closed its side and all input was taken. Called again after each wait, until it returns kClose.
  [[nodiscard]] virtual WaitFor end(std::string& out) = 0;
  // The daemon stops: what is incomplete is dropped. Otherwise as end().
  [[nodiscard]] virtual WaitFor stop(std::string& out) = 0;
  // Writes down what the next process needs to go on from here, and the bytes that take() is to be given there first,
  // in front of those that it has left here. False: it can't leave now, because something is in flight.
  [[nodiscard]] virtual bool leave(ConnectionState& connection_state) const = 0;
  // Goes on from where the connection left another process. Requires: called before all else.
  virtual void resume(const ConnectionState& connection_state) = 0;
  // Appends answers that are ready, as far as `out` has room.
  virtual void answer(std::string& out) = 0;
  virtual void committed(const PendingAck& pending, journal::CommitResult outcome) = 0;
  // What it waits for while it needs more input.
  [[nodiscard]] virtual Patience::Phase waits_for() const = 0;
  // That wait has taken too long. Returns kClose or kLinger.
  [[nodiscard]] virtual WaitFor time_out(std::string& out) = 0;
  // The journal has stopped: nothing that comes in can be acknowledged.
  [[nodiscard]] virtual bool over() const = 0;
  // Whether the peer is answered, so that it may be waiting.
  [[nodiscard]] virtual bool answers() const { return true; }
  // Bytes held of an unfinished record.
  [[nodiscard]] virtual std::size_t memory() const = 0;
  // How many lines or requests have been complete so far.
  [[nodiscard]] virtual std::uint64_t completed() const = 0;
  // The metrics that its bytes count for.
  [[nodiscard]] virtual const encode::Counters& counters() const = 0;
};

// HeldText: a view of a text, which copies the text when the buffer under it is about to be reused.
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
