#pragma once
// Client: a writer's end of the daemon's stream sockets, Unix or TCP: sends bytes, reads lines and HTTP answers, each
// with a deadline. One thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/fd.h"
#include "tests/support/http_text.h"
#include "tests/support/patience.h"

namespace respand::test {

class Client {
 public:
  // Takes a connected socket.
  explicit Client(UniqueFd socket) : socket_(std::move(socket)) {}
  // Connects; if nobody listens connected() is false.
  [[nodiscard]] static Client connect_unix(const std::string& path);
  [[nodiscard]] static Client connect_tcp(std::uint16_t port, const std::string& address = "127.0.0.1");

  [[nodiscard]] bool connected() const { return static_cast<bool>(socket_); }
  [[nodiscard]] int fd() const { return socket_.get(); }

  // Sends all of it. False: the other side has closed, or does not read it until the deadline.
  bool send(std::string_view bytes, Duration within = kPatience);
  // Closes the sending side; reading goes on.
  void half_close();
  void close() { socket_.reset(); }
  // Closes a TCP connection with a reset.
  void reset();

  // The next line without its end. None at the end of the stream (a partial line is dropped), or at the deadline.
  [[nodiscard]] std::optional<std::string> read_line(Duration within = kPatience);
  // Everything up to the end of the stream, or what has come by the deadline.
  [[nodiscard]] std::string read_all(Duration within = kPatience);
  // The next answer; none where the stream ends before it is complete, or at the deadline.
  [[nodiscard]] std::optional<HttpMessage> read_answer(Duration within = kPatience);
  [[nodiscard]] std::optional<HttpMessage> request(std::string_view method, std::string_view path,
                                                   std::string_view body = {}, const Headers& headers = {},
                                                   Duration within = kPatience);
  // True once the other side has closed (or reset) and all it sent is read.
  [[nodiscard]] bool at_end() const { return ended_; }

 private:
  // Waits for bytes and reads those that are there. False at the end of the stream, or at the deadline.
  bool fill(const Deadline& deadline);

  UniqueFd socket_;
  std::string in_;
  bool ended_ = false;
};

}  // namespace respand::test
