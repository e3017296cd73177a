#include "raw_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "respand/base/text.h"

namespace respand::http {

std::optional<std::string> Peer::request() {
  std::array<char, 65536> buffer{};
  std::size_t needed = std::string::npos;
  for (;;) {
    if (needed == std::string::npos) {
      if (const std::size_t end = read_.find("\r\n\r\n"); end != std::string::npos) {
        const std::size_t length = read_.find("Content-Length: ");
        needed = end + 4 + (length < end ? std::strtoul(read_.c_str() + length + 16, nullptr, 10) : 0);
      }
    }
    if (needed != std::string::npos && read_.size() >= needed) {
      std::string request = read_.substr(0, needed);
      read_.erase(0, needed);
      return request;
    }
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return std::nullopt;
    }
    read_.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

std::string Peer::some() const {
  std::array<char, 16384> buffer{};
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
}

bool Peer::read_until(std::string_view text) {
  std::array<char, 4096> buffer{};
  std::size_t found = 0;
  while ((found = read_.find(text)) == std::string::npos) {
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      return false;
    }
    read_.append(buffer.data(), static_cast<std::size_t>(got));
  }
  read_.erase(0, found + text.size());
  return true;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // The descriptor's owner closes it later: connecting to nowhere is what resets it at once.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  ::connect(fd_, &nowhere, sizeof nowhere);
}

void Peer::close() { ::shutdown(fd_, SHUT_RDWR); }

void Peer::hang() const {
  std::array<char, 4096> buffer{};
  while (::recv(fd_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

RawServer::RawServer(std::function<void(Peer&)> script, Place place)
    : script_(std::move(script)), place_(place), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(place.port);
  EXPECT_EQ(::inet_pton(AF_INET, place.address, &address.sin_addr), 1);
  socklen_t size = sizeof address;
  auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
  EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
  EXPECT_EQ(::listen(listener_.get(), 128), 0);
  EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { accept_all(); });
}

RawServer::~RawServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // ends accept()
  thread_.join();
  std::list<Connection> all;
  connections_.with([&](auto& list) { all.swap(list); });
  for (Connection& connection : all) {
    ::shutdown(connection.fd.get(), SHUT_RDWR);
  }
}

void RawServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) {
      return;
    }
    connections_.with([&](auto& list) {
      Connection& connection = list.emplace_back();
      connection.fd.reset(fd);
      connection.thread = std::jthread([this, fd] { run_script(fd); });
    });
  }
}

void RawServer::run_script(int fd) {
  const std::unique_ptr<Peer> peer = place_.make_peer != nullptr ? place_.make_peer(fd) : std::make_unique<Peer>(fd);
  if (peer) {
    script_(*peer);
  }
  ::shutdown(fd, SHUT_RDWR);
}

std::string RawServer::url() const {
  return cat(place_.make_peer != nullptr ? "https" : "http", "://127.0.0.1:", port_, "/api/request-logs/create/");
}

std::size_t RawServer::connections() const {
  return connections_.with([](const auto& list) { return list.size(); });
}

std::string reply(int status, std::string_view body, std::string_view headers) {
  return cat("HTTP/1.1 ", status, " Whatever\r\nContent-Type: application/json\r\n", headers,
             "Content-Length: ", body.size(), "\r\n\r\n", body);
}

}  // namespace respand::http
