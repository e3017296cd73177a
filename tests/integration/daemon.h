#pragma once
// Daemon: the real daemon in a folder of its own, with a configuration, a start that waits until it is ready, and the
// paths and ports of its inputs.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "respand/base/text.h"
#include "tests/support/client.h"
#include "tests/support/files.h"
#include "tests/support/metrics.h"
#include "tests/support/process.h"
#include "tests/support/sink_server.h"
#include "tests/support/systemd.h"

namespace respand::test {

// A usual record; `number` makes it distinct.
inline std::string record(std::uint64_t number, std::size_t padding = 0) {
  return cat(R"({"model":"nextbit256/cydonia-2b","custom_identifier":"record-)", number,
             R"(","prompt_messages":[{"role":"user","content":"Hello )", std::string(padding, 'x'),
             R"("}],"completion_message":{"role":"assistant","content":"Hello."},"cost":0.001,"generation_time":1.2})");
}

class Daemon {
 public:
  // What the test wants to be different from the usual.
  struct Setup {
    std::string more = {};                          // YAML: whole sections that are added to the configuration
    std::string socket = {};                        // more keys of this section, each with a comma in front
    std::string journal = ", segment_size: 32MiB";  // and of this one
    std::string api = ", request_timeout: 5s";      // and of this one
    std::string costs = {};                         // and of this one
    // Folders; empty: in the daemon's own.
    std::string journal_folder = {};
    std::string dead_letters_folder = {};
    std::string spool_folder = {};
  };

  // Posts to `base_url`.
  Daemon(std::string base_url, Setup setup) : base_url_(std::move(base_url)), setup_(std::move(setup)) {
    for (const auto& [where, name] : {std::pair(&setup_.journal_folder, "journal"),
                                      {&setup_.dead_letters_folder, "dead"},
                                      {&setup_.spool_folder, "spool"}}) {
      *where = where->empty() ? folder_ / name : *where;
    }
    write_config();
  }
  explicit Daemon(std::string base_url, std::string more = {})
      : Daemon(std::move(base_url), Setup{.more = std::move(more)}) {}

  void set_more(std::string more) {
    setup_.more = std::move(more);
    write_config();
  }
  void set_url(std::string base_url) {
    base_url_ = std::move(base_url);
    write_config();
  }
  void set_key(std::string key) {
    key_ = std::move(key);
    write_file(folder_ / "key", key_ + "\n");
  }

  // Starts it and waits until it is ready.
  void start() {
    launch();
    wait_until_ready();
  }
  // Only starts it.
  void launch() {
    const std::vector<std::string> arguments = {"run", "--config", config_path()};
    process_ = manager_ != nullptr ? manager_->start(RESPAND_BINARY, arguments)
                                   : std::make_unique<Process>(RESPAND_BINARY, arguments);
  }
  // From now on it is started as a service. Borrowed.
  void run_under(Systemd& manager) { manager_ = &manager; }
  void wait_until_ready() {
    const auto line = process_->wait_for_line("pages on ");
    ASSERT_TRUE(line) << process_->err();
    metrics_port_ = static_cast<std::uint16_t>(std::stoul(line->substr(line->rfind(':') + 1)));
    ASSERT_TRUE(process_->wait_for_line(" ready ")) << process_->err();
  }
  // SIGTERM; it must end with 0.
  void stop() {
    process_->terminate();
    const auto exit = process_->wait();
    ASSERT_TRUE(exit) << "it does not stop\n" << process_->err();
    ASSERT_EQ(exit->status, 0) << "signal " << exit->signal << "\n" << process_->err();
  }
  void kill() { process_->kill(); }
  [[nodiscard]] Process& process() { return *process_; }

  [[nodiscard]] Client connect() const { return Client::connect_unix(socket_path()); }
  // Sends lines with `!ack` in front and waits for the last acknowledgement. Returns all answers.
  std::vector<std::string> send_acknowledged(const std::string& lines) {
    Client client = connect();
    EXPECT_TRUE(client.connected());
    EXPECT_TRUE(client.send("!ack\n" + lines));
    client.half_close();
    return lines_of(client.read_all());
  }
  // The sum of a metric's samples with these labels; 0 where there is none.
  [[nodiscard]] double metric(std::string_view name, const LabelMap& labels = {}) const {
    return test::metric(page("/metrics").body, name, labels).value_or(0);
  }
  [[nodiscard]] std::uint16_t metrics_port() const { return metrics_port_; }
  [[nodiscard]] HttpMessage page(std::string_view path) const {
    Client client = Client::connect_tcp(metrics_port_);
    return client.request("GET", path).value_or(HttpMessage{});
  }
  [[nodiscard]] bool wait_for_metric(std::string_view name, double value, const LabelMap& labels = {}) const {
    return eventually([&] { return metric(name, labels) == value; });
  }
  // Checks received = rejected + delivered + dead-lettered + dropped + backlog. Returns an empty text if that holds,
  // else the metrics.
  [[nodiscard]] std::string imbalance() const {
    const std::string text = page("/metrics").body;
    const auto value = [&](std::string_view name) { return test::metric(text, name).value_or(0); };
    const bool balanced = value("respand_records_received_total") ==
                          value("respand_records_rejected_total") + value("respand_records_delivered_total") +
                              value("respand_records_dead_lettered_total") + value("respand_records_dropped_total") +
                              value("respand_backlog_records");
    return balanced ? std::string() : text;
  }
  // To be called while nothing happens: a record may be delivered before the intake has counted it.
  void expect_books_balance() const {
    EXPECT_TRUE(eventually([&] { return imbalance().empty(); })) << imbalance();
  }
  // A line of /proc/PID/status in KiB, e.g. "VmRSS", "VmHWM".
  [[nodiscard]] long memory_kib(const std::string& name) const {
    std::ifstream status(cat("/proc/", process_->pid(), "/status"));
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name + ":")) {
        return std::stol(line.substr(name.size() + 1));
      }
    }
    return -1;
  }

  [[nodiscard]] std::string socket_path() const { return folder_ / "respand.sock"; }
  [[nodiscard]] std::string control_path() const { return folder_ / "control.sock"; }
  [[nodiscard]] std::string config_path() const { return folder_ / "respand.yaml"; }
  [[nodiscard]] std::string spool_path() const { return setup_.spool_folder; }
  [[nodiscard]] std::string journal_path() const { return setup_.journal_folder; }
  [[nodiscard]] std::string dead_letters_path() const { return setup_.dead_letters_folder; }
  [[nodiscard]] const TempDir& folder() const { return folder_; }

 private:
  void write_config() {
    write_file(folder_ / "key", key_ + "\n");
    write_file(config_path(),
               cat("api: {base_url: \"", base_url_, "\", api_key_file: ", folder_ / "key", setup_.api,
                   "}\nsocket: {path: ", socket_path(), setup_.socket, "}\nspool: {directory: ", spool_path(),
                   ", settle: 100ms}\njournal: {directory: ", journal_path(), setup_.journal,
                   "}\ndead_letters: {directory: ", dead_letters_path(), "}\ncosts: {directory: ", folder_ / "costs",
                   setup_.costs, "}\ncontrol: {path: ", folder_ / "control.sock",
                   "}\nmetrics: {listen: \"127.0.0.1:0\"}\n", setup_.more, "\n"));
    std::filesystem::create_directory(spool_path());
  }

  TempDir folder_;
  std::string base_url_;
  Setup setup_;
  std::string key_ = "test-key";
  std::uint16_t metrics_port_ = 0;
  Systemd* manager_ = nullptr;
  std::unique_ptr<Process> process_;
};

// Runs a command of the binary under test and waits for its end.
[[nodiscard]] inline RunResult run_respand(const std::vector<std::string>& arguments,
                                           const Process::Options& options = {}) {
  return run_to_end(RESPAND_BINARY, arguments, options);
}

}  // namespace respand::test
