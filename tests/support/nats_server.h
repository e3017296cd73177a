#pragma once
// NatsServers: a real nats-server for one test, or three of them as a cluster, on loopback ports that stay theirs while
// they are away. They can be killed, stopped for a while, started again and robbed of their storage. Any thread, one at
// a time. Where the program is not here, tests are skipped: see why_not().

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "tests/support/files.h"
#include "tests/support/process.h"

namespace respand::test {

class NatsServers {
 public:
  struct Options {
    std::size_t nodes = 1;  // 1, or 3 as a cluster
    bool jetstream = true;  // storage synced before each acknowledgement, where the server can do so
    std::string more = {};  // more of the configuration of each node
  };

  // Why tests can't run it, or empty. scripts/install-packages --fleet puts the program into build/fleet; a nats-server
  // on the PATH's usual folders will do.
  [[nodiscard]] static std::string why_not();
  // "2.10.27".
  [[nodiscard]] static std::string version();
  // Whether it can sync before each acknowledgement (from 2.10.23 on).
  [[nodiscard]] static bool syncs_always();

  // Serves when it returns. Aborts where it can't.
  explicit NatsServers(Options options);
  NatsServers() : NatsServers(Options{}) {}
  ~NatsServers();
  NatsServers(const NatsServers&) = delete;
  NatsServers& operator=(const NatsServers&) = delete;

  // "nats://127.0.0.1:PORT".
  [[nodiscard]] std::string url(std::size_t node = 0) const;
  [[nodiscard]] std::vector<std::string> urls() const;
  [[nodiscard]] std::uint16_t port(std::size_t node = 0) const { return nodes_[node].port; }
  [[nodiscard]] std::uint16_t monitor_port(std::size_t node = 0) const { return nodes_[node].monitor_port; }
  [[nodiscard]] std::string name(std::size_t node = 0) const;

  // kill -9.
  void kill(std::size_t node = 0);
  // Serves again when it returns.
  void start(std::size_t node = 0);
  // An orderly end.
  void stop(std::size_t node = 0);
  // It neither answers nor closes, as a host behind a cut network; and goes on.
  void pause(std::size_t node = 0);
  void resume(std::size_t node = 0);
  // Any signal, such as SIGUSR2 for lame duck mode.
  void send_signal(int signal, std::size_t node = 0);
  // Requires: the node was killed or stopped.
  void empty_storage(std::size_t node = 0);
  // Takes other lines in place of Options::more, in a running server by its reload.
  void reconfigure(const std::string& more, std::size_t node = 0);
  // The log of a node since its last start.
  [[nodiscard]] std::string log(std::size_t node = 0) const;
  // Its process; 0: it does not run.
  [[nodiscard]] pid_t pid(std::size_t node = 0) const;

 private:
  struct Node {
    std::uint16_t port = 0;
    std::uint16_t monitor_port = 0;
    std::uint16_t route_port = 0;
    std::vector<UniqueFd> reserved;
    std::unique_ptr<Process> process;
    std::string more;
  };
  void configure(std::size_t node) const;
  [[nodiscard]] std::string storage(std::size_t node) const;
  void launch(std::size_t node);
  void await_ready(std::size_t node);

  TempDir folder_;
  Options options_;
  std::vector<Node> nodes_;
};

}  // namespace respand::test
