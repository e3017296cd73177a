#pragma once
// H2Session: one HTTP/2 connection as bytes in and bytes out, by nghttp2: the client's side, with exchanges as its
// streams. It knows no socket, no TLS and no clock but the time that it is told. What comes in is hostile input:
// whatever it is, memory stays bounded, and each exchange that was submitted is ended once, or dropped by its owner.
// Used by H2Connection; one thread.

#include <nghttp2/nghttp2.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"
#include "respand/base/units.h"

namespace respand::http {

class H2Session {
 public:
  // How many streams are open at once at most, whatever the server permits: libcurl's limit.
  static constexpr std::size_t kMaxStreams = 100;

  // How a stream has ended.
  enum class End : std::uint8_t {
    kAnswered,      // the answer is whole, or as much of it as is read
    kNotProcessed,  // the server has not looked at the request: it can go again
    kWantsHttp11,   // the same, and the server wants it over HTTP/1.1
    kReset,         // by either side, amid the answer or before it
  };
  struct Ended {
    Exchange* exchange;
    End end;
    std::uint32_t code;  // HTTP/2's error code
  };

  // Aborts where there is no memory for a session.
  H2Session();
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  // Whether the server's settings have come. Before that nothing is submitted: they say how many streams may be open,
  // and nginx refuses requests that come before its settings are acknowledged.
  [[nodiscard]] bool has_settings() const { return has_settings_; }
  // How many more exchanges can be submitted: none, too, while the server takes no more bytes on this connection.
  [[nodiscard]] std::size_t room() const;
  // The streams that may be open at once.
  [[nodiscard]] std::size_t most_streams() const;
  // Streams that are open, those that are being reset included.
  [[nodiscard]] std::size_t streams() const { return streams_; }
  // No further exchanges are taken: the server says so, or shut_down() was called.
  [[nodiscard]] bool draining() const { return draining_; }
  void drain() { draining_ = true; }

  // Begins an exchange. It is borrowed until it is among ended(), or dropped. False: it can't begin here.
  [[nodiscard]] bool submit(Exchange& exchange, const std::vector<nghttp2_nv>& fields);
  // Forgets an exchange, and resets its stream.
  void drop(Exchange& exchange);
  // Asks the server for a sign of life.
  void ping();
  [[nodiscard]] bool pinging() const { return pinging_; }
  // Says farewell: the last bytes of a connection.
  void shut_down();

  // Takes bytes that have come at `now`. False: the connection is of no more use, and why() says why.
  [[nodiscard]] bool take(std::span<const std::uint8_t> bytes, MonoTime now);
  // Appends what is to be sent to `out`, until that has `most` bytes or more. False: as take().
  [[nodiscard]] bool fill(std::string& out, std::size_t most);
  [[nodiscard]] bool wants_to_send() const { return ::nghttp2_session_want_write(session_.get()) != 0; }
  // Nothing is to be sent or read any more: the server has broken the rules and was told so, or both sides have left.
  [[nodiscard]] bool over() const;
  // What went wrong with the connection, or what the server said on leaving; empty: nothing.
  [[nodiscard]] const std::string& why() const { return why_; }
  // Exchanges that have ended; the owner takes and clears them.
  [[nodiscard]] std::vector<Ended>& ended() { return ended_; }

 private:
  struct Callbacks;
  struct Delete {
    void operator()(nghttp2_session* session) const { ::nghttp2_session_del(session); }
  };
  [[nodiscard]] Exchange* exchange_of(std::int32_t stream) const;
  void end(Exchange& exchange, End how, std::uint32_t code);
  void on_headers_begin(const nghttp2_frame& frame);
  [[nodiscard]] int on_header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  void on_data(std::int32_t stream, std::string_view part);
  void on_frame(const nghttp2_frame& frame);
  void on_goaway(const nghttp2_goaway& frame);
  void on_close(std::int32_t stream, std::uint32_t code);
  [[nodiscard]] int on_send(const nghttp2_frame& frame, const std::uint8_t* head, std::size_t length);

  std::unique_ptr<nghttp2_session, Delete> session_;
  std::vector<Ended> ended_;
  std::string line_;  // a header line, for those who read it
  std::string why_;
  MonoTime now_{};
  std::string* out_ = nullptr;  // while fill() runs
  std::size_t most_ = 0;
  bool full_ = false;  // fill() has reached its limit
  std::size_t streams_ = 0;
  bool has_settings_ = false;
  bool draining_ = false;
  bool pinging_ = false;
  bool wants_http11_ = false;
};

}  // namespace respand::http
