#pragma once
// HostileServer: a TCP server that treats its clients as real networks and broken servers do, with a script of what
// each connection gets. It has one thread of its own for all connections.

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"

namespace respand::test {

// What a connection gets. It comes after a whole request was read, except for kResetAtOnce and kCloseAtOnce.
enum class Act : std::uint8_t {
  kAnswer,        // 200, as the API; the connection is kept
  kAnswerClose,   // 200 with Connection: close
  kCloseBehind,   // 200 that promises to keep the connection, which is closed all the same
  kResetAtOnce,   // reset right after accept
  kCloseAtOnce,   // closed right after accept
  kReset,         // reset in place of an answer
  kClose,         // closed in place of an answer
  kHalfHead,      // the connection is closed inside the answer's head
  kHalfBody,      // Content-Length promises more than comes
  kLongBody,      // Content-Length promises less than comes
  kHang,          // nothing, until the client goes away
  kEndlessBody,   // a chunked body without an end
  kEndlessHead,   // header lines without an end
  kEndlessHints,  // 103 answers without an end
  kSlow,          // a good answer, one byte a millisecond
  kNotHttp,       // an answer of another protocol
  kWrongJson,     // 429 whose body is no JSON and whose times are invalid
};

class HostileServer {
 public:
  // The n-th connection gets the n-th act; after the end of the script all get the last act. Listens on 127.0.0.1 when
  // it returns.
  explicit HostileServer(std::vector<Act> script);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::size_t connections() const;          // accepted so far
  [[nodiscard]] std::vector<std::string> bodies() const;  // of all whole requests, whatever they got

 private:
  struct Connection {
    UniqueFd socket;
    Act act = Act::kAnswer;
    std::string in;
    std::string out;           // to be sent
    std::string endless;       // sent again and again
    bool slow = false;         // a byte a millisecond
    bool close_after = false;  // once `out` is sent
    bool gone = false;
  };
  struct Seen {
    std::size_t connections = 0;
    std::vector<std::string> bodies;
  };
  void serve();
  void accept();
  void read(Connection& connection);
  void respond(Connection& connection);
  static void write(Connection& connection);

  std::vector<Act> script_;
  UniqueFd listener_;
  UniqueFd stop_;  // eventfd
  std::uint16_t port_ = 0;
  std::vector<Connection> open_;  // the server's thread
  LockGuarded<Seen> seen_;
  std::jthread thread_;
};

}  // namespace respand::test
