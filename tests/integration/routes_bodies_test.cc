// Random bodies of every route but that of records, where no rule is set: each arrives as it was sent, byte for byte.
//   RESPAND_BODIES=10000 …/integration_test --gtest_filter='RandomBodies.*'

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "respand/base/protobuf_wire.h"
#include "respand/base/random.h"
#include "tests/integration/daemon.h"
#include "tests/support/compress.h"
#include "tests/support/json.h"
#include "tests/support/sanitized.h"

namespace respand::test {
namespace {

std::size_t bodies() {
  const char* const told = std::getenv("RESPAND_BODIES");
  return told != nullptr ? std::stoull(told) : kSanitized ? 100 : 1000;
}

class RandomBodies : public testing::Test {
 protected:
  std::string string() {
    static constexpr std::array<std::string_view, 12> kPieces{
        "a",     "model", " ",    R"(\")", R"(\\)", R"(\u00e9)", R"(\ud83d\ude00)", "\xc3\xa9", "\xf0\x9f\x98\x80",
        R"(\n)", "]}",    R"(\/)"};
    std::string text = "\"";
    for (std::uint64_t left = random_.below(8); left > 0; --left) {
      text += kPieces[random_.below(kPieces.size())];
    }
    return text + "\"";
  }
  std::string space() {
    static constexpr std::array<std::string_view, 5> kSpaces{"", "", " ", "\n", "\t "};
    return std::string(kSpaces[random_.below(kSpaces.size())]);
  }
  std::string value(int depth) {
    static constexpr std::array<std::string_view, 8> kScalars{
        "null", "true", "0", "-1.50e+3", "1E400", "12345678901234567890", "false", "\"\""};
    switch (depth > 4 ? random_.below(2) : random_.below(5)) {
      case 0:
        return std::string(kScalars[random_.below(kScalars.size())]);
      case 1:
        return string();
      case 2: {
        std::string list = "[" + space();
        for (std::uint64_t left = random_.below(4); left > 0; --left) {
          list += value(depth + 1) + space() + (left > 1 ? "," : "") + space();
        }
        return list + "]";
      }
      default:
        return object(depth + 1, {});
    }
  }
  // With these members in front.
  std::string object(int depth, const std::string& members) {
    std::string text = "{" + space() + members;
    std::uint64_t left = random_.below(5);
    text += left > 0 && !members.empty() ? "," : "";
    for (; left > 0; --left) {
      text += space() + string() + space() + ":" + space() + value(depth) + space() + (left > 1 ? "," : "");
    }
    return text + space() + "}";
  }
  std::string protobuf(int depth) {
    std::string bytes;
    for (std::uint64_t left = random_.below(4) + (depth == 0 ? 1 : 0); left > 0; --left) {
      const std::uint64_t number = random_.below(20) + 20;  // of no field that OTLP has
      if (random_.below(3) == 0) {
        put_varint(bytes, number << 3U);
        put_varint(bytes, random_.below(1ULL << 40U));
      } else if (depth < 3) {
        put_field(bytes, static_cast<std::uint32_t>(number), protobuf(depth + 1));
      } else {
        put_field(bytes, static_cast<std::uint32_t>(number), string());
      }
    }
    return bytes;
  }
  void post(const std::string& route, const std::string& body, std::string_view type) {
    const bool packs = random_.below(4) == 0;
    Headers headers{{"Content-Type", std::string(type)}};
    if (packs) {
      headers.emplace_back("Content-Encoding", "gzip");
    }
    const auto answer = client_->request("POST", cat("/api/", route), packs ? gzipped(body) : body, headers);
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status(), 200) << answer->body << "\n" << body;
  }

  SeededRandom random_{20261129};
  SinkServer sink_;
  Daemon daemon_{sink_.url(), "http: {routes: [v1/logs, v2/logs, v1/metrics]}"};
  std::optional<Client> client_;
};

TEST_F(RandomBodies, ArriveAsTheyWereSent) {
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  client_.emplace(daemon_.connect());
  std::map<std::string, std::multiset<std::string>> sent;
  for (const char* const route :
       {"v1/traces/ingest", "traces/ingest", "integrations/v1/traces/ingest", "openai/v1/traces/ingest"}) {
    for (std::size_t left = bodies(); left > 0;) {
      std::string array;
      for (std::size_t n = std::min<std::size_t>(left, 1 + random_.below(20)); n > 0; --n, --left) {
        const std::string span = object(0, cat(R"("n":)", left));
        sent[route].insert(span);
        array += cat(array.empty() ? "" : ",", space(), span, space());
      }
      const bool wrapped = random_.below(2) == 0;
      ASSERT_NO_FATAL_FAILURE(
          post(route, wrapped ? cat(R"({"data": [)", array, "]}") : cat("[", array, "]"), "application/json"));
    }
  }
  for (const char* const route : {"v2/traces", "v1/traces", "v1/logs", "v2/logs", "v1/metrics"}) {
    for (std::size_t left = bodies(); left > 0; --left) {
      const bool json = random_.below(2) == 0;
      const std::string body = json ? object(0, cat(R"("resourceSpans":[],"n":)", left)) : protobuf(0);
      sent[route].insert(body);
      ASSERT_NO_FATAL_FAILURE(post(route, body, json ? "application/json" : "application/x-protobuf"));
    }
  }
  ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", 0));
  std::map<std::string, std::multiset<std::string>> arrived;
  for (const SinkServer::Received& one : sink_.received()) {
    const std::string route = one.target.substr(std::string_view("/api/").size());
    const bool spans = route.ends_with("/ingest");
    for (const std::string& body : spans ? elements(one.body) : std::vector<std::string>{one.body}) {
      arrived[route].insert(body);
    }
  }
  for (const auto& [route, all] : sent) {
    EXPECT_TRUE(arrived[route] == all) << route << ": " << arrived[route].size() << " of " << all.size();
  }
  EXPECT_EQ(daemon_.metric("respand_records_rejected_total"), 0);
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

}  // namespace
}  // namespace respand::test
