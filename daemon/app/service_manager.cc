#include "app/service_manager.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace respand::app {
namespace {

// How long a message that must arrive waits while the manager is busy.
constexpr int kPatienceMs = 1000;

enum class Must : bool { kNo, kYes };

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
};

// $NOTIFY_SOCKET: a path, or an abstract name with an @ in front.
std::optional<Address> manager_address() {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = name == nullptr ? "" : name;
  Address address;
  if (path.size() < 2 || path.size() >= sizeof address.name.sun_path || (path[0] != '/' && path[0] != '@')) {
    return std::nullopt;
  }
  address.name.sun_family = AF_UNIX;
  path.copy(address.name.sun_path, path.size());
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path[0] == '/' ? 1 : 0));
  if (path[0] == '@') {
    address.name.sun_path[0] = '\0';
  }
  return address;
}

bool send_once(int socket, std::string_view message, std::span<const int> descriptors) {
  iovec text{const_cast<char*>(message.data()), message.size()};  // only read
  msghdr header{};
  header.msg_iov = &text;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

// False: the message was not sent.
bool notify(std::string_view message, Must must = Must::kNo, std::span<const int> descriptors = {}) {
  const auto address = manager_address();
  if (!address) {
    return false;
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address->name), address->size) != 0) {
    return false;
  }
  const MonoTime end = system_clock().mono() + std::chrono::milliseconds{kPatienceMs};
  while (!send_once(socket.get(), message, descriptors)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - system_clock().mono()).count();
    if ((errno != EAGAIN && errno != EINTR) || must == Must::kNo || left <= 0) {
      return false;
    }
    pollfd writable{socket.get(), POLLOUT, 0};
    static_cast<void>(::poll(&writable, 1, static_cast<int>(left)));
  }
  return true;
}

}  // namespace

bool service_manager_listens() { return manager_address().has_value(); }

void notify_ready(std::string_view status) { notify(cat("READY=1\nSTATUS=", status), Must::kYes); }

void notify_reloading() {
  notify(cat("RELOADING=1\nMONOTONIC_USEC=", system_clock().mono().time_since_epoch().count()), Must::kYes);
}

void notify_stopping(Duration most) {
  notify(cat("STOPPING=1\nEXTEND_TIMEOUT_USEC=", most.count(), "\nSTATUS=stopping"), Must::kYes);
}

void notify_status(std::string_view status) { notify(cat("STATUS=", status)); }

void notify_starting(std::string_view status, Duration more) {
  notify(cat("EXTEND_TIMEOUT_USEC=", more.count(), "\nSTATUS=", status));
}

void notify_alive() { notify("WATCHDOG=1"); }

// FDPOLL=0 (systemd 246) keeps the manager from dropping connections whose peer has hung up: that peer may have left
// bytes to be read.
bool store_descriptors(std::string_view name, std::span<const int> descriptors) {
  return notify(cat("FDSTORE=1\nFDNAME=", name, "\nFDPOLL=0"), Must::kYes, descriptors);
}

void forget_descriptors(std::string_view name) { notify(cat("FDSTOREREMOVE=1\nFDNAME=", name), Must::kYes); }

}  // namespace respand::app
