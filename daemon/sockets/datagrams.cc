#include "sockets/datagrams.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sockets/elements.h"

namespace respand::sockets {
namespace {

// How many datagrams are read before other work of the loop gets its turn.
constexpr int kDatagramsATurn = 64;
// At the end, more than a Unix datagram queue holds (net.unix.max_dgram_qlen is 512 at most by default).
constexpr int kDatagramsAtEnd = 4096;
// After a datagram larger than this its memory is given back to the system.
constexpr std::size_t kUsual = 256 * 1024;

bool blank(std::string_view bytes) { return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos; }

// The sender's user and group, as the kernel says; none where it does not say.
std::optional<net::Peer> sender_of(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(control), sizeof sender);
      return net::Peer{sender.uid, sender.gid};
    }
  }
  return std::nullopt;
}

}  // namespace

Datagrams::Datagrams(net::Loop& loop, UniqueFd socket, const Settings& settings, BatchingProducer& producer,
                     PeerQuotas& users, metrics::Registry& registry, const Clock& clock)
    : settings_(settings),
      producer_(producer),
      peer_quotas_(users),
      clock_(clock),
      counters_(registry, encode::kInputDatagram),
      watcher_(std::make_unique<net::FdWatcher>(loop, std::move(socket), [this] { read_some(); })),
      memory_(std::make_unique_for_overwrite<char[]>(settings.max_record.value + 1)) {}

Status Datagrams::start() {
  const int on = 1;
  if (!watcher_->ok() || ::setsockopt(watcher_->fd(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return error(ErrorCode::kIo, "the event loop can't watch the datagram socket");
  }
  watcher_->when_readable();
  return {};
}

Datagrams::Received Datagrams::receive() {
  iovec place{memory_.get(), static_cast<std::size_t>(settings_.max_record.value) + 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  // `control` has no room for descriptors that a sender may pass along: the kernel closes them.
  const ssize_t n = ::recvmsg(watcher_->fd(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0) {
    return Received::kNone;
  }
  const auto size = static_cast<std::size_t>(n);
  counters_.bytes.add(static_cast<double>(size));
  const std::optional<net::Peer> sender = sender_of(message);
  const std::string_view bytes = record::without_byte_order_mark({memory_.get(), size});
  if (blank(bytes) || !admits(sender, bytes)) {
    return Received::kOne;
  }
  const Received received = take(bytes, (message.msg_flags & MSG_TRUNC) == 0);
  user_ = nullptr;
  return received;
}

// Whether the sender may hand the datagram in; if so, the sender is the user. A sender over its rate limit is refused
// and not waited for: all senders share the socket, so waiting for one would hold up all.
bool Datagrams::admits(const std::optional<net::Peer>& sender, std::string_view bytes) {
  if (!peer_quotas_.access().admits(sender)) {
    refuse_user("datagram refused: its user is neither in socket.allow_uids nor of a group in socket.allow_gids",
                counters_.rejected_request, sender);
    return false;
  }
  if (!sender) {
    return true;
  }
  PeerQuota& user = peer_quotas_.of(sender->uid, clock_.mono());
  if (user.wait(clock_.mono()) > Duration{0}) {
    user.turned_away();
    refuse_user("datagram refused: its user is over socket.rate_limit", counters_.rejected_rate, sender);
    return false;
  }
  user.took_bytes(bytes.size());
  waiting_uid_ = sender->uid;
  user_ = &user;
  return true;
}

void Datagrams::refuse_user(std::string_view why, const metrics::Counter& rejected,
                            const std::optional<net::Peer>& sender) {
  counters_.received.add();
  rejected.add();
  if (refusals_.open(clock_.mono())) {
    log::warning(why, {{"uid", sender ? std::int64_t{sender->uid} : -1}, {"held_back", refusals_.held_back()}});
  }
}

Datagrams::Received Datagrams::take(std::string_view bytes, bool whole) {
  if (!whole || Bytes{bytes.size()} > settings_.max_record) {
    counters_.received.add();
    counters_.rejected(record::Reason::kTooLarge);
    note_refused({record::Reason::kTooLarge, 0, over_the_limit(settings_.max_record)});
  } else if (submit(bytes) == Received::kFull) {
    return Received::kFull;
  }
  if (bytes.size() > kUsual) {
    memory_ = std::make_unique_for_overwrite<char[]>(settings_.max_record.value + 1);
  }
  return Received::kOne;
}

Datagrams::Received Datagrams::submit(std::string_view bytes) {
  using Result = BatchingProducer::Submission::Result;
  const BatchingProducer::Submission submission = producer_.submit({this, false, &counters_, 0}, bytes);
  switch (submission.result) {
    case Result::kTaken:
      break;
    case Result::kWait:
      waiting_ = bytes;
      return Received::kFull;
    case Result::kFull:
      count_refused(1);
      break;
    case Result::kRefused:
      note_refused(submission.refusal);
      break;
  }
  return Received::kOne;
}

void Datagrams::note_refused(const record::Refusal& refusal) {
  count_refused(1);
  log::warning(
      "record refused",
      {{"input", counters_.input}, {"reason", name_of(refusal.reason)}, {"why", refusal.message}, {"uid", uid()}});
}

void Datagrams::read_some() {
  for (int n = 0; n < kDatagramsATurn; ++n) {
    switch (receive()) {
      case Received::kOne:
        continue;
      case Received::kNone:
        break;
      case Received::kFull:
        producer_.wait_for_room(*this);
        return;
    }
    break;
  }
  watcher_->when_readable();
}

void Datagrams::on_room() {
  const std::string_view bytes = std::exchange(waiting_, {});
  user_ = bytes.empty() ? nullptr : &peer_quotas_.of(waiting_uid_, clock_.mono());
  const bool full = !bytes.empty() && take(bytes, true) == Received::kFull;
  user_ = nullptr;
  if (full) {
    producer_.wait_for_room(*this);
  } else if (watcher_ != nullptr) {
    read_some();
  }
}

void Datagrams::stop() {
  for (int n = 0; waiting_.empty() && n < kDatagramsAtEnd && receive() == Received::kOne; ++n) {
  }
  if (!waiting_.empty()) {
    producer_.wait_for_room(*this);
  }
  watcher_.reset();
}

}  // namespace respand::sockets
