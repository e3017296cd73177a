#pragma once
// Load: writers at every input of a daemon at once, which come back after it was killed and tell an Oracle what was
// acknowledged. Each runs on a thread of its own until the object is destroyed. They can be paused, and then have
// nothing in flight.

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/daemon.h"
#include "tests/integration/oracle.h"

namespace respand::test {

class Load {
 public:
  struct Writers {
    std::size_t stream = 2;  // pipelining, with acknowledgements
    std::size_t http = 2;    // one record or a few a request
    std::size_t spool = 1;   // files: plain, .gz, .zst
  };

  // Both are borrowed.
  Load(const Daemon& daemon, Oracle& oracle, const Writers& writers);
  ~Load();

  // Returns when all writers pause. Requires: the daemon is dead, or still takes what it was sent.
  [[nodiscard]] bool pause();
  void go_on() { closed_ = false; }
  // While more records than this are acknowledged and have not arrived, writers hold back. At first there is no limit.
  void let_wait(std::uint64_t records) { most_waiting_ = records; }

  [[nodiscard]] Happening& renames() { return renames_; }
  // Records that were promised at each input.
  [[nodiscard]] std::uint64_t streamed() const { return streamed_; }
  [[nodiscard]] std::uint64_t posted() const { return posted_; }
  [[nodiscard]] std::uint64_t spooled() const { return spooled_; }

 private:
  void work(const std::function<void()>& round);
  [[nodiscard]] bool may_go_on() const { return !stop_ && !closed_; }
  // The same, after waiting until few enough records wait.
  [[nodiscard]] bool next_round() const;
  void write_stream();
  void write_http();
  void write_spool(std::size_t writer);

  const Daemon& daemon_;
  Oracle& oracle_;
  Happening renames_;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> closed_ = false;
  std::atomic<std::size_t> resting_ = 0;
  std::atomic<std::uint64_t> most_waiting_ = ~0ULL;
  std::atomic<std::uint64_t> streamed_ = 0;
  std::atomic<std::uint64_t> posted_ = 0;
  std::atomic<std::uint64_t> spooled_ = 0;
  std::vector<std::jthread> threads_;
};

}  // namespace respand::test
