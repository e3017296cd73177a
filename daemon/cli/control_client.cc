#include "cli/control_client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "cli/sender.h"
#include "respand/base/fd.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// A daemon that does not answer for this long hangs.
constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};

Status send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
      return os_error(errno, "send");
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent > 0 ? sent : 0));
  }
  return {};
}

Result<std::string> read_all(int fd) {
  std::string text;
  std::array<char, 16384> piece;
  for (;;) {
    const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
    if (got == 0) {
      return text;
    }
    if (got < 0 && errno != EINTR) {
      return errno == ECONNRESET && text.empty() ? Result<std::string>(text)
                                                 : Result<std::string>(os_error(errno, "read"));
    }
    text.append(piece.data(), static_cast<std::size_t>(got > 0 ? got : 0));
  }
}

}  // namespace

Result<ControlAnswer> ask_daemon(const std::string& path, std::string_view method, std::string_view target,
                                 std::string_view body) {
  auto socket = connect_to_daemon(path);
  if (!socket) {
    return std::move(socket).error();
  }
  ::setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  const std::string request =
      cat(method, " ", target, " HTTP/1.1\r\nHost: respand\r\nConnection: close\r\nContent-Length: ", body.size(),
          "\r\n\r\n", body);
  // A daemon that does not know us closes at once: then the sending fails, or nothing comes back.
  const Status sent = send_all(socket->get(), request);
  auto text = sent ? read_all(socket->get()) : Result<std::string>(std::string());
  if (!text) {
    return std::move(text).fail(cat("the daemon at ", path));
  }
  if (text->empty()) {
    return error(ErrorCode::kPermission,
                 cat("the daemon at ", path, " answers only root and its own user: try with sudo"));
  }
  const std::size_t end = text->find("\r\n\r\n");
  ControlAnswer answer;
  if (end == std::string::npos || !text->starts_with("HTTP/1.1 ") ||
      std::from_chars(text->data() + 9, text->data() + 12, answer.status).ec != std::errc{}) {
    return error(ErrorCode::kInvalid, cat("what answers at ", path, " is not respand"));
  }
  answer.body = text->substr(end + 4);
  return answer;
}

}  // namespace respand::cli
