#include "app/inherited.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "respand/base/text.h"

namespace respand::app {
namespace {

std::optional<int>* place_for(int fd, Inherited& inherited) {
  if (::sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0) {
    return &inherited.stream;
  }
  if (::sd_is_socket(fd, AF_UNIX, SOCK_DGRAM, -1) > 0) {
    return &inherited.datagram;
  }
  if (::sd_is_socket_inet(fd, AF_UNSPEC, SOCK_STREAM, 1, 0) > 0) {
    return &inherited.http;
  }
  return nullptr;
}

}  // namespace

Result<Inherited> inherited_sockets() {
  Inherited inherited;
  const int count = ::sd_listen_fds(1);
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
    std::optional<int>* const place = place_for(fd, inherited);
    if (place == nullptr) {
      return error(ErrorCode::kInvalid,
                   cat("the service manager handed over descriptor ", fd,
                       ", which is no listening Unix stream, Unix datagram or TCP socket: see respand.socket"));
    }
    if (*place) {
      return error(ErrorCode::kInvalid, cat("the service manager handed over two sockets of one kind (descriptors ",
                                            **place, " and ", fd, "): respand takes one each"));
    }
    *place = fd;
  }
  return inherited;
}

}  // namespace respand::app
