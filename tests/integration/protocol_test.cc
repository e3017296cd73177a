// The examples of docs/protocol.md, each against the real daemon: "> " is sent, "< " must come back, "…" stands
// for any text, and alone on a line for any lines.

#include <gtest/gtest.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

struct Exchange {
  std::string with;  // "socket" or "control"
  std::string sent;
  std::vector<std::string> wanted;
};

constexpr std::string_view kAny = "…";

std::vector<Exchange> examples() {
  std::vector<Exchange> all;
  bool inside = false;
  for (const std::string& line : lines_of(read_file(RESPAND_SOURCE "/docs/protocol.md"))) {
    if (line.starts_with("```exchange ")) {
      all.push_back({line.substr(12), {}, {}});
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside && line.starts_with('>')) {
      all.back().sent += line.substr(std::min<std::size_t>(line.size(), 2)) + "\n";
    } else if (inside) {
      all.back().wanted.push_back(line.substr(2));
    }
  }
  for (Exchange& exchange : all) {
    const std::size_t head = exchange.sent.find("\n\n");
    if (exchange.sent.find(" HTTP/1.1\n") == std::string::npos || head == std::string::npos) {
      continue;
    }
    std::string http;  // line ends as HTTP has them; its body without the last one
    for (const char c : exchange.sent.substr(0, head + 2)) {
      http += c == '\n' ? "\r\n" : std::string(1, c);
    }
    const std::string body = exchange.sent.substr(head + 2);
    exchange.sent = http + body.substr(0, body.empty() ? 0 : body.size() - 1);
  }
  return all;
}

bool matches(std::string_view text, std::string_view pattern) {
  const std::size_t any = pattern.find(kAny);
  if (any == std::string_view::npos) {
    return text == pattern;
  }
  if (!text.starts_with(pattern.substr(0, any))) {
    return false;
  }
  pattern.remove_prefix(any + kAny.size());
  for (std::size_t at = any; at <= text.size(); ++at) {
    if (matches(text.substr(at), pattern)) {
      return true;
    }
  }
  return false;
}

// Whether the lines are as wanted from here on.
bool matches(const std::vector<std::string>& lines, std::size_t line, const std::vector<std::string>& wanted,
             std::size_t next) {
  if (next == wanted.size()) {
    return line == lines.size();
  }
  if (wanted[next] == kAny) {
    return matches(lines, line, wanted, next + 1) || (line < lines.size() && matches(lines, line + 1, wanted, next));
  }
  return line < lines.size() && matches(lines[line], wanted[next]) && matches(lines, line + 1, wanted, next + 1);
}

TEST(Protocol, EveryExampleOfItsReference) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  const std::vector<Exchange> all = examples();
  ASSERT_GE(all.size(), 6U);
  for (const Exchange& exchange : all) {
    Client client = exchange.with == "control" ? Client::connect_unix(daemon.control_path()) : daemon.connect();
    ASSERT_TRUE(client.connected() && client.send(exchange.sent));
    if (exchange.with != "control") {
      client.half_close();
    }
    std::string heard = client.read_all();
    heard.erase(std::remove(heard.begin(), heard.end(), '\r'), heard.end());
    EXPECT_TRUE(matches(lines_of(heard), 0, exchange.wanted, 0)) << exchange.sent << "\nwas answered\n" << heard;
    ASSERT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// What a new user does first, as the README shows it.
TEST(Protocol, TheReadmesExamplesForWritersAreTaken) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string readme = read_file(RESPAND_SOURCE "/README.md");
  const std::size_t begin = readme.find("echo '{\"model\"");
  ASSERT_NE(begin, std::string::npos);
  const std::string line = readme.substr(begin + 6, readme.find('\'', begin + 6) - begin - 6);
  daemon.send_acknowledged(line + "\n");
  EXPECT_TRUE(sink.wait_for_records(1));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
