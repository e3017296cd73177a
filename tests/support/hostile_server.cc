#include "tests/support/hostile_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "respand/base/text.h"
#include "tests/support/http_text.h"

namespace respand::test {
namespace {

constexpr std::string_view kGood =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n{\"message\":\"log successful\"}";

void reset(UniqueFd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket.reset();
}

bool again(int error) { return error == EAGAIN || error == EINTR; }

}  // namespace

HostileServer::HostileServer(std::vector<Act> script) : script_(std::move(script)) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  stop_.reset(::eventfd(0, EFD_CLOEXEC));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (script_.empty() || ::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 1024) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0) {
    std::perror("test support: hostile server");
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { serve(); });
}

HostileServer::~HostileServer() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
}

std::string HostileServer::url() const { return cat("http://127.0.0.1:", port_); }

std::size_t HostileServer::connections() const {
  return seen_.with([](const Seen& seen) { return seen.connections; });
}

std::vector<std::string> HostileServer::bodies() const {
  return seen_.with([](const Seen& seen) { return seen.bodies; });
}

void HostileServer::serve() {
  std::vector<pollfd> entries;
  for (;;) {
    entries.assign({{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}});
    bool slow = false;
    for (const Connection& connection : open_) {
      const bool writes = !connection.out.empty() || !connection.endless.empty();
      slow = slow || (writes && connection.slow);
      entries.push_back(
          {connection.socket.get(), static_cast<short>(POLLIN | (writes && !connection.slow ? POLLOUT : 0)), 0});
    }
    ::poll(entries.data(), entries.size(), slow ? 1 : -1);
    if (entries[0].revents != 0) {
      return;
    }
    for (std::size_t i = 0; i < open_.size(); ++i) {
      Connection& connection = open_[i];
      const short events = entries[i + 2].revents;
      if ((events & ~POLLOUT) != 0) {
        read(connection);
      }
      if (!connection.gone && ((events & POLLOUT) != 0 || connection.slow)) {
        write(connection);
      }
    }
    std::erase_if(open_, [](const Connection& connection) { return connection.gone; });
    if (entries[1].revents != 0) {
      accept();
    }
  }
}

void HostileServer::accept() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    return;
  }
  const std::size_t number = seen_.with([](Seen& seen) { return seen.connections++; });
  const Act act = script_[std::min(number, script_.size() - 1)];
  if (act == Act::kResetAtOnce) {
    reset(socket);
  } else if (act != Act::kCloseAtOnce) {
    open_.push_back(Connection{.socket = std::move(socket), .act = act, .in = {}, .out = {}, .endless = {}});
  }
}

void HostileServer::read(Connection& connection) {
  std::array<char, 65536> buffer;
  const ssize_t size = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
  if (size <= 0) {
    connection.gone = size == 0 || !again(errno);
    return;
  }
  connection.in.append(buffer.data(), static_cast<std::size_t>(size));
  while (auto request = take_message(connection.in)) {
    seen_.with([&](Seen& seen) { seen.bodies.push_back(std::move(request->body)); });
    respond(connection);
  }
}

void HostileServer::respond(Connection& connection) {
  std::string& out = connection.out;
  switch (connection.act) {
    case Act::kAnswer:
      out.append(kGood);
      return;
    case Act::kAnswerClose:
      out.append(kGood).insert(out.find("\r\n") + 2, "Connection: close\r\n");
      connection.close_after = true;
      return;
    case Act::kCloseBehind:
      out.append(kGood);
      connection.close_after = true;
      return;
    case Act::kReset:
      reset(connection.socket);
      connection.gone = true;
      return;
    case Act::kResetAtOnce:
    case Act::kCloseAtOnce:
    case Act::kClose:
      connection.gone = true;
      return;
    case Act::kHalfHead:
      out.append(kGood.substr(0, 40));
      connection.close_after = true;
      return;
    case Act::kHalfBody:
      out.append(kGood.substr(0, kGood.size() - 10));
      connection.close_after = true;
      return;
    case Act::kLongBody:
      out.append(kGood).append("and more that nobody asked for");
      return;
    case Act::kHang:
      return;
    case Act::kEndlessBody:
      out.append("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      connection.endless = cat("4000\r\n", std::string(0x4000, 'x'), "\r\n");
      return;
    case Act::kEndlessHead:
      out.append("HTTP/1.1 200 OK\r\n");
      connection.endless = cat("X-More: ", std::string(1000, 'x'), "\r\n");
      return;
    case Act::kEndlessHints:
      connection.endless = "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n";
      return;
    case Act::kSlow:
      out.append(kGood);
      connection.slow = true;
      return;
    case Act::kNotHttp:
      out.append("220 mail.example ESMTP\r\n");
      connection.close_after = true;
      return;
    case Act::kWrongJson:
      out.append(
          "HTTP/1.1 429 No\r\nRetry-After: soon\r\nX-RateLimit-Reset: never\r\nContent-Length: 32\r\n"
          "Connection: close\r\n\r\n{\"retry_after\":{\"retry_after\":\"x");
      connection.close_after = true;
      return;
  }
}

void HostileServer::write(Connection& connection) {
  if (connection.out.empty()) {
    connection.out = connection.endless;
  }
  if (connection.out.empty()) {
    return;
  }
  const std::size_t size = connection.slow ? 1 : connection.out.size();
  const ssize_t sent = ::send(connection.socket.get(), connection.out.data(), size, MSG_NOSIGNAL);
  if (sent < 0) {
    connection.gone = !again(errno);
    return;
  }
  connection.out.erase(0, static_cast<std::size_t>(sent));
  connection.gone = connection.out.empty() && connection.close_after;
}

}  // namespace respand::test
