// docs/openapi against the real binary: each path and method is answered as its document says, in each state that a
// test can bring about, and what is served is what is documented.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "tests/integration/daemon.h"
#include "tests/integration/openapi.h"

namespace respand::test {
namespace {

using Operation = OpenApi::Operation;

std::string name_of(const Operation& operation) { return cat(operation.method, " ", operation.path); }

std::set<std::string> names(const std::vector<Operation>& operations, std::string_view tag) {
  std::set<std::string> all;
  for (const Operation& operation : operations) {
    if (OpenApi::has_tag(operation, tag)) {
      all.insert(name_of(operation));
    }
  }
  return all;
}

// All that matches in a text.
std::set<std::string> found_in(const std::string& text, const std::string& pattern) {
  const std::regex what(pattern);
  std::set<std::string> all;
  for (std::sregex_iterator at(text.begin(), text.end(), what), end; at != end; ++at) {
    all.insert((*at)[1].str());
  }
  return all;
}

class ControlApi : public testing::Test {
 protected:
  [[nodiscard]] Client connect(std::string_view tag) const {
    return tag == "control" ? Client::connect_unix(daemon_.control_path())
                            : Client::connect_tcp(daemon_.metrics_port());
  }
  // Every operation on the listener, in every form that the document has an example of.
  void ask_all(std::string_view tag) const {
    for (const Operation& operation : document_.operations()) {
      for (const std::string& target : document_.targets(operation)) {
        for (const OpenApi::Body& body : document_.bodies(operation)) {
          if (OpenApi::has_tag(operation, tag)) {
            const auto answer = connect(tag).request(operation.method, target, body.text);
            ASSERT_TRUE(answer) << tag << ": " << target;
            EXPECT_EQ(document_.objection(operation, *answer), "") << target;
          }
        }
      }
    }
  }
  [[nodiscard]] std::string get(std::string_view target) const {
    return connect("control").request("GET", target).value_or(HttpMessage{}).body;
  }
  // Asks for something as the document knows it.
  void expect(const std::string& operation, const std::string& target, int status, std::string_view body = {}) const {
    const auto all = document_.operations();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Operation& o) { return name_of(o) == operation; });
    ASSERT_NE(found, all.end()) << operation;
    const auto answer = connect("control").request(found->method, target, body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), status) << target << ": " << answer->body;
    EXPECT_EQ(document_.objection(*found, *answer), "");
  }

  const OpenApi document_{RESPAND_SOURCE "/docs/openapi/control.yaml"};
  SinkServer sink_{sink::Rules{.refuse = "refuse-me", .poison = "poison"}};
  Daemon daemon_{sink_.url(), Daemon::Setup{.more = "records: {redact: [/secret]}",
                                            .costs = ", budgets: [{per: day, usd: 0.0001}]"}};
};

// What the status page loads is for itself alone.
bool is_part_of_the_page(std::string_view name) {
  return name.ends_with(".js") || name.ends_with(".css") || name.ends_with(".svg");
}

TEST_F(ControlApi, DocumentsWhatIsServed) {
  daemon_.set_more("");
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  for (const std::string tag : {"control", "pages"}) {
    const auto answer = connect(tag).request("GET", "/no-such-page");
    ASSERT_TRUE(answer && answer->status() == 404);
    auto served = found_in(answer->body, "((GET|POST|PUT|PATCH|DELETE) /[a-z./-]*)");
    std::erase_if(served, [](const std::string& name) { return is_part_of_the_page(name); });
    EXPECT_EQ(served, names(document_.operations(), tag));
    EXPECT_EQ(connect(tag).request("DELETE", "/metrics")->status(), 405);
  }
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(ControlApi, AnswersAsDocumented) {
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  ASSERT_NO_FATAL_FAILURE(ask_all("control"));
  ASSERT_NO_FATAL_FAILURE(ask_all("pages"));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

// With something in every list of the answers.
TEST_F(ControlApi, AnswersAsDocumentedWhereThereIsTrouble) {
  write_file(daemon_.spool_path() + "/left.txt", "x");
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  daemon_.send_acknowledged(record(1) + "\n" + R"({"model":"refuse-me"})" + "\n" + R"({"model":"poison"})" + "\n");
  ASSERT_TRUE(daemon_.wait_for_metric("respand_records_dead_lettered_total", 1));
  ASSERT_TRUE(daemon_.wait_for_metric("respand_llm_cost_usd_total", 0.001));
  for (const std::string_view there :
       {R"("kind":)", R"("crossed_percent":100)", R"("uid":)", R"("oldest":"left.txt")"}) {
    EXPECT_TRUE(eventually([&] { return get("/status.json").find(there) != std::string::npos; })) << there;
  }
  EXPECT_NE(get("/dead-letters").find(R"("reason":"422")"), std::string::npos);
  EXPECT_NE(get("/records?first=1&last=9").find("[["), std::string::npos);
  ASSERT_NO_FATAL_FAILURE(ask_all("control"));
  expect("GET /tap", "/tap?outcome=lost", 400);
  expect("GET /records", "/records?first=2&last=1", 400);
  expect("POST /dead-letters/add", "/dead-letters/add?sequence=x", 400);
  expect("PUT /log-level", "/log-level", 400, "loud");
  daemon_.set_more("nonsense: 1");
  expect("POST /reload", "/reload", 422);
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(ControlApi, AnswersAsDocumentedWhileDeliveryIsPaused) {
  sink_.set_rules({.key = "another-key"});
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  daemon_.send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(daemon_.wait_for_metric("respand_ready", 0));
  expect("GET /readyz", "/readyz", 503);
  expect("GET /readyz/intake", "/readyz/intake", 200);
  ASSERT_NO_FATAL_FAILURE(ask_all("control"));
  ASSERT_NO_FATAL_FAILURE(ask_all("pages"));
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(ControlApi, ATapsLinesAreAsDocumented) {
  ASSERT_NO_FATAL_FAILURE(daemon_.start());
  Client tap = connect("control");
  ASSERT_TRUE(tap.send(http_request("GET", "/tap")));
  ASSERT_TRUE(tap.read_answer());
  daemon_.send_acknowledged(record(1) + "\n" + R"({"model":"refuse-me"})" + "\n");
  for (int line = 0; line < 2; ++line) {
    const auto said = tap.read_line();
    ASSERT_TRUE(said);
    EXPECT_EQ(document_.objection("TapLine", *said), "") << *said;
  }
  tap.close();
  ASSERT_NO_FATAL_FAILURE(daemon_.stop());
}

TEST_F(ControlApi, TheJudgeCanObject) {
  const auto all = document_.operations();
  const auto found = std::find_if(all.begin(), all.end(), [](const Operation& o) { return o.path == "/dead-letters"; });
  ASSERT_NE(found, all.end());
  HttpMessage answer{
      "HTTP/1.1 200 OK", {{"content-type", "application/json"}}, R"({"letters":0,"reasons":{},"latest":[]})"};
  EXPECT_EQ(document_.objection(*found, answer), "");
  answer.body = R"({"letters":0,"reasons":{},"latest":[],"more":1})";
  EXPECT_EQ(document_.objection(*found, answer), "") << "members may be added";
  answer.body = R"({"letters":0,"latest":[]})";
  EXPECT_NE(document_.objection(*found, answer), "");
  answer.body = R"({"letters":0,"reasons":{"422":-1},"latest":[]})";
  EXPECT_NE(document_.objection(*found, answer), "");
  answer.headers["content-type"] = "text/html";
  EXPECT_NE(document_.objection(*found, answer), "");
  answer.first_line = "HTTP/1.1 418 No";
  EXPECT_NE(document_.objection(*found, answer), "");
}

class IntakeApi : public testing::Test {
 protected:
  static std::string prefix_of(const Operation& operation) {
    return operation.whole_path->HasMember("servers") ? "" : "/api";
  }
  static std::string rules(std::uint16_t port, std::string_view more = {}) {
    return cat("http: {listen: \"127.0.0.1:", port,
               "\", unknown_key: reject, forward: reads, routes: [v1/logs, v2/logs, v1/metrics]}\n", more);
  }
  void start(std::string_view more = {}) {
    daemon_ =
        std::make_unique<Daemon>(sink_.url(), Daemon::Setup{.more = rules(0, more), .socket = ", max_record: 64KiB"});
    daemon_->launch();
    const auto line = daemon_->process().wait_for_line("http on");
    ASSERT_TRUE(line) << daemon_->process().err();
    port_ = static_cast<std::uint16_t>(std::stoul(line->substr(line->rfind(':') + 1)));
    daemon_->wait_until_ready();
  }
  [[nodiscard]] HttpMessage ask(const std::string& method, const std::string& target, const std::string& body,
                                Headers headers) const {
    Client client = Client::connect_tcp(port_);
    std::string text = cat(method, " ", target, " HTTP/1.1\r\n");
    const auto has = [&headers](std::string_view name) {
      return std::any_of(headers.begin(), headers.end(), [name](const auto& header) { return header.first == name; });
    };
    for (const auto& [name, usual] :
         {std::pair<std::string, std::string>{"Host", "localhost"}, {"Authorization", "Bearer test-key"}}) {
      if (!has(name)) {
        headers.emplace_back(name, usual);
      }
    }
    for (const auto& [name, value] : headers) {
      text += cat(name, ": ", value, "\r\n");
    }
    client.send(cat(text, "Content-Length: ", body.size(), "\r\n\r\n", body));
    return client.read_answer().value_or(HttpMessage{});
  }
  // Every operation with these tags, in every form that the document has an example of.
  void ask_all(const std::vector<std::string>& tags, const Headers& headers = {}, int status = 0) const {
    for (const Operation& operation : document_.operations()) {
      if (std::none_of(tags.begin(), tags.end(), [&](const auto& tag) { return OpenApi::has_tag(operation, tag); })) {
        continue;
      }
      for (const OpenApi::Body& body : document_.bodies(operation)) {
        Headers all = headers;
        if (!body.type.empty()) {
          all.emplace_back("Content-Type", body.type);
        }
        const std::string target = prefix_of(operation) + document_.targets(operation).front();
        const HttpMessage answer = ask(operation.method, target, body.text, all);
        EXPECT_EQ(document_.objection(operation, answer), "");
        EXPECT_TRUE(status == 0 || answer.status() == status) << name_of(operation) << ": " << answer.status();
      }
    }
  }

  const OpenApi document_{RESPAND_SOURCE "/docs/openapi/intake.yaml"};
  const std::vector<std::string> all_tags_ = {"records", "spans", "otlp", "health", "reads"};
  SinkServer sink_;
  std::unique_ptr<Daemon> daemon_;
  std::uint16_t port_ = 0;
};

TEST_F(IntakeApi, DocumentsWhatIsServed) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string said = ask("POST", "/no-such-route", "", {}).body;
  const std::size_t gets = said.find("GET of");
  ASSERT_NE(gets, std::string::npos) << said;
  std::set<std::string> served;
  for (const std::string& path : found_in(said.substr(0, gets), "/api(/[a-z0-9/-]+)")) {
    served.insert("POST " + path);
  }
  for (const std::string& path : found_in(said.substr(gets), "(/[a-z0-9/]+)")) {
    served.insert("GET " + path);
  }
  std::set<std::string> documented = {};
  for (const std::string tag : {"records", "spans", "otlp", "health"}) {
    documented.merge(names(document_.operations(), tag));
  }
  documented.erase("HEAD /");
  documented.erase("OPTIONS /");
  EXPECT_EQ(served, documented);
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(IntakeApi, TakesEveryExample) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(ask_all({"records", "spans", "otlp", "health"}, {}, 200));
  ASSERT_NO_FATAL_FAILURE(ask_all({"reads"}));
  sink_.stop();
  ASSERT_NO_FATAL_FAILURE(ask_all({"reads"}, {}, 502));
  sink_.start();
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Without /api, and with a slash at the end.
TEST_F(IntakeApi, TakesEachPathInAllItsForms) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const Operation& operation : document_.operations()) {
    if (operation.method == "POST" && !OpenApi::has_tag(operation, "reads")) {
      const OpenApi::Body body = document_.bodies(operation).front();
      for (const std::string& form : {operation.path, operation.path + "/", cat("/api", operation.path, "/")}) {
        EXPECT_EQ(ask("POST", form, body.text, {{"Content-Type", body.type}}).status(), 200) << form;
      }
      EXPECT_EQ(ask("PUT", operation.path, body.text, {}).status(), 405) << operation.path;
    }
  }
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(IntakeApi, RefusesAsDocumented) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(ask_all(all_tags_, {{"Origin", "https://evil.example"}}, 403));
  ASSERT_NO_FATAL_FAILURE(ask_all(all_tags_, {{"Host", "evil.example"}}, 421));
  const std::vector<std::string> writes = {"records", "spans", "otlp"};
  ASSERT_NO_FATAL_FAILURE(ask_all({"records", "spans", "otlp", "reads"}, {{"Authorization", "Bearer wrong"}}, 401));
  ASSERT_NO_FATAL_FAILURE(ask_all({"records", "spans", "otlp", "reads"}, {{"Content-Encoding", "br"}}, 415));
  ASSERT_NO_FATAL_FAILURE(ask_all(writes, {{"Expect", "wonders"}}, 417));
  ASSERT_NO_FATAL_FAILURE(ask_all({"spans", "otlp"}, {{"X-Respan-Params", std::string(2100, 'x')}}, 431));
  for (const Operation& operation : document_.operations()) {
    if (operation.method != "POST" || OpenApi::has_tag(operation, "reads")) {
      continue;
    }
    for (const OpenApi::Body& body : document_.bodies(operation)) {
      const Headers type = {{"Content-Type", body.type}};
      const std::string target = "/api" + operation.path;
      const HttpMessage broken = ask("POST", target, "{\"", type);
      EXPECT_EQ(broken.status(), 400) << target;
      EXPECT_EQ(document_.objection(operation, broken), "");
      const HttpMessage large = ask("POST", target, std::string(70'000, ' '), type);
      EXPECT_EQ(large.status(), 413) << target;
      EXPECT_EQ(document_.objection(operation, large), "");
      if (!OpenApi::has_tag(operation, "records")) {
        const HttpMessage asked = ask("POST", target + "?" + std::string(600, 'q'), body.text, type);
        EXPECT_EQ(asked.status(), 414) << target;
        EXPECT_EQ(document_.objection(operation, asked), "");
      }
    }
  }
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

// Of a list the good ones are taken, and the bad ones named.
TEST_F(IntakeApi, NamesBadElementsAsDocumented) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const Operation& operation : document_.operations()) {
    if (OpenApi::has_tag(operation, "records") || OpenApi::has_tag(operation, "spans")) {
      const bool logs =
          operation.path.find("bulk") != std::string::npos || operation.path.find("batch") != std::string::npos;
      const std::string list = R"([{"model":"a"},7])";
      const HttpMessage answer = ask("POST", operation.path, logs ? cat(R"({"logs":)", list, "}") : list, {});
      EXPECT_EQ(answer.status(), logs ? 200 : 400) << operation.path;
      EXPECT_EQ(document_.objection(operation, answer), "");
    }
  }
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(IntakeApi, RefusesWhatCanNotBeMaskedAsDocumented) {
  ASSERT_NO_FATAL_FAILURE(start("records: {redact_text: [email]}"));
  ASSERT_NO_FATAL_FAILURE(ask_all({"on request"}, {}, 422));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

TEST_F(IntakeApi, IsNotReadyAsDocumented) {
  sink_.set_rules({.key = "another-key"});
  ASSERT_NO_FATAL_FAILURE(start());
  daemon_->send_acknowledged(record(1) + "\n");
  ASSERT_TRUE(daemon_->wait_for_metric("respand_ready", 0));
  EXPECT_EQ(ask("GET", "/readyz", "", {}).status(), 503);
  ASSERT_NO_FATAL_FAILURE(ask_all({"health"}));
  ASSERT_NO_FATAL_FAILURE(daemon_->stop());
}

}  // namespace
}  // namespace respand::test
