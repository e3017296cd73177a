#include "tests/sockets/bench.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "respand/base/log.h"
#include "respand/base/text.h"
#include "tests/encode/payloads.h"
#include "tests/support/patience.h"
#include "tests/support/socket.h"

namespace respand::sockets::test {

bool ScriptedIntake::offer(std::unique_ptr<journal::Batch>& batch) noexcept {
  EXPECT_GT(batch->records(), 0U);
  if (ring_full) {
    return false;
  }
  for (std::string& payload : encode::test::payloads_of(*batch, &attributes)) {
    payloads.push_back(std::move(payload));
  }
  ++offered;
  batches.push_back(std::move(batch));
  if (at_once) {
    complete();
  }
  return true;
}

void ScriptedIntake::complete(std::size_t n, journal::CommitResult outcome) {
  for (; n > 0; --n) {
    std::unique_ptr<journal::Batch> batch = std::move(batches.front());
    batches.pop_front();
    journal::Producer& producer = batch->producer();
    producer.committed(std::move(batch), outcome);
  }
}

std::size_t ScriptedIntake::bytes() const {
  std::size_t bytes = 0;
  for (const auto& batch : batches) {
    bytes += batch->capacity();
  }
  return bytes;
}

Peer Peer::connect_unix(const std::string& path) {
  return Peer(respand::test::connected_unix_socket(path, SOCK_STREAM | SOCK_NONBLOCK));
}

Peer Peer::connect_tcp(std::uint16_t port) {
  return Peer(respand::test::connected_tcp_socket(port, "127.0.0.1", SOCK_STREAM | SOCK_NONBLOCK));
}

std::size_t Peer::send_some(std::string_view bytes) {
  const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

void Peer::half_close() { ::shutdown(socket_.get(), SHUT_WR); }

void Peer::read() {
  std::array<char, 65536> buffer;
  while (socket_ && !ended_) {
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) {
      heard_.append(buffer.data(), static_cast<std::size_t>(n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)) {
      ended_ = true;
    } else {
      return;
    }
  }
}

Bench::Bench() {
  log::set_level(log::Level::kError);
  rlimit descriptors{};  // Both ends of a thousand connections are ours.
  ::getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  settings.socket_path = folder / "respand.sock";
  settings.stop_commit = settings.stop_answer = std::chrono::minutes{5};  // no matter how slow the machine is
  settings.additions = {.timestamp = false, .custom_identifier = false};
}

Bench::~Bench() {
  // The contract of the journal: all is committed before the listeners go.
  intake.ring_full = false;
  while (listeners != nullptr && !intake.batches.empty()) {
    intake.commit_all(journal::CommitResult::kStopped);
    loop.restart();
    loop.poll();
  }
}

void Bench::open() {
  listeners = std::make_unique<SocketIntake>(loop, settings, intake, registry, clock);
  const Status opened = listeners->start();
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
}

void Bench::quiet() {
  do {
    loop.restart();
  } while (loop.poll() > 0);
}

void Bench::until(const std::function<bool()>& condition) {
  const respand::test::Deadline deadline;
  while (!condition()) {
    if (deadline.passed()) {
      ADD_FAILURE() << "waited in vain";
      return;
    }
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(20));
  }
}

void Bench::send(Peer& peer, std::string_view bytes) {
  until([&] {
    bytes.remove_prefix(peer.send_some(bytes));
    return bytes.empty();
  });
}

void Bench::say(Peer& peer, std::string_view bytes) {
  send(peer, bytes);
  quiet();
}

void Bench::run_until_quiet(journal::CommitResult outcome) {
  quiet();
  while (!intake.batches.empty()) {
    intake.commit_all(outcome);
    quiet();
  }
}

double Bench::metric(std::string_view line_start) const {
  const std::string text = registry.expose();
  const std::size_t at = text.find("\n" + std::string(line_start) + " ");
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + line_start.size() + 2, nullptr);
}

double Bench::received(std::string_view input) const {
  return metric(cat("respand_records_received_total{input=\"", input, "\"}"));
}

double Bench::rejected(std::string_view input, std::string_view reason) const {
  return metric(cat("respand_records_rejected_total{input=\"", input, "\",reason=\"", reason, "\"}"));
}

}  // namespace respand::sockets::test
