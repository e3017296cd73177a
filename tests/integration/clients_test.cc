// Real clients against the real binary, over TCP, as their users set them up; only the base URL differs. Whatever they
// were told was taken arrives at its route. The packages come from npm (scripts/install-packages --tests); without them
// these tests are skipped and say so.

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"
#include "tests/support/nginx.h"
#include "tests/support/port.h"

namespace respand::test {
namespace {

const std::string kClients = cat(RESPAND_SOURCE, "/tests/clients");
// Where the packages are; modules are looked for beside the file that imports them.
const std::string kModules = cat(RESPAND_SOURCE, "/build/clients");

class Clients : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(daemon_.start());
    const auto line = daemon_.process().wait_for_line("http on");
    ASSERT_TRUE(line);
    port_ = static_cast<std::uint16_t>(std::stoul(line->substr(line->rfind(':') + 1)));
  }
  void TearDown() override { ASSERT_NO_FATAL_FAILURE(daemon_.stop()); }

  [[nodiscard]] std::string base() const { return cat("http://127.0.0.1:", port_, "/api"); }
  static void expect_success(const std::string& program, const std::vector<std::string>& arguments) {
    Process process(program, arguments);
    const auto exit = process.wait();
    ASSERT_TRUE(exit) << "it does not end\n" << process.err();
    EXPECT_EQ(exit->status, 0) << process.out() << process.err();
    EXPECT_EQ(process.err(), "");
  }
  // Requests that arrived at a route of the API.
  [[nodiscard]] std::vector<SinkServer::Received> arrived(std::string_view route) {
    std::vector<SinkServer::Received> found;
    for (SinkServer::Received& one : sink_.received()) {
      if (one.target == cat("/api/", route)) {
        found.push_back(std::move(one));
      }
    }
    return found;
  }
  // How often the texts "… 0" to "… count - 1", each with a quote or a control character behind it, arrived there.
  [[nodiscard]] std::size_t distinct(std::string_view route, const std::string& text, std::size_t count) {
    std::string all;
    for (const SinkServer::Received& one : arrived(route)) {
      all += one.body;
    }
    std::size_t found = 0;
    for (std::size_t number = 0; number < count; ++number) {
      const std::string one = cat(text, number);
      for (std::size_t at = all.find(one); at != std::string::npos; at = all.find(one, at + 1)) {
        const char next = at + one.size() < all.size() ? all[at + one.size()] : '"';
        if (next < '0' || next > '9') {
          ++found;
          break;
        }
      }
    }
    return found;
  }
  [[nodiscard]] bool wait_for(std::string_view route, const std::string& text, std::size_t count) {
    return eventually([&] { return distinct(route, text, count) == count; });
  }

  SinkServer sink_;
  Daemon daemon_{sink_.url(), "http: {listen: \"127.0.0.1:0\"}"};
  std::uint16_t port_ = 0;
};

struct Exporter {
  std::string name;
  std::vector<std::string> words;  // in front of the URL, and behind the count
  std::string route;
  std::string text;
  std::string type;
};

class JavaScript : public Clients, public testing::WithParamInterface<Exporter> {};

TEST_P(JavaScript, ExportsWithoutAnErrorAndAllOfItArrives) {
  if (!std::filesystem::exists(kModules + "/node_modules")) {
    GTEST_SKIP() << "the packages from npm are not here: scripts/install-packages --tests";
  }
  constexpr std::size_t kCount = 200;
  const Exporter& exporter = GetParam();
  TempDir folder;
  const std::string script = folder / "exporters.mjs";
  std::filesystem::copy_file(kClients + "/exporters.mjs", script);
  std::filesystem::create_directory_symlink(kModules + "/node_modules", folder / "node_modules");
  std::vector<std::string> arguments{script, exporter.words[0], base(), cat(kCount)};
  arguments.insert(arguments.end(), exporter.words.begin() + 1, exporter.words.end());
  expect_success("/usr/bin/env", [&] {
    arguments.insert(arguments.begin(), "node");
    return arguments;
  }());
  EXPECT_TRUE(wait_for(exporter.route, exporter.text, kCount)) << distinct(exporter.route, exporter.text, kCount);
  for (const SinkServer::Received& one : arrived(exporter.route)) {
    EXPECT_EQ(one.content_type, exporter.type);
  }
  EXPECT_EQ(daemon_.metric("respand_records_rejected_total"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Exporters, JavaScript,
    testing::Values(
        Exporter{"OtlpJson", {"otlp-json"}, "v2/traces", "question ", "application/json"},
        Exporter{"OtlpJsonGzip", {"otlp-json", "gzip"}, "v2/traces", "question ", "application/json"},
        Exporter{"OtlpProtobuf", {"otlp-protobuf"}, "v2/traces", "question ", "application/x-protobuf"},
        Exporter{"OtlpProtobufGzip", {"otlp-protobuf", "gzip"}, "v2/traces", "question ", "application/x-protobuf"},
        Exporter{"Vercel", {"vercel"}, "integrations/v1/traces/ingest", "question ", "application/json"},
        Exporter{"Fetch", {"fetch"}, "request-logs/create/", "fetch-", "application/json"}),
    [](const auto& at) { return at.param.name; });

TEST_F(Clients, PythonRequests) {
  constexpr std::size_t kCount = 50;
  expect_success("/usr/bin/env", {"python3", kClients + "/requests_client.py", base(), cat(kCount)});
  EXPECT_TRUE(wait_for("request-logs/create/", "requests-", kCount));
  EXPECT_TRUE(wait_for("request-logs/create/", "batch-", kCount));
  EXPECT_TRUE(wait_for("v1/traces/ingest", "span-", kCount));
  EXPECT_TRUE(daemon_.wait_for_metric("respand_records_delivered_total", 5 * kCount));
}

TEST_F(Clients, Curl) {
  const auto post = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"curl", "--silent", "--show-error", "--fail-with-body"};
    words.insert(words.end(), more.begin(), more.end());
    expect_success("/usr/bin/env", words);
  };
  post({"--json", R"({"custom_identifier":"curl-0"})", base() + "/request-logs/create/"});
  post({"--unix-socket", daemon_.socket_path(), "-d", R"({"custom_identifier":"curl-1"})",
        "http://localhost/api/request-logs/create/"});
  TempDir folder;
  write_file(folder / "lines", "{\"custom_identifier\":\"curl-2\"}\n{\"custom_identifier\":\"curl-3\"}\n");
  post({"--data-binary", "@" + folder / "lines", base() + "/request-logs/create"});
  post({"-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "--data-binary",
        R"({"custom_identifier":"curl-4"})", base() + "/request-logs"});
  post({"--http1.0", "-d", R"({"logs":[{"custom_identifier":"curl-5"}]})", base() + "/request-logs/bulk"});
  EXPECT_TRUE(wait_for("request-logs/create/", "curl-", 6));
}

TEST_F(Clients, BehindNginx) {
  Nginx nginx({.listen = "", .location = cat("proxy_pass http://127.0.0.1:", port_, ";")});
  constexpr std::size_t kCount = 20;
  expect_success("/usr/bin/env", {"python3", kClients + "/requests_client.py", nginx.url() + "/api", cat(kCount)});
  EXPECT_TRUE(daemon_.wait_for_metric("respand_records_delivered_total", 5 * kCount));
}

// With its check of a server, which asks OPTIONS / over HTTP/1.0.
TEST_F(Clients, BehindHaproxy) {
  constexpr const char* kProgram = "/usr/sbin/haproxy";
  if (!std::filesystem::exists(kProgram)) {
    GTEST_SKIP() << "haproxy is not here: scripts/install-packages --tests";
  }
  TempDir folder;
  std::uint16_t port = 0;
  const UniqueFd reserved = reserve_port(port);
  write_file(folder / "haproxy.cfg",
             cat("defaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n"
                 "frontend in\n  bind 127.0.0.1:",
                 port, "\n  default_backend respand\nbackend respand\n  option httpchk\n  server one 127.0.0.1:", port_,
                 " check inter 100ms rise 1\n"));
  Process haproxy(kProgram, {"-db", "-f", folder / "haproxy.cfg"});
  constexpr std::size_t kCount = 20;
  ASSERT_TRUE(eventually([&] {
    Client client = Client::connect_tcp(port);
    return client.connected() && client.request("GET", "/healthz").value_or(HttpMessage{}).status() == 200;
  })) << haproxy.err();
  expect_success("/usr/bin/env",
                 {"python3", kClients + "/requests_client.py", cat("http://127.0.0.1:", port, "/api"), cat(kCount)});
  EXPECT_TRUE(daemon_.wait_for_metric("respand_records_delivered_total", 5 * kCount));
}

}  // namespace
}  // namespace respand::test
