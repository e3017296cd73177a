#include "respand/net/bind.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "respand/base/path.h"
#include "respand/base/random.h"
#include "respand/base/text.h"

namespace respand::net {
namespace {

int type_of(SocketType type) { return type == SocketType::kStream ? SOCK_STREAM : SOCK_DGRAM; }

UniqueFd new_socket(int family, SocketType type) {
  return UniqueFd(::socket(family, type_of(type) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// Requires: path.size() <= kMaxSocketPath.
sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

template <typename Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Status make_folder(const std::string& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0) {
    if (!S_ISDIR(info.st_mode)) {
      return error(ErrorCode::kInvalid, cat(folder, " is not a directory"));
    }
    return {};
  }
  if (errno != ENOENT) {
    return os_error(errno, cat("look at ", folder));
  }
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    return os_error(errno, cat("make the directory ", folder));
  }
  return {};
}

std::string who_listens(int connected) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) {
    return "another process";
  }
  return cat("process ", peer.pid, " (user ", peer.uid, ")");
}

// Succeeds where there is nothing at the path, or only a socket file that a dead process has left.
Status check_free(const std::string& path, SocketType type) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? Status() : Status(os_error(errno, cat("look at ", path)));
  }
  if (!S_ISSOCK(info.st_mode)) {
    return error(ErrorCode::kExists, cat(path, " exists and is not a socket; it is left alone"));
  }
  const UniqueFd probe = new_socket(AF_UNIX, type);
  if (!probe) {
    return os_error(errno, "make a socket");
  }
  const sockaddr_un address = address_of(path);
  if (::connect(probe.get(), generic(address), sizeof address) == 0) {
    return error(ErrorCode::kExists,
                 cat(path, " is in use by ", who_listens(probe.get()), ": is respand running already?"));
  }
  switch (errno) {
    case ECONNREFUSED:
    case ENOENT:
      return {};
    case EAGAIN:      // its queue of connections is full
    case EPROTOTYPE:  // a live socket of the other type
      return error(ErrorCode::kExists, cat(path, " is in use by another process: see `ss -xlp`"));
    default:
      return os_error(errno, cat("see whether anybody listens on ", path));
  }
}

Result<gid_t> group_id(const std::string& name) {
  std::vector<char> memory(16 * 1024);
  group entry{};
  group* found = nullptr;
  int failed = ::getgrnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
  while (failed == ERANGE && memory.size() < (1U << 20)) {
    memory.resize(memory.size() * 2);
    failed = ::getgrnam_r(name.c_str(), &entry, memory.data(), memory.size(), &found);
  }
  if (found == nullptr) {
    return error(ErrorCode::kNotFound, cat("there is no group '", printable(name, 64), "'"));
  }
  return entry.gr_gid;
}

// A name in the same folder: a dot and up to eight random letters, fewer where the path would become too long.
std::string temporary_name(const std::string& path, SeededRandom& random) {
  const std::size_t base = path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1;
  std::string name = path.substr(0, base) + ".";
  const std::size_t letters = std::min<std::size_t>(8, kMaxSocketPath - std::min(kMaxSocketPath, name.size()));
  for (std::size_t i = 0; i < letters; ++i) {
    name.push_back(static_cast<char>('a' + random.below(26)));
  }
  return name;
}

// Binds to a free temporary name that only this user can connect to, and returns the name. The socket gets its real
// path by a rename when it is ready, so that no writer meets one that does not listen yet or has the wrong mode.
Result<std::string> bind_aside(int fd, const std::string& path) {
  // The file takes its mode from the socket, less the umask, so there is no moment in which it is open to others.
  if (::fchmod(fd, 0600) != 0) {
    return os_error(errno, "set the mode of a socket");
  }
  SeededRandom random(entropy());
  for (int tries = 0;; ++tries) {
    std::string name = temporary_name(path, random);
    const sockaddr_un address = address_of(name);
    if (::bind(fd, generic(address), sizeof address) == 0) {
      return name;
    }
    if (errno != EADDRINUSE || tries == 100) {
      return os_error(errno, cat("bind a socket in ", folder_of(path)));
    }
  }
}

// Gives the file its group and mode, starts listening, and only then its name.
Status publish(int fd, const std::string& aside, const std::string& path, SocketType type, std::uint32_t mode,
               const std::string& group) {
  if (!group.empty()) {
    const auto gid = group_id(group);
    if (!gid) {
      return gid.error();
    }
    if (::lchown(aside.c_str(), static_cast<uid_t>(-1), *gid) != 0) {
      return os_error(errno, cat("give ", path, " to the group ", group));
    }
  }
  if (::chmod(aside.c_str(), static_cast<mode_t>(mode)) != 0) {
    return os_error(errno, cat("set the mode of ", path));
  }
  if (type == SocketType::kStream && ::listen(fd, SOMAXCONN) != 0) {
    return os_error(errno, cat("listen on ", path));
  }
  if (::rename(aside.c_str(), path.c_str()) != 0) {
    return os_error(errno, cat("put the socket to ", path));
  }
  return {};
}

}  // namespace

UnixSocket& UnixSocket::operator=(UnixSocket&& other) noexcept {
  remove();
  fd_ = std::move(other.fd_);
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

Result<UnixSocket> UnixSocket::bind(const std::string& path, SocketType type, std::uint32_t mode,
                                    const std::string& group) {
  if (path.size() > kMaxSocketPath) {
    return error(ErrorCode::kInvalid,
                 cat("the socket path ", path, " has ", path.size(), " bytes; the system allows ", kMaxSocketPath));
  }
  if (path.empty() || path.back() == '/' || path.find('\0') != std::string::npos) {
    return error(ErrorCode::kInvalid, cat("'", printable(path, kMaxSocketPath), "' is no path for a socket"));
  }
  if (Status made = make_folder(folder_of(path)); !made) {
    return std::move(made).fail(cat("socket ", path));
  }
  if (Status is_free = check_free(path, type); !is_free) {
    return is_free.error();
  }
  UnixSocket socket;
  socket.fd_ = new_socket(AF_UNIX, type);
  if (!socket.fd_) {
    return os_error(errno, "make a socket");
  }
  auto aside = bind_aside(socket.fd_.get(), path);
  if (!aside) {
    return aside.error();
  }
  struct stat info {};
  Status published = ::lstat(aside->c_str(), &info) == 0 ? publish(socket.fd_.get(), *aside, path, type, mode, group)
                                                         : Status(os_error(errno, cat("look at ", *aside)));
  if (!published) {
    ::unlink(aside->c_str());
    return published.error();
  }
  socket.path_ = path;
  socket.device_ = info.st_dev;
  socket.inode_ = info.st_ino;
  return socket;
}

bool UnixSocket::in_place() const {
  struct stat info {};
  return ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

void UnixSocket::remove() {
  if (!path_.empty() && in_place()) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

Result<UniqueFd> listen_tcp(const std::string& host, std::uint16_t port) {
  const std::string what = cat("listen on ", printable(host, 64), ":", port);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string number = host == "localhost" ? "127.0.0.1" : host;
  if (const int failed = ::getaddrinfo(number.c_str(), std::to_string(port).c_str(), &hints, &found); failed != 0) {
    return error(ErrorCode::kInvalid, cat(what, ": ", ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  UniqueFd fd = new_socket(found->ai_family, SocketType::kStream);
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    return os_error(errno, what);
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::uint16_t port = 0;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    if (address.ss_family == AF_INET) {
      port = reinterpret_cast<const sockaddr_in&>(address).sin_port;
    } else if (address.ss_family == AF_INET6) {
      port = reinterpret_cast<const sockaddr_in6&>(address).sin6_port;
    }
  }
  return ntohs(port);
}

bool is_loopback(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return false;
  }
  constexpr unsigned kLoopbackNet = 127;
  return address.ss_family == AF_INET
             ? ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24U == kLoopbackNet
             : IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr) != 0;
}

Status adopt(int fd, SocketType type, std::string_view what) {
  int real_type = 0;
  int listens = 0;
  socklen_t size = sizeof real_type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &real_type, &size) != 0) {
    return os_error(errno, cat(what, ": descriptor ", fd));
  }
  size = sizeof listens;
  static_cast<void>(::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size));
  if (real_type != type_of(type) || (type == SocketType::kStream && listens == 0)) {
    return error(ErrorCode::kInvalid, cat(what, ": descriptor ", fd, " is not a ",
                                          type == SocketType::kStream ? "listening stream" : "datagram", " socket"));
  }
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
    return os_error(errno, cat(what, ": descriptor ", fd));
  }
  return {};
}

int socket_option(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace respand::net
