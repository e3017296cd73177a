// The status page: what is served and how; and, in a real browser, that it shows the daemon's state, updates itself,
// and says what is wrong. Chromium and the packages from npm come with scripts/install-packages --checks; without them
// the browser's tests are skipped and say so. Their screenshots are in the build folder, in pages/.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include "app/history.h"
#include "app/page_server.h"
#include "app/status_page.h"
#include "respand/base/clock.h"
#include "respand/json/text.h"
#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

const std::string kModules = cat(RESPAND_SOURCE, "/build/clients");
const std::string kPictures = RESPAND_PICTURES;
// A browser on a machine that is busy.
constexpr Duration kBrowserPatience = std::chrono::minutes{2};

std::string chromium() {
  const char* const named = std::getenv("CHROMIUM");
  return named != nullptr ? named : "/usr/bin/chromium";
}

// tests/clients/page.mjs, which has to end with 0.
class Browser {
 public:
  Browser(const std::string& scenario, std::uint16_t port) {
    std::filesystem::create_directories(kPictures);
    std::filesystem::copy_file(cat(RESPAND_SOURCE, "/tests/clients/page.mjs"), folder_ / "page.mjs");
    std::filesystem::create_directory_symlink(kModules + "/node_modules", folder_ / "node_modules");
    process_.emplace("/usr/bin/env", std::vector<std::string>{"node", folder_ / "page.mjs", scenario,
                                                              cat("http://127.0.0.1:", port, "/"), kPictures});
  }
  [[nodiscard]] bool asks_for(std::string_view what) {
    const bool asked = process_->wait_for_line(cat("please: ", what), kBrowserPatience).has_value();
    EXPECT_TRUE(asked) << what << "\n" << process_->out() << process_->err();
    return asked;
  }
  void expect_success() {
    const auto exit = process_->wait(kBrowserPatience);
    ASSERT_TRUE(exit) << "it does not end\n" << process_->out() << process_->err();
    EXPECT_EQ(exit->status, 0) << process_->out() << process_->err();
  }
  [[nodiscard]] std::string out() { return process_->out(); }

 private:
  TempDir folder_;
  std::optional<Process> process_;
};

class StatusPageInABrowser : public testing::Test {
 protected:
  void SetUp() override {
    if (::access(chromium().c_str(), X_OK) != 0) {
      GTEST_SKIP() << "Chromium is not here: scripts/install-packages --checks";
    }
    if (!std::filesystem::exists(kModules + "/node_modules/playwright-core")) {
      GTEST_SKIP() << "the packages from npm are not here: scripts/install-packages --tests";
    }
  }
};

std::string call(std::string_view model, std::string_view customer) {
  std::string line = R"({"model":)";
  json::put_string(line, model);
  line += R"(,"customer_identifier":)";
  json::put_string(line, customer);
  return line + R"(,"cost":0.25,"generation_time":1.5,"input":"a secret of the payload"})" + "\n";
}

// Names that would run in a page which takes them for HTML.
std::string hostile_calls() {
  return call("<script>window.owned=1</script>", "<img src=x onerror=window.owned=1>") +
         call("\"><svg onload=window.owned=1>", "acme") + call("gpt-4o", "globex");
}

TEST(StatusPage, EachFileIsServedForABrowserAlone) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  for (const auto& [path, type] : {std::pair<std::string, std::string>("/", "text/html; charset=utf-8"),
                                   {"/page.js", "text/javascript; charset=utf-8"},
                                   {"/uplot.css", "text/css; charset=utf-8"},
                                   {"/icon.svg", "image/svg+xml"},
                                   {"/status", "text/plain; charset=utf-8"},
                                   {"/status.json", "application/json"},
                                   {"/history.json", "application/json"},
                                   {"/history.json?since=x", "application/json"},
                                   {"/nothing", "text/plain"}}) {
    const HttpMessage page = daemon.page(path);
    EXPECT_EQ(page.status(), path == "/nothing" ? 404 : 200) << path;
    EXPECT_EQ(page.header("content-type"), type) << path;
    EXPECT_THAT(page.header("content-security-policy"), testing::StartsWith("default-src 'none'; script-src 'self';"));
    EXPECT_THAT(page.header("content-security-policy"), HasSubstr("frame-ancestors 'none'"));
    EXPECT_THAT(page.header("content-security-policy"), testing::Not(HasSubstr("unsafe")));
    EXPECT_EQ(page.header("x-content-type-options"), "nosniff") << path;
    EXPECT_EQ(page.header("referrer-policy"), "no-referrer") << path;
    EXPECT_EQ(page.header("cross-origin-resource-policy"), "same-origin") << path;
  }
  Client client = Client::connect_tcp(daemon.metrics_port());
  ASSERT_TRUE(client.send("HEAD /page.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  const std::string head = client.read_all();
  EXPECT_THAT(head, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr(cat("\r\nContent-Length: ", daemon.page("/page.js").body.size(), "\r\n")));
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << "no body";
  for (const auto& [request, status] :
       {std::pair<std::string, std::string>("GET / HTTP/1.1\r\nHost: evil.example", "421"),
        {"GET /history.json HTTP/1.1\r\nHost: evil.example", "421"},
        {"GET /status.json HTTP/1.1\r\nHost: evil.example", "421"},
        {"POST /status.json HTTP/1.1\r\nHost: localhost", "405"}}) {
    Client other = Client::connect_tcp(daemon.metrics_port());
    ASSERT_TRUE(other.send(request + "\r\nConnection: close\r\n\r\n"));
    EXPECT_THAT(other.read_all(), testing::StartsWith("HTTP/1.1 " + status)) << request;
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(StatusPage, HistoryBeginsWithTheDaemonAndGoesOn) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(call("gpt-4o", "acme"));
  ASSERT_TRUE(daemon.wait_for_metric("respand_llm_cost_usd_total", 0.25));
  const std::string first = daemon.page("/history.json").body;
  EXPECT_EQ(member(first, "first"), "0");
  const std::string next = member(first, "next");
  ASSERT_TRUE(eventually([&] { return member(daemon.page("/history.json").body, "next") != next; }));
  const std::string more = daemon.page("/history.json?since=" + next).body;
  EXPECT_EQ(member(more, "first"), next);
  EXPECT_EQ(member(more, "run"), member(first, "run"));
  EXPECT_THAT(member(more, "cost_usd_per_minute"), HasSubstr(R"({"model":"gpt-4o","usd":[)"));
  const std::string spend = member(daemon.page("/status.json").body, "spend");
  EXPECT_EQ(member(spend, "customers"),
            R"({"rows":[{"name":"acme","usd":0.25,"records":1,"unpriced":0}],"left_out":0})");
  EXPECT_EQ(member(spend, "models"),
            R"({"rows":[{"name":"gpt-4o","usd":0.25,"records":1,"unpriced":0}],"left_out":0})");
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// In the light and in the dark, on a desk and on a phone; then the daemon is stopped.
TEST_F(StatusPageInABrowser, ShowsWhatIsThereAndMoves) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(hostile_calls() + "{]\n");
  // A path that is not served: an issue shows it.
  Client client = daemon.connect();
  EXPECT_EQ(client.request("POST", "/<script>window.owned=1</script>", "{}").value_or(HttpMessage{}).status(), 404);
  ASSERT_TRUE(daemon.wait_for_metric("respand_records_delivered_total", 3));
  ASSERT_TRUE(eventually([&] { return daemon.metric("respand_llm_cost_usd_total") == 0.75; }));
  Browser browser("delivering", daemon.metrics_port());
  ASSERT_TRUE(browser.asks_for("more records"));
  for (int i = 0; i < 20; ++i) {
    daemon.send_acknowledged(hostile_calls());
  }
  ASSERT_TRUE(browser.asks_for("stop the daemon"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  browser.expect_success();
}

TEST_F(StatusPageInABrowser, SaysFirstWhatIsWrongAndWhatToDo) {
  sink::Rules rules;
  rules.key = "another-key";
  SinkServer sink(rules);
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(hostile_calls());
  ASSERT_TRUE(eventually([&] { return daemon.page("/readyz").status() == 503; }));
  Browser browser("trouble", daemon.metrics_port());
  browser.expect_success();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// The pages of metrics.listen over an hour of load, made up.
class HourOfLoad {
 public:
  explicit HourOfLoad(const std::string& status) : status_(status) {
    app::Moment moment;
    moment.lag = {.bounds = {0.01, 0.1, 1}, .counts = {0, 0, 0, 0}};
    moment.generation = {.bounds = {0.5, 5, 50}, .counts = {0, 0, 0, 0}};
    moment.limit = 64;
    for (int i = 0; i < 20; ++i) {
      moment.costs.emplace_back(cat("model-", i), 0);
    }
    MonoTime now{};
    for (std::size_t i = 0; i < app::History::kMost; ++i) {
      now += app::History::kInterval;
      const double load = 1000 + 400 * std::sin(static_cast<double>(i) / 40);
      moment.received += load * 5;
      moment.delivered += load * 5 - 1;
      moment.backlog_records = static_cast<double>(i % 90) * 17;
      moment.oldest_seconds = static_cast<double>(i % 90) / 10;
      moment.in_flight = static_cast<std::uint32_t>(i % 64);
      moment.answers[app::Moment::kOk] += load * 5;
      moment.answers[app::Moment::kFailed] += static_cast<double>(i % 7);
      for (auto* const buckets : {&moment.lag, &moment.generation}) {
        for (std::size_t bucket = 0; bucket < 4; ++bucket) {
          buckets->counts[bucket] += load * static_cast<double>(bucket);
        }
      }
      for (auto& [model, cost] : moment.costs) {
        cost += load / 5000 / (1 + std::stod(model.substr(6)));
      }
      history_.add(now, moment);
    }
    app::PageServer::Pages pages;
    app::add_status_page(
        pages,
        {.text = [] { return std::string(); },
         .json = [this] { return status_; },
         .history = [this, now](std::uint64_t since) { return history_.json(since, now, system_clock().wall()); }});
    server_.emplace(loop_, std::move(pages));
    EXPECT_TRUE(server_->start("127.0.0.1", 0));
    thread_ = std::jthread([this] { loop_.run(); });
  }
  ~HourOfLoad() {
    boost::asio::post(loop_, [this] {
      server_->stop();
      loop_.stop();
    });
    thread_.join();
  }
  HourOfLoad(const HourOfLoad&) = delete;
  HourOfLoad& operator=(const HourOfLoad&) = delete;
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  const std::string status_;
  app::History history_{MonoTime{}, WallTime{}};
  boost::asio::io_context loop_{1};
  std::optional<app::PageServer> server_;
  std::jthread thread_;
};

TEST_F(StatusPageInABrowser, IsThereSoonAfterAnHourOfLoad) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  daemon.send_acknowledged(hostile_calls());
  const HourOfLoad hour(daemon.page("/status.json").body);
  Browser browser("hour", hour.port());
  browser.expect_success();
  std::cout << browser.out();
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
