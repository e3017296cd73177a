#pragma once
// Rig: the real daemon in a folder of its own, and what the benchmarks measure of it. One thread.

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "respand/base/clock.h"
#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::bench {

[[nodiscard]] double seconds_since(MonoTime begin);
[[nodiscard]] double median(std::vector<double> values);
// A usual record of about `bytes` bytes, its newline included.
[[nodiscard]] std::string record_line(std::size_t bytes);

// `respand sink` in another process.
class Sink {
 public:
  // `more`: options of the command.
  explicit Sink(const std::vector<std::string>& more = {});
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // One of its statistics: "requests", "records".
  [[nodiscard]] std::uint64_t count(const std::string& what) const;
  // Records that it has taken.
  [[nodiscard]] std::uint64_t records() const { return count("records"); }
  // Waits until it has taken that many.
  void wait_for(std::uint64_t records) const;
  // Makes it hang (SIGSTOP), and go on where it was (SIGCONT).
  void pause() { process_.send_signal(SIGSTOP); }
  void resume() { process_.send_signal(SIGCONT); }

 private:
  test::Process process_;
  std::uint16_t port_;
};

class Rig {
 public:
  // Posts to 127.0.0.1:`port`. `more` is configuration, a section a line in braces ("journal: {sync: never}"),
  // added to the rig's own; a section that begins with a directory takes the rig's place.
  Rig(std::uint16_t port, const std::string& more);
  Rig(const std::string& base_url, const std::string& more);

  // Starts the daemon; returns the seconds from exec until it said that it is ready.
  double start();
  // SIGTERM, and waits for its end.
  void stop();

  [[nodiscard]] test::Client connect() const { return test::Client::connect_unix(folder_ / "s.sock"); }
  [[nodiscard]] std::string path(std::string_view name) const { return folder_ / name; }
  // Writes that many records of `bytes` over one connection without waiting for answers, and reads all acks. Returns
  // the seconds from the first byte to the last ack. Requires: a multiple of kBlock.
  [[nodiscard]] double pipeline(std::uint64_t records, std::size_t bytes) const;
  static constexpr std::uint64_t kBlock = 100;  // records in one write
  // User and system time so far, in seconds.
  [[nodiscard]] double cpu_seconds() const;
  // The same of its thread of that name.
  [[nodiscard]] double cpu_seconds(const std::string& thread) const;
  // A line of /proc/PID/status in MiB: "VmHWM", "VmRSS", "RssAnon".
  [[nodiscard]] double memory_mib(const std::string& line) const;
  // A sample of /metrics.
  [[nodiscard]] double metric(const std::string& name) const;

 private:
  test::TempDir folder_;
  std::unique_ptr<test::Process> process_;
  std::uint16_t pages_ = 0;
};

}  // namespace respand::bench
