#include "bench/rig.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include "respand/base/text.h"
#include "tests/support/json.h"
#include "tests/support/metrics.h"

namespace respand::bench {
namespace {

std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::stoul(line.substr(line.rfind(':') + 1)));
}

std::vector<std::string> sink_arguments(const std::vector<std::string>& more) {
  std::vector<std::string> all = {"sink", "--listen", "127.0.0.1:0"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

double seconds_since(MonoTime begin) { return std::chrono::duration<double>(system_clock().mono() - begin).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

std::string record_line(std::size_t bytes) {
  const std::string head = R"({"model":"nextbit256/cydonia-2b","prompt_messages":[{"role":"user","content":")";
  const std::string tail =
      cat(R"("}],"completion_message":{"role":"assistant","content":"Hello from Nextbit through Respan."},)",
          R"("cost":0.001,"generation_time":1.2,"customer_params":{"customer_identifier":"user_123"}})", "\n");
  const std::size_t rest = head.size() + tail.size();
  return cat(head, std::string(bytes > rest ? bytes - rest : 0, 'x'), tail);
}

Sink::Sink(const std::vector<std::string>& more) : process_(RESPAND_BINARY, sink_arguments(more)) {
  port_ = port_in(process_.wait_for_line("listening on").value());
}

std::uint64_t Sink::count(const std::string& what) const {
  test::Client stats = test::Client::connect_tcp(port_);
  return std::stoull(test::member(stats.request("GET", "/stats")->body, what));
}

void Sink::wait_for(std::uint64_t wanted) const {
  while (records() < wanted) {
    ::usleep(5000);  // asks the API's own count; five milliseconds in seconds are no error of measurement
  }
}

namespace {

double cpu_seconds_in(const std::string& file) {
  const std::string stat = test::read_file(file);
  const char* at = stat.c_str() + stat.rfind(')') + 2;
  char* next = nullptr;
  for (int field = 3; field < 14; ++field) {
    at = std::strchr(at, ' ') + 1;
  }
  const double user = std::strtod(at, &next);
  const double system = std::strtod(next, nullptr);
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Rig::Rig(std::uint16_t port, const std::string& more) : Rig(cat("http://127.0.0.1:", port, "/api"), more) {}

Rig::Rig(const std::string& base_url, const std::string& more) {
  std::map<std::string, std::string> sections = {
      {"api", cat("base_url: \"", base_url, "\", api_key: bench")},
      {"socket", "path: " + path("s.sock")},
      {"journal", "directory: " + path("journal")},
      {"dead_letters", "directory: " + path("dead")},
      {"costs", "directory: " + path("costs")},
      {"spool", "directory: " + path("spool")},
      {"metrics", "listen: \"127.0.0.1:0\""},
  };
  for (const std::string& line : test::lines_of(more)) {
    const std::size_t open = line.find(": {");
    if (open == std::string::npos || line.back() != '}') {
      std::fprintf(stderr, "not a section in braces, as in 'journal: {sync: never}': %s\n", line.c_str());
      std::exit(64);
    }
    std::string& section = sections[line.substr(0, open)];
    const std::string_view given = std::string_view(line).substr(open + 3, line.size() - open - 4);
    if (given.starts_with("directory: ")) {
      section.clear();  // in place of the rig's own
    }
    section += cat(section.empty() ? "" : ", ", given);
  }
  std::string yaml;
  for (const auto& [name, content] : sections) {
    yaml += cat(name, ": {", content, "}\n");
  }
  test::write_file(path("respand.yaml"), yaml);
  std::filesystem::create_directory(path("spool"));
}

double Rig::start() {
  const MonoTime begin = system_clock().mono();
  process_ = std::make_unique<test::Process>(RESPAND_BINARY,
                                             std::vector<std::string>{"run", "--config", folder_ / "respand.yaml"});
  if (!process_->wait_for_line(" ready ")) {
    std::fprintf(stderr, "the daemon does not start:\n%s", process_->err().c_str());
    std::exit(1);
  }
  const double took = seconds_since(begin);
  pages_ = port_in(process_->wait_for_line("pages on ").value());
  return took;
}

void Rig::stop() {
  process_->terminate();
  static_cast<void>(process_->wait(std::chrono::minutes{1}));
}

double Rig::pipeline(std::uint64_t records, std::size_t bytes) const {
  std::string block;
  for (std::uint64_t i = 0; i < kBlock; ++i) {
    block += record_line(bytes);
  }
  test::Client writer = connect();
  const MonoTime start = system_clock().mono();
  const std::jthread load([&] {
    writer.send("!ack\n");
    for (std::uint64_t sent = 0; sent < records; sent += kBlock) {
      writer.send(block, std::chrono::hours{1});
    }
    writer.half_close();
  });
  static_cast<void>(writer.read_all(std::chrono::hours{1}));
  return seconds_since(start);
}

double Rig::cpu_seconds() const { return cpu_seconds_in(cat("/proc/", process_->pid(), "/stat")); }

double Rig::cpu_seconds(const std::string& thread) const {
  double seconds = 0;
  for (const auto& task : std::filesystem::directory_iterator(cat("/proc/", process_->pid(), "/task"))) {
    if (test::read_file(task.path() / "comm") == thread + "\n") {
      seconds += cpu_seconds_in(task.path() / "stat");
    }
  }
  return seconds;
}

double Rig::memory_mib(const std::string& line) const {
  const std::string status = test::read_file(cat("/proc/", process_->pid(), "/status"));
  return std::strtod(status.c_str() + status.find(line + ":") + line.size() + 1, nullptr) / 1024;
}

double Rig::metric(const std::string& name) const {
  test::Client client = test::Client::connect_tcp(pages_);
  return test::metric(client.request("GET", "/metrics")->body, name).value_or(0);
}

}  // namespace respand::bench
