#include "tests/support/nats_server.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "respand/base/text.h"
#include "tests/support/patience.h"
#include "tests/support/port.h"

namespace respand::test {
namespace {

// Until a server serves, or three have chosen a leader: each syncs what it writes, on a disk that others use too.
constexpr Duration kStart = std::chrono::minutes{3};

// The one for tests first, then Debian's package.
std::string find_program() {
  const char* const chosen = std::getenv("RESPAND_NATS_SERVER");
  for (const std::string& path :
       {std::string(chosen == nullptr ? "" : chosen), std::string(RESPAND_FLEET "/nats-server"),
        std::string("/usr/sbin/nats-server"), std::string("/usr/local/bin/nats-server")}) {
    if (!path.empty() && ::access(path.c_str(), X_OK) == 0) {
      return path;
    }
  }
  return {};
}

const std::string& program() {
  static const std::string found = find_program();
  return found;
}

}  // namespace

std::string NatsServers::why_not() {
  return program().empty() ? "there is no nats-server here: scripts/install-packages --fleet" : std::string();
}

std::string NatsServers::version() {
  static const std::string known = [] {
    const std::string line = run_to_end(program(), {"--version"}).out;  // "nats-server: v2.10.27"
    const std::size_t v = line.find(": v");
    return v == std::string::npos ? std::string() : line.substr(v + 3, line.find_first_of(" \n", v + 3) - v - 3);
  }();
  return known;
}

bool NatsServers::syncs_always() {
  std::istringstream numbers(version());
  int major = 0;
  int minor = 0;
  int patch = 0;
  char dot = '.';
  numbers >> major >> dot >> minor >> dot >> patch;
  return major > 2 || (major == 2 && (minor > 10 || (minor == 10 && patch >= 23)));
}

NatsServers::NatsServers(Options options) : options_(std::move(options)), nodes_(options_.nodes) {
  for (Node& node : nodes_) {
    for (std::uint16_t* port : {&node.port, &node.monitor_port, &node.route_port}) {
      node.reserved.push_back(reserve_port(*port));
    }
    node.more = options_.more;
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    configure(i);
    launch(i);
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    await_ready(i);
  }
  if (options_.jetstream && nodes_.size() > 1) {
    // The cluster serves JetStream's API once it has chosen a leader, which one of them says.
    const bool chosen = eventually(
        [&] {
          for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (log(i).find("JetStream cluster new metadata leader") != std::string::npos) {
              return true;
            }
          }
          return false;
        },
        kStart);
    if (!chosen) {
      std::fprintf(stderr, "test support: the NATS cluster chooses no leader: %s\n", log(0).c_str());
      std::abort();
    }
  }
}

NatsServers::~NatsServers() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    kill(i);
  }
}

std::string NatsServers::name(std::size_t node) const { return cat("n", node + 1); }
std::string NatsServers::url(std::size_t node) const { return cat("nats://127.0.0.1:", nodes_[node].port); }
std::string NatsServers::storage(std::size_t node) const { return folder_ / cat("store", node + 1); }
std::string NatsServers::log(std::size_t node) const {
  return nodes_[node].process ? nodes_[node].process->err() : std::string();
}
pid_t NatsServers::pid(std::size_t node) const { return nodes_[node].process ? nodes_[node].process->pid() : 0; }

std::vector<std::string> NatsServers::urls() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    all.push_back(url(i));
  }
  return all;
}

void NatsServers::configure(std::size_t node) const {
  const Node& own = nodes_[node];
  std::string text = cat("server_name: ", name(node), "\nlisten: \"127.0.0.1:", own.port,
                         "\"\nhttp: \"127.0.0.1:", own.monitor_port, "\"\n");
  if (options_.jetstream) {
    text +=
        cat("jetstream { store_dir: \"", storage(node), "\"", syncs_always() ? ", sync_interval: always" : "", " }\n");
  }
  if (nodes_.size() > 1) {
    text += cat("cluster { name: test, listen: \"127.0.0.1:", own.route_port, "\", routes: [");
    for (const Node& other : nodes_) {
      text += cat(&other == &nodes_.front() ? "" : ", ", "\"nats://127.0.0.1:", other.route_port, "\"");
    }
    text += "] }\n";
  }
  write_file(folder_ / cat(name(node), ".conf"), text + own.more + "\n");
}

void NatsServers::launch(std::size_t node) {
  nodes_[node].process =
      std::make_unique<Process>(program(), std::vector<std::string>{"-c", folder_ / cat(name(node), ".conf")});
}

void NatsServers::await_ready(std::size_t node) {
  if (!nodes_[node].process->wait_for_line("Server is ready", kStart)) {
    std::fprintf(stderr, "test support: nats-server does not start: %s\n", log(node).c_str());
    std::abort();
  }
}

void NatsServers::start(std::size_t node) {
  launch(node);
  await_ready(node);
}

void NatsServers::kill(std::size_t node) {
  if (nodes_[node].process) {
    nodes_[node].process->kill();
    nodes_[node].process.reset();
  }
}

void NatsServers::stop(std::size_t node) {
  if (nodes_[node].process) {
    nodes_[node].process->send_signal(SIGTERM);
    static_cast<void>(nodes_[node].process->wait());
    nodes_[node].process.reset();
  }
}

void NatsServers::pause(std::size_t node) { send_signal(SIGSTOP, node); }
void NatsServers::resume(std::size_t node) { send_signal(SIGCONT, node); }

void NatsServers::send_signal(int signal, std::size_t node) {
  if (nodes_[node].process) {
    nodes_[node].process->send_signal(signal);
  }
}

void NatsServers::empty_storage(std::size_t node) { std::filesystem::remove_all(storage(node)); }

void NatsServers::reconfigure(const std::string& more, std::size_t node) {
  nodes_[node].more = more;
  configure(node);
  if (!nodes_[node].process) {
    return;
  }
  const std::size_t before = count_of(log(node), "Reloaded server configuration");
  send_signal(SIGHUP, node);
  if (!eventually([&] { return count_of(log(node), "Reloaded server configuration") > before; })) {
    std::fprintf(stderr, "test support: nats-server takes no new configuration: %s\n", log(node).c_str());
    std::abort();
  }
}

}  // namespace respand::test
