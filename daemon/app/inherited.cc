#include "app/inherited.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "app/fd_store.h"
#include "respand/base/text.h"
#include "respand/net/bind.h"

namespace respand::app {
namespace {

struct Named {
  int fd;
  std::string name;  // FileDescriptorName=, else the unit's
};

Result<std::vector<Named>> handed_over() {
  char** names = nullptr;
  const int count = ::sd_listen_fds_with_names(1, &names);
  if (count < 0) {
    return os_error(-count, "the sockets of the service manager (LISTEN_FDS, LISTEN_PID)");
  }
  std::vector<Named> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({SD_LISTEN_FDS_START + i, names == nullptr ? "" : names[i]});
    if (names != nullptr) {
      std::free(names[i]);
    }
  }
  std::free(names);
  return all;
}

std::optional<int>* place_for(int fd, Inherited& inherited) {
  const int family = net::socket_option(fd, SO_DOMAIN);
  const int type = net::socket_option(fd, SO_TYPE);
  const bool listens = net::socket_option(fd, SO_ACCEPTCONN) > 0;
  if (family == AF_UNIX && type == SOCK_STREAM && listens) {
    return &inherited.stream;
  }
  if (family == AF_UNIX && type == SOCK_DGRAM) {
    return &inherited.datagram;
  }
  if ((family == AF_INET || family == AF_INET6) && type == SOCK_STREAM && listens) {
    return &inherited.http;
  }
  return nullptr;
}

// The kind of a socket in words, so that an operator finds its line in the unit.
std::string kind_of(int fd) {
  const int family = net::socket_option(fd, SO_DOMAIN);
  const int type = net::socket_option(fd, SO_TYPE);
  if (type < 0) {
    return "no socket";
  }
  const std::string_view where = family == AF_UNIX                         ? "Unix "
                                 : family == AF_INET || family == AF_INET6 ? "Internet "
                                                                           : "other ";
  if (type == SOCK_STREAM) {
    return cat(where[0] == 'I' || where[0] == 'o' ? "an " : "a ", where,
               "stream socket that does not listen (Accept=yes is not for respand)");
  }
  return cat(where[0] == 'I' || where[0] == 'o' ? "an " : "a ", where,
             type == SOCK_DGRAM       ? "datagram"
             : type == SOCK_SEQPACKET ? "sequential-packet"
                                      : "unusual",
             " socket");
}

std::string said(const Named& descriptor) {
  return cat("descriptor ", descriptor.fd, " (", printable(descriptor.name, 64), ")");
}

}  // namespace

Result<Inherited> inherited_sockets() {
  auto all = handed_over();
  if (!all) {
    return std::move(all).error();
  }
  Inherited inherited;
  for (const Named& descriptor : *all) {
    if (descriptor.name == kStoredConnections) {
      inherited.connections.emplace_back(descriptor.fd);
      continue;
    }
    if (descriptor.name == kStoredDescription) {
      inherited.description.reset(descriptor.fd);
      continue;
    }
    std::optional<int>* const place = place_for(descriptor.fd, inherited);
    if (place == nullptr) {
      return error(ErrorCode::kInvalid,
                   cat("the service manager handed over ", said(descriptor), ", which is ", kind_of(descriptor.fd),
                       ": respand.socket may have a Unix ListenStream=, a Unix ListenDatagram=, and a TCP "
                       "ListenStream= for HTTP"));
    }
    if (*place) {
      const Named& other = *std::find_if(all->begin(), all->end(), [&](const Named& n) { return n.fd == **place; });
      return error(ErrorCode::kInvalid, cat("the service manager handed over two sockets of one kind, ", said(other),
                                            " and ", said(descriptor), ": respand takes one of each"));
    }
    *place = descriptor.fd;
  }
  return inherited;
}

std::string path_of(int socket) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 || address.sun_family != AF_UNIX ||
      size <= offsetof(sockaddr_un, sun_path)) {
    return {};
  }
  const std::string_view path(address.sun_path, size - offsetof(sockaddr_un, sun_path));
  return std::string(path.substr(0, path.find('\0')));
}

}  // namespace respand::app
