#include "cli/control_client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <iostream>
#include <utility>

#include "cli/configuration.h"
#include "cli/program.h"
#include "cli/sender.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// Keys of the configuration that this command reads.
constexpr std::array<std::string_view, 1> kControlKeys = {"control.path"};

// A daemon that does not answer for this long hangs.
constexpr timeval kControlPatience{.tv_sec = 10, .tv_usec = 0};

// How the listener for records answers requests that it does not know: the path given was not the control socket.
constexpr std::string_view kOfTheIntake = "not found: respand serves POST of";

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

Result<UniqueFd> connected(const std::string& path) {
  auto socket = connect_to_daemon(path);
  if (socket) {
    ::setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &kControlPatience, sizeof kControlPatience);
    ::setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &kControlPatience, sizeof kControlPatience);
  }
  return socket;
}

std::string request(std::string_view method, std::string_view target, std::string_view body) {
  return cat(method, " ", target, " HTTP/1.1\r\nHost: respand\r\nConnection: close\r\nContent-Length: ", body.size(),
             "\r\n\r\n", body);
}

// The status, and where the body begins; none where the text is not a whole head of respand's.
std::optional<std::pair<int, std::size_t>> head_of(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  int status = 0;
  if (end == std::string_view::npos || !text.starts_with("HTTP/1.1 ") ||
      std::from_chars(text.data() + 9, text.data() + 12, status).ec != std::errc{}) {
    return std::nullopt;
  }
  return std::pair{status, end + 4};
}

// The error where the daemon closed at once: it does not admit this user.
Error stranger(const std::string& path) {
  return error(ErrorCode::kPermission, cat("the daemon at ", path, " answers only root and its own user"));
}
Error foreign(const std::string& path) {
  return error(ErrorCode::kInvalid, cat("what answers at ", path, " is not respand"));
}

}  // namespace

Result<ControlAnswer> ask_daemon(const std::string& path, std::string_view method, std::string_view target,
                                 std::string_view body) {
  auto socket = connected(path);
  if (!socket) {
    return std::move(socket).error();
  }
  // If the daemon has closed already, sending fails or nothing comes back; both mean the same.
  const Status sent = send_all(socket->get(), request(method, target, body));
  auto text = sent ? read_all(socket->get()) : Result<std::string>(std::string());
  if (!text) {
    return std::move(text).fail(cat("the daemon at ", path));
  }
  if (text->empty()) {
    return stranger(path);
  }
  const auto head = head_of(*text);
  if (!head) {
    return foreign(path);
  }
  if (head->first == 404 && text->find(kOfTheIntake, head->second) != std::string::npos) {
    return error(ErrorCode::kInvalid, cat(path, " is the socket for records; the control socket is control.path (",
                                          config::Config().control.path, " by default)"));
  }
  return ControlAnswer{head->first, text->substr(head->second)};
}

std::optional<std::string> control_path(const std::string& given, const std::string& config) {
  if (!given.empty()) {
    return given;
  }
  const auto loaded = load_places(config, kControlKeys);
  return loaded ? std::optional(loaded->control.path) : std::nullopt;
}

int unreachable(std::string_view command, const Error& why) {
  std::cerr << "respand " << command << ": " << why.message;
  switch (why.code) {
    case ErrorCode::kPermission:
      std::cerr << "; it answers root and respand only: sudo respand " << command << '\n';
      return kFailed;
    case ErrorCode::kInvalid:
      std::cerr << '\n';
      return kFailed;
    default:
      std::cerr << "; is respand running?\n";
      return kTryAgain;
  }
}

Result<ControlStream> ControlStream::open(const std::string& path, std::string_view target) {
  auto socket = connected(path);
  if (!socket) {
    return std::move(socket).error();
  }
  const Status sent = send_all(socket->get(), request("GET", target, {}));
  ControlStream stream(std::move(*socket));
  std::optional<std::pair<int, std::size_t>> head;
  while (sent && !(head = head_of(stream.text_)) && stream.read_more()) {
  }
  if (stream.text_.empty()) {
    return stranger(path);
  }
  if (!head) {
    return foreign(path);
  }
  if (head->first != 200) {
    while (stream.read_more()) {
    }
    std::string words = stream.text_.substr(head->second);
    words.erase(words.find_last_not_of('\n') + 1);
    return error(ErrorCode::kInvalid, words);
  }
  stream.at_ = head->second;
  // From here on there is no time-out: lines come only when something happens.
  constexpr timeval kForEver{};
  ::setsockopt(stream.socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &kForEver, sizeof kForEver);
  return stream;
}

bool ControlStream::read_more() {
  std::array<char, 65536> piece;
  ssize_t got = 0;
  do {
    got = ::recv(socket_.get(), piece.data(), piece.size(), 0);
  } while (got < 0 && errno == EINTR);
  timed_out_ = got < 0 && errno == EAGAIN;
  if (got > 0) {
    text_.append(piece.data(), static_cast<std::size_t>(got));
  }
  return got > 0;
}

void ControlStream::set_patience(Duration patience) {
  const auto microseconds = std::max<std::int64_t>(1, patience.count());
  const timeval time{.tv_sec = microseconds / 1'000'000, .tv_usec = microseconds % 1'000'000};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

std::optional<std::string_view> ControlStream::next_line() {
  text_.erase(0, at_);
  at_ = 0;
  std::size_t looked = 0;
  std::size_t end = 0;
  while ((end = text_.find('\n', looked)) == std::string::npos) {
    looked = text_.size();
    if (!read_more()) {
      return std::nullopt;
    }
  }
  at_ = end + 1;
  return std::string_view(text_).substr(0, end);
}

}  // namespace respand::cli
