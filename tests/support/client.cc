#include "tests/support/client.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "tests/support/socket.h"

namespace respand::test {

Client Client::connect_unix(const std::string& path) { return Client(connected_unix_socket(path)); }

Client Client::connect_tcp(std::uint16_t port, const std::string& address) {
  return Client(connected_tcp_socket(port, address));
}

bool Client::send(std::string_view bytes, Duration within) {
  const Deadline deadline(within);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !deadline.wait(socket_.get(), POLLOUT)) {
      return false;
    }
  }
  return true;
}

void Client::half_close() { ::shutdown(socket_.get(), SHUT_WR); }

void Client::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  socket_.reset();
}

bool Client::fill(const Deadline& deadline) {
  if (ended_ || !deadline.wait(socket_.get(), POLLIN)) {
    return false;
  }
  std::array<char, 65536> buffer;
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  ended_ = size <= 0;
  if (!ended_) {
    in_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return !ended_;
}

std::optional<std::string> Client::read_line(Duration within) {
  const Deadline deadline(within);
  std::size_t end = 0;
  for (bool late = false; (end = in_.find('\n')) == std::string::npos; late = deadline.passed()) {
    if (late || !fill(deadline)) {
      return std::nullopt;
    }
  }
  std::string line = in_.substr(0, end);
  in_.erase(0, end + 1);
  return line;
}

std::string Client::read_all(Duration within) {
  const Deadline deadline(within);
  while (fill(deadline) && !deadline.passed()) {  // Some peers never pause.
  }
  return std::exchange(in_, {});
}

std::optional<HttpMessage> Client::read_answer(Duration within) {
  const Deadline deadline(within);
  for (bool late = false;; late = deadline.passed()) {
    if (auto answer = take_message(in_)) {
      return answer;
    }
    if (late || !fill(deadline)) {
      return std::nullopt;
    }
  }
}

std::optional<HttpMessage> Client::request(std::string_view method, std::string_view path, std::string_view body,
                                           const Headers& headers, Duration within) {
  // The answer may come before the whole request was read (413), so it does not matter how much could be sent.
  send(http_request(method, path, body, headers), within);
  return read_answer(within);
}

}  // namespace respand::test
