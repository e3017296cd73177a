#pragma once
// Makes the sockets that respand listens on. Nobody can connect before mode and group are right. A socket that a dead
// process left behind is replaced; one that is in use never is. Main thread, at start and stop.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "respand/base/fd.h"
#include "respand/base/result.h"

namespace respand::net {

// The longest path of a Unix socket: sun_path less its end mark (unix(7)).
inline constexpr std::size_t kMaxSocketPath = 107;

// Whether a socket carries a stream of bytes or single datagrams.
enum class SocketType : std::uint8_t { kStream, kDatagram };

// A socket bound to a path. Removes the path when it is destroyed, if it is still the one that it made.
class UnixSocket {
 public:
  UnixSocket() = default;
  UnixSocket(UnixSocket&& other) noexcept { *this = std::move(other); }
  UnixSocket& operator=(UnixSocket&& other) noexcept;
  ~UnixSocket() { remove(); }

  // `group` empty: the process's own. The last folder of the path is made (0755) where it is missing.
  // kExists: another process listens there, or the path is something else than a socket.
  [[nodiscard]] static Result<UnixSocket> bind(const std::string& path, SocketType type, std::uint32_t mode,
                                               const std::string& group);

  // Gives away the socket, which does not block; a stream socket listens. This object still removes the path.
  [[nodiscard]] UniqueFd take_fd() { return std::move(fd_); }
  // Removes the path now, where it still leads to this socket.
  void remove();
  // Whether the path still leads to this socket.
  [[nodiscard]] bool in_place() const;

 private:
  UniqueFd fd_;
  std::string path_;  // empty: nothing to remove
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Makes a listening TCP socket. `host` is an IP address or "localhost" (127.0.0.1); port 0: any free port.
[[nodiscard]] Result<UniqueFd> listen_tcp(const std::string& host, std::uint16_t port);
// The port that a TCP socket is bound to.
[[nodiscard]] std::uint16_t port_of(int fd);
// Whether it is bound to a loopback address, so that only this host reaches it.
[[nodiscard]] bool is_loopback(int fd);
// Checks a socket handed over by another process (systemd) and makes it non-blocking: a listening stream socket, or a
// Unix datagram socket. `what` names it in the error.
[[nodiscard]] Status adopt(int fd, SocketType type, std::string_view what);

// The value of an option of the level SOL_SOCKET, e.g. SO_TYPE; -1 where `fd` is no socket.
[[nodiscard]] int socket_option(int fd, int option);

}  // namespace respand::net
