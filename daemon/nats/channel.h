#pragma once
// Channel: a connected socket, perhaps with TLS over it, the protocol's reader for what comes, and a buffer of what is
// to be sent, which goes out in one write a turn. Used by Connection; the owner's thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nats/protocol_reader.h"
#include "nats/tls.h"
#include "respand/base/fd.h"
#include "respand/base/poller.h"

namespace respand::nats {

class Channel {
 public:
  enum class Fill : std::uint8_t {
    kNothing,  // nothing came
    kBytes,    // reader() has something to look at
    kClosed,   // the server has closed the connection
    kFailed,   // failure() says why
  };

  // Takes over a socket that does not block. `poller` is borrowed, and tells when there is something to read, or when
  // what could not be sent can be.
  Channel(UniqueFd socket, Poller& poller);

  // TLS from here on. Requires: every byte that came was read.
  void start_tls(const TlsContext& context, std::vector<std::string> names);
  [[nodiscard]] bool has_tls() const { return tls_.has_value(); }
  // Reads what the socket has for the handshake, and goes on with it; its bytes go out with flush().
  [[nodiscard]] TlsSession::Progress handshake();

  // Reads once, as much as the reader has room for. Ends the life of the reader's views.
  [[nodiscard]] Fill fill();
  [[nodiscard]] ProtocolReader& reader() { return reader_; }
  // Bytes came that did not fit: fill() has more although the socket may have nothing.
  [[nodiscard]] bool has_more() const { return has_more_; }

  // What is to be sent; lines are appended to it.
  [[nodiscard]] std::string& out() { return out_; }
  // Writes as much as the socket takes. What it does not take waits. A socket that takes nothing any more shows it when
  // it is read.
  void flush();
  [[nodiscard]] std::size_t unsent() const { return out_.size() + wire_.size() - sent_; }
  [[nodiscard]] const ConnectionFailure& failure() const { return failure_; }

 private:
  [[nodiscard]] Fill receive(std::span<char> into, std::size_t& count);
  [[nodiscard]] Fill fill_from_tls();
  Fill failed(TlsSession::Progress progress);
  [[nodiscard]] bool is_blocked() const { return sent_ < wire_.size(); }
  void load_wire();
  void send_wire();

  Poller& poller_;
  UniqueFd socket_;
  bool watches_out_ = false;
  ProtocolReader reader_;
  std::optional<TlsSession> tls_;
  std::vector<char> encrypted_;  // what came last, with TLS
  std::string out_;
  std::string wire_;          // the same as the socket takes it: with TLS encrypted
  std::size_t sent_ = 0;      // bytes of wire_
  unsigned since_large_ = 0;  // writes since a large one
  bool has_more_ = false;
  bool ended_ = false;   // the server sends no more
  bool broken_ = false;  // the socket takes nothing any more
  ConnectionFailure failure_;
};

}  // namespace respand::nats
