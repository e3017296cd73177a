#pragma once
// A TCP server on loopback that behaves as badly as a test wants: each connection is handed, on a thread of its own, to
// a script. Connections are shut down when the server goes, so that no script hangs.

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/mutex.h"

namespace respand::http {

// One accepted connection, on its script's thread. This one is in the clear.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  // The next request, its body included; none where the client has gone.
  [[nodiscard]] virtual std::optional<std::string> request();
  // Some bytes, as they come; empty where the client has gone.
  [[nodiscard]] std::string some() const;
  // Reads until `text` has come, and forgets what came up to its end. False where the client has gone before.
  bool read_until(std::string_view text);
  // False where the client has gone.
  virtual bool send(std::string_view bytes);
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
    // Makes the end of a connection; null where the client does not get as far. Without it: HTTP/1.1 in the clear. With
    // it, the server's URL is https (h2_peer.h).
    std::unique_ptr<Peer> (*make_peer)(int fd) = nullptr;
  };
  // `script` runs once for each connection; the connection ends when it returns.
  explicit RawServer(std::function<void(Peer&)> script) : RawServer(std::move(script), Place()) {}
  RawServer(std::function<void(Peer&)> script, Place place);
  RawServer(Place place, std::function<void(Peer&)> script) : RawServer(std::move(script), place) {}
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
  void run_script(int fd);

  std::function<void(Peer&)> script_;
  const Place place_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  LockGuarded<std::list<Connection>> connections_;
  std::jthread thread_;
};

// A whole answer with its length.
[[nodiscard]] std::string reply(int status, std::string_view body, std::string_view headers = {});

}  // namespace respand::http
