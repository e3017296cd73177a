#pragma once
// The real daemon started by a shell that has changed something first: a limit, where stderr goes. In a folder of its
// own, as Daemon.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/daemon.h"

namespace respand::test {

class ShellDaemon {
 public:
  explicit ShellDaemon(std::string base_url) : daemon_(std::move(base_url)) {}

  // Starts it behind `first`, a command with its semicolon; `redirect` is of the daemon alone. It has copies of the
  // descriptors from 3 on.
  void launch(const std::string& first, const std::string& redirect = {}, std::vector<int> descriptors = {}) {
    process_ = std::make_unique<Process>(
        "/bin/sh",
        std::vector<std::string>{"-c", cat(first, " exec \"$0\" run --config \"$1\" ", redirect), RESPAND_BINARY,
                                 daemon_.config_path()},
        Process::Options{.descriptors = std::move(descriptors)});
  }
  // The line of its log that says where the pages are.
  void find_pages(const std::string& line) {
    pages_port_ = static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
  }
  void wait_until_ready() {
    const auto line = process_->wait_for_line("pages on ");
    ASSERT_TRUE(line) << process_->err();
    find_pages(*line);
    ASSERT_TRUE(process_->wait_for_line(" ready ")) << process_->err();
  }
  void stop() {
    process_->terminate();
    const auto exit = process_->wait();
    ASSERT_TRUE(exit) << "it does not stop\n" << process_->err();
    ASSERT_EQ(exit->status, 0) << "signal " << exit->signal << "\n" << process_->err();
  }
  [[nodiscard]] Process& process() { return *process_; }
  // The configuration, and the ways in that need no more than a path.
  [[nodiscard]] Daemon& files() { return daemon_; }

  [[nodiscard]] HttpMessage page(std::string_view path) const {
    Client client = Client::connect_tcp(pages_port_);
    return client.request("GET", path).value_or(HttpMessage{});
  }
  [[nodiscard]] double metric(std::string_view name, const LabelMap& labels = {}) const {
    return test::metric(page("/metrics").body, name, labels).value_or(0);
  }

 private:
  Daemon daemon_;
  std::unique_ptr<Process> process_;
  std::uint16_t pages_port_ = 0;
};

}  // namespace respand::test
