#pragma once
// The fixture of the tests of the routes of the HTTP input: the real binary, the stand-in API behind it, and bodies for
// each route.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProtobuf = "application/x-protobuf";

inline std::string span(int number) {
  return cat(R"({"trace_unique_id":"t","span_unique_id":"span-)", number, R"(", "cost" : null})");
}
inline std::string export_request(int number) {
  return cat(R"({"resourceSpans": [{"scopeSpans":[{"spans":[{"name":"span )", number, R"("}]}]}]})");
}
// The same in protobuf: a span with a name.
inline std::string export_protobuf(int number) {
  const auto field = [](char tag, const std::string& content) {
    return cat(std::string(1, tag), std::string(1, static_cast<char>(content.size())), content);
  };
  return field('\x0a', field('\x12', field('\x12', field('\x2a', cat("span ", number)))));
}

class RoutesTest : public testing::Test {
 protected:
  void start(sink::Rules rules = {}, std::string more = {}) {
    sink_ = std::make_unique<SinkServer>(std::move(rules));
    daemon_ = std::make_unique<Daemon>(sink_->url(), std::move(more));
    daemon_->start();
  }
  HttpMessage post(std::string_view path, std::string_view body, std::string_view type = kJson, Headers more = {}) {
    Client client = daemon_->connect();
    more.emplace_back("Content-Type", type);
    return client.request("POST", path, body, more).value_or(HttpMessage{});
  }
  // What arrived there, and as what.
  [[nodiscard]] std::vector<SinkServer::Received> arrived(std::string_view target) {
    std::vector<SinkServer::Received> found;
    for (const SinkServer::Received& one : sink_->received()) {
      if (one.target == target && one.verdict.takes_record()) {
        found.push_back(one);
      }
    }
    return found;
  }
  [[nodiscard]] bool wait_for(std::string_view target, std::size_t count) {
    return eventually([&] { return arrived(target).size() >= count; });
  }

  // The spans of all arrays that arrived there.
  [[nodiscard]] std::multiset<std::string> spans(std::string_view target) {
    std::multiset<std::string> found;
    for (const SinkServer::Received& one : arrived(target)) {
      for (std::string& span : elements(one.body)) {
        found.insert(std::move(span));
      }
    }
    return found;
  }
  [[nodiscard]] bool wait_for_spans(std::string_view target, std::size_t count) {
    return eventually([&] { return spans(target).size() >= count; });
  }

  std::string dead_letters(std::vector<std::string> words) {
    words.insert(words.begin(), "dead-letters");
    words.insert(words.end(), {"--config", daemon_->config_path()});
    Process process(RESPAND_BINARY, words);
    EXPECT_TRUE(process.wait());
    return process.out() + process.err();
  }

  std::unique_ptr<SinkServer> sink_;
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace respand::test
