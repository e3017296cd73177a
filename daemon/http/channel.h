#pragma once
// Channel: a connected socket with TLS over it, or in the clear. What is to be sent gathers here and goes out in few
// calls of the system; what comes in is borrowed from memory that all channels use by turns. Used by H2Connection; one
// thread.
//
// What holds: memory is bounded, because the owner gives it more only when all before was sent.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/tls_stream.h"
#include "respand/base/fd.h"
#include "respand/base/poller.h"

namespace respand::http {

// Memory that all channels of an engine use by turns, within a call.
struct Scratch {
  std::array<std::uint8_t, 64 * 1024> received;
  std::array<std::uint8_t, 16 * 1024> plain;  // what one TLS record holds
  std::string to_send;
};

class Channel {
 public:
  // Both are borrowed.
  Channel(Poller& poller, Scratch& scratch) : poller_(poller), scratch_(scratch) {}
  ~Channel() { reset(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Begins with a socket that is in the poller's set. `tls` is null for one in the clear.
  void open(UniqueFd socket, std::unique_ptr<TlsStream> tls);
  [[nodiscard]] bool is_open() const { return static_cast<bool>(socket_); }
  [[nodiscard]] int fd() const { return socket_.get(); }
  // Null: in the clear.
  [[nodiscard]] TlsStream* tls() const { return tls_.get(); }

  enum class Incoming : std::uint8_t {
    kNothing,  // there is nothing
    kSome,     // some bytes, and that was all
    kMore,     // as many as there is room for: there may be more
    kGone,     // the server has closed the connection, or it is broken: why()
  };
  // Takes what the socket has. Requires: all before was read.
  [[nodiscard]] Incoming receive();
  // The next piece of what was received, without TLS. kMore: that was all; kDone: `bytes`, until the next call.
  [[nodiscard]] TlsStream::Progress read(std::span<const std::uint8_t>& bytes);

  // Where the owner puts what is to be written; empty, and its memory is used again.
  [[nodiscard]] std::string& to_write();
  // Encrypts what to_write() holds. False: why().
  [[nodiscard]] bool write();
  // Whether the socket has not taken all that was written.
  [[nodiscard]] bool is_blocked() const { return watches_writes_; }
  // Sends what was written, as far as the socket takes it; then the poller tells of the rest. True: all was sent.
  [[nodiscard]] bool send();
  // Whether the socket has taken bytes since the last call: what lies between is alive then.
  [[nodiscard]] bool take_progress() { return std::exchange(progress_, false); }
  // Ends it in good order, as far as the socket permits.
  void close();
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  void reset();

  Poller& poller_;
  Scratch& scratch_;
  UniqueFd socket_;
  bool watches_writes_ = false;
  bool progress_ = false;
  std::unique_ptr<TlsStream> tls_;
  std::string clear_out_;                   // without TLS: what is to be sent
  std::span<const std::uint8_t> clear_in_;  // without TLS: what was received
  std::string why_;
};

}  // namespace respand::http
