#pragma once
// A TCP server on loopback that behaves as badly as a test wants: each connection is handed, on a thread of its own, to
// a script. Connections are shut down when the server goes, so that no script hangs.

#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"

namespace respand::http {

// One accepted connection, on its script's thread.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  // The next request, its body included; none where the client has gone.
  [[nodiscard]] std::optional<std::string> request();
  // Reads until `text` has come, and forgets what came up to its end. False where the client has gone before.
  bool read_until(std::string_view text);
  // False where the client has gone.
  bool send(std::string_view bytes) const;
  // Ends the connection with a reset instead of an orderly end.
  void reset();
  void close();
  // Waits until the client has gone, and reads nothing else.
  void hang() const;

 private:
  int fd_;
  std::string read_;
};

class RawServer {
 public:
  // Where it listens: an IPv4 address, a port; 0: any.
  struct Place {
    const char* address = "127.0.0.1";
    std::uint16_t port = 0;
  };
  // `script` runs once for each connection; the connection ends when it returns.
  explicit RawServer(std::function<void(Peer&)> script) : RawServer(std::move(script), Place()) {}
  RawServer(std::function<void(Peer&)> script, Place place);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const;

 private:
  struct Connection {
    UniqueFd fd;
    std::jthread thread;
  };
  void accept_all();

  std::function<void(Peer&)> script_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  LockGuarded<std::list<Connection>> connections_;
  std::jthread thread_;
};

// A whole answer with its length.
[[nodiscard]] std::string reply(int status, std::string_view body, std::string_view headers = {});

}  // namespace respand::http
