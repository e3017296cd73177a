#pragma once
// Bench: the fixture of the tests of sockets: an io_context that the test itself steps, a journal intake that commits
// when told, and the other end of the sockets. One thread. Nothing sleeps: every step ends when the loop has nothing
// ready.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/base/clock.h"
#include "respand/base/fd.h"
#include "respand/journal/writer.h"
#include "respand/metrics/metrics.h"
#include "sockets/socket_intake.h"
#include "tests/support/files.h"

namespace respand::sockets::test {

class ScriptedIntake final : public journal::JournalWriter {
 public:
  [[nodiscard]] bool offer(std::unique_ptr<journal::Batch>& batch) noexcept override;
  [[nodiscard]] bool accepting() const noexcept override { return accepts; }
  [[nodiscard]] Sequence durable_end() const noexcept override { return {}; }

  // Commits the oldest `n` batches. Requires: as many are waiting.
  void complete(std::size_t n = 1, journal::CommitResult outcome = journal::CommitResult::kDurable);
  void commit_all(journal::CommitResult outcome = journal::CommitResult::kDurable) {
    complete(batches.size(), outcome);
  }
  [[nodiscard]] std::size_t bytes() const;

  bool accepts = true;
  bool ring_full = false;  // offer() refuses
  bool at_once = false;    // batches are committed as they are offered
  std::deque<std::unique_ptr<journal::Batch>> batches;
  std::vector<std::string> payloads;    // of all batches offered, in order
  std::vector<std::string> attributes;  // the same
  std::size_t offered = 0;
};

// The writer's end of a stream socket; never blocks.
class Peer {
 public:
  Peer() = default;
  explicit Peer(UniqueFd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] static Peer connect_unix(const std::string& path);
  [[nodiscard]] static Peer connect_tcp(std::uint16_t port);

  [[nodiscard]] bool connected() const { return static_cast<bool>(socket_); }
  [[nodiscard]] int fd() const { return socket_.get(); }
  // Sends what the kernel takes now, and returns how much.
  std::size_t send_some(std::string_view bytes);
  void half_close();
  void close() { socket_.reset(); }
  // Reads what is there.
  void read();
  [[nodiscard]] bool ended() {
    read();
    return ended_;
  }
  // All that has come so far; take() forgets it.
  [[nodiscard]] const std::string& heard() {
    read();
    return heard_;
  }
  std::string take() {
    read();
    return std::exchange(heard_, {});
  }

 private:
  UniqueFd socket_;
  std::string heard_;
  bool ended_ = false;
};

class Bench : public ::testing::Test {
 protected:
  Bench();
  ~Bench() override;

  // Opens the listeners as `settings` says (socket_path is set).
  void open();
  [[nodiscard]] Peer connect() { return Peer::connect_unix(settings.socket_path); }
  // Runs the loop until nothing is ready.
  void quiet();
  // Runs the loop until `condition()`; a failure after long patience.
  void until(const std::function<bool()>& condition);
  // Sends all of it, running the loop.
  void send(Peer& peer, std::string_view bytes);
  // Sends, and waits until the loop is quiet.
  void say(Peer& peer, std::string_view bytes);
  // Runs the loop, committing whatever is offered, until nothing moves.
  void run_until_quiet(journal::CommitResult outcome = journal::CommitResult::kDurable);
  [[nodiscard]] double metric(std::string_view line_start) const;
  [[nodiscard]] double received(std::string_view input) const;
  [[nodiscard]] double rejected(std::string_view input, std::string_view reason) const;

  const respand::test::TempDir folder;
  boost::asio::io_context loop;
  ManualClock clock;
  mutable metrics::Registry registry;
  ScriptedIntake intake;
  SocketIntake::Settings settings;
  std::unique_ptr<SocketIntake> listeners;
};

}  // namespace respand::sockets::test
