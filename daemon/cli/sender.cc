#include "cli/sender.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/origins.h"
#include "cli/record_lines.h"
#include "cli/replies.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// While so many bytes wait for the socket, no more of the files is read.
constexpr std::size_t kOutLimit = 256 * 1024;
constexpr std::size_t kChunk = 64 * 1024;
// The longest answer: most are below 1 KiB, but those to array lines with many bad elements are longer.
constexpr std::size_t kReplyLimit = 64 * 1024;
// While so many runs of origins (32 bytes each) wait for answers, no more of the files is read.
constexpr std::size_t kMaxRuns = 256 * 1024;
// Lines without an answer are kept for another daemon. While they are so many bytes, no more of the files is read.
constexpr std::size_t kMostKept = std::size_t{64} << 20;
// Milliseconds without an answer after which the user is told what is waited for.
constexpr int kLongWait = 2000;
// How long a daemon may let a connection wait in its backlog.
constexpr timeval kConnectPatience{.tv_sec = 5, .tv_usec = 0};

class Sender {
 public:
  Sender(UniqueFd socket, const std::vector<std::string>& files, const SendEvents& events, const SendOptions& options)
      : socket_(std::move(socket)), files_(files), events_(events), options_(options), out_(command()) {}
  SendReport run();

 private:
  // All was read, sent and answered, or nothing more will be.
  [[nodiscard]] bool over() const { return ended_ || (half_closed_ && report_.answered == report_.sent); }
  void open_next();
  void read_file();
  void write();
  void read_replies();
  void take_reply(std::string_view line);
  void take_durable(std::uint64_t through);
  void take_refusal(std::uint64_t number, const Reply& reply);
  void take_numbers(std::uint64_t number, const Reply& reply);
  void keep(std::size_t from);
  void drop_kept(std::uint64_t lines);
  void went_away();
  [[nodiscard]] int patience() const;
  [[nodiscard]] std::string command() const { return options_.sequences ? "!ack sequences\n" : "!ack\n"; }
  void end(SendReport::End how) {
    report_.end = how;
    ended_ = true;
  }
  void unsendable(const std::string& file, std::uint64_t line, std::string_view why) {
    ++report_.unsendable;
    events_.refused(file, line, why);
  }
  [[nodiscard]] std::size_t waiting() const { return out_.size() - written_; }

  UniqueFd socket_;
  const std::vector<std::string>& files_;
  const SendEvents& events_;
  const SendOptions& options_;
  SendReport report_;
  std::string out_;
  std::size_t written_ = 0;             // bytes of out_ that were written
  std::string kept_;                    // lines without an ack, where they may be sent again
  std::uint64_t base_ = 0;              // lines that were acknowledged before this connection
  std::uint64_t refused_answered_ = 0;  // the part of report_.refused, and below of .full, that is acknowledged
  std::uint64_t full_answered_ = 0;
  std::uint64_t refused_through_ = 0;  // the last line that was refused
  Origins origins_;
  RecordLines lines_{out_, origins_,
                     [this](Place place, std::string_view why) { unsendable(files_[place.file], place.line, why); }};
  UniqueFd file_;              // the file that is being read
  std::size_t next_file_ = 0;  // the next one
  std::string replies_;        // the beginning of an answer
  bool writable_ = true;       // the daemon still takes lines
  bool half_closed_ = false;
  bool told_to_wait_ = false;
  bool ended_ = false;
};

void Sender::open_next() {
  const std::string& name = files_[next_file_];
  file_.reset(name == "-" ? ::fcntl(0, F_DUPFD_CLOEXEC, 3) : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file_) {
    unsendable(name, 0, os_error(errno, "open").message);
  } else {
    lines_.begin(static_cast<std::uint32_t>(next_file_));
  }
  ++next_file_;
}

void Sender::read_file() {
  std::array<char, kChunk> chunk;
  const std::size_t before = out_.size();
  const ssize_t size = ::read(file_.get(), chunk.data(), chunk.size());
  if (size > 0) {
    lines_.feed({chunk.data(), static_cast<std::size_t>(size)});
  } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
    const int failed = size == 0 ? 0 : errno;
    lines_.finish();
    file_.reset();
    if (failed != 0) {
      unsendable(files_[next_file_ - 1], 0, os_error(failed, "read").message);
    }
  }
  report_.sent = origins_.sent();
  keep(before);
}

void Sender::keep(std::size_t from) {
  if (options_.reconnect) {
    kept_.append(out_, from);
  }
}

void Sender::drop_kept(std::uint64_t lines) {
  std::size_t end = 0;
  for (; lines > 0 && end < kept_.size(); --lines) {
    const std::size_t found = kept_.find('\n', end);
    end = found == std::string::npos ? kept_.size() : found + 1;
  }
  kept_.erase(0, end);
}

// The daemon went away. What it has not answered is sent to the next one, if there is one.
void Sender::went_away() {
  auto socket = options_.reconnect ? options_.reconnect() : std::nullopt;
  if (!socket) {
    end(system_clock().mono() < options_.deadline ? SendReport::End::kWentAway : SendReport::End::kTimeout);
    return;
  }
  socket_ = std::move(*socket);
  ::fcntl(socket_.get(), F_SETFL, O_NONBLOCK);
  base_ = report_.answered;
  report_.refused = refused_answered_;
  report_.full = full_answered_;
  out_ = command() + kept_;
  written_ = 0;
  replies_.clear();
  writable_ = true;
  half_closed_ = false;
  told_to_wait_ = false;
  if (events_.again) {
    events_.again();
  }
}

void Sender::write() {
  const ssize_t sent = ::send(socket_.get(), out_.data() + written_, waiting(), MSG_NOSIGNAL);
  if (sent >= 0) {
    written_ += static_cast<std::size_t>(sent);
  } else if (errno != EAGAIN && errno != EINTR) {
    writable_ = false;  // The daemon is gone; the answers that it gave before can still be read.
  }
  if (waiting() == 0 || written_ >= kOutLimit) {
    out_.erase(0, std::exchange(written_, 0));
    if (out_.capacity() > 4 * kOutLimit && out_.size() < kOutLimit) {
      out_.shrink_to_fit();
    }
  }
}

void Sender::read_replies() {
  std::array<char, kChunk> chunk;
  const ssize_t size = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (size <= 0) {
    went_away();
    return;
  }
  replies_.append(chunk.data(), static_cast<std::size_t>(size));
  std::string_view rest = replies_;
  for (std::size_t line_end = 0; !ended_ && (line_end = rest.find('\n')) != std::string_view::npos;) {
    take_reply(rest.substr(0, line_end));
    rest.remove_prefix(line_end + 1);
  }
  replies_.erase(0, replies_.size() - rest.size());
  if (replies_.size() > kReplyLimit) {
    end(SendReport::End::kStranger);
  }
}

void Sender::take_reply(std::string_view line) {
  const auto reply = parse_reply(line);
  const std::uint64_t number = reply ? base_ + reply->number : 0;
  const bool is_durable = reply && reply->kind == Reply::Kind::kDurable;
  const bool behind = is_durable ? number < report_.answered : number <= report_.answered;
  if (!reply || number > report_.sent || behind) {
    end(SendReport::End::kStranger);
    return;
  }
  switch (reply->kind) {
    case Reply::Kind::kDurable:
      take_durable(number);
      return;
    case Reply::Kind::kRefused:
      take_refusal(number, *reply);
      return;
    case Reply::Kind::kNumbered:
      take_numbers(number, *reply);
      return;
  }
}

void Sender::take_durable(std::uint64_t through) {
  drop_kept(options_.reconnect ? through - report_.answered : 0);
  report_.answered = through;
  origins_.resolve(through);
  refused_answered_ = report_.refused;
  full_answered_ = report_.full;
}

void Sender::take_refusal(std::uint64_t number, const Reply& reply) {
  ++report_.refused;
  report_.full += reply.full ? std::uint64_t{1} : 0;
  if (number > refused_through_ || !options_.reconnect) {
    const Place place = origins_.find(number);
    events_.refused(files_[place.file], place.line, reply.error);
  }
  refused_through_ = std::max(refused_through_, number);
}

// All records of an array line have the place of that line.
void Sender::take_numbers(std::uint64_t number, const Reply& reply) {
  for (std::uint64_t i = 0; i < reply.records && events_.numbered; ++i) {
    const Place place = origins_.find(std::min(number + i, report_.sent));
    events_.numbered(files_[place.file], place.line, Sequence{reply.sequence + i});
  }
}

// How many milliseconds to wait for something to happen; -1: for ever.
int Sender::patience() const {
  const bool waits = report_.answered < report_.sent && !told_to_wait_;
  if (options_.deadline == MonoTime::max()) {
    return waits ? kLongWait : -1;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(options_.deadline - system_clock().mono()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongWait));
}

SendReport Sender::run() {
  while (!over()) {
    const bool all_read = !file_ && next_file_ == files_.size();
    const bool has_room = waiting() < kOutLimit && origins_.runs() < kMaxRuns && kept_.size() < kMostKept;
    if (!file_ && !all_read && writable_) {
      open_next();
      continue;
    }
    if (all_read && waiting() == 0 && !half_closed_) {
      ::shutdown(socket_.get(), SHUT_WR);
      half_closed_ = true;
      continue;
    }
    std::array<pollfd, 2> entries{
        {{file_ && has_room && writable_ ? file_.get() : -1, POLLIN, 0}, {socket_.get(), POLLIN, 0}}};
    if (waiting() > 0 && writable_) {
      entries[1].events |= POLLOUT;
    }
    const bool waits = report_.answered < report_.sent && !told_to_wait_;
    const int ready = ::poll(entries.data(), entries.size(), patience());
    if (ready <= 0 && system_clock().mono() >= options_.deadline) {
      end(SendReport::End::kTimeout);
      continue;
    }
    if (ready <= 0) {
      if (ready == 0 && waits && events_.waits) {
        told_to_wait_ = true;
        events_.waits();
      }
      continue;
    }
    if ((entries[1].revents & (POLLOUT | POLLERR)) != 0 && waiting() > 0 && writable_) {
      write();
    }
    if ((entries[1].revents & ~POLLOUT) != 0) {
      read_replies();
    }
    if (entries[0].revents != 0) {
      read_file();
    }
    events_.progress(report_);
  }
  return report_;
}

Error why_not_connected(const std::string& path, int code) {
  struct ::stat info {};
  if (code == ECONNREFUSED && ::stat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
    return error(ErrorCode::kInvalid, cat(path, " is not a socket"));
  }
  if (code == EPROTOTYPE) {
    return error(ErrorCode::kInvalid, cat(path, " is a datagram socket, not the one for commands and streams"));
  }
  return os_error(code, cat("connect to ", path));
}

}  // namespace

Result<UniqueFd> connect_to_daemon(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return error(ErrorCode::kInvalid, cat("\"", printable(path, 128), "\" can't be the path of a socket"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // The send time-out also bounds connect(2) on a Unix socket.
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kConnectPatience, sizeof kConnectPatience) != 0 ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return why_not_connected(path, errno);
  }
  return socket;
}

SendReport send_records(UniqueFd socket, const std::vector<std::string>& files, const SendEvents& events,
                        const SendOptions& options) {
  ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  return Sender(std::move(socket), files, events, options).run();
}

}  // namespace respand::cli
