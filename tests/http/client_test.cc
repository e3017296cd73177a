#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <thread>

#include "h2_peer.h"
#include "harness.h"
#include "raw_server.h"

namespace respand::http {
namespace {

void answer_all(Peer& peer) {
  while (peer.request()) {
    if (!peer.send(reply(200, R"({"message":"log successful"})"))) {
      return;
    }
  }
}

// What a server speaks, and the engine that speaks to it.
struct Kind {
  const char* name;
  bool h2;
  Engine engine;
  const char* version;
};

class ClientTest : public testing::TestWithParam<Kind> {
 protected:
  static RawServer::Place place() { return {.make_peer = GetParam().h2 ? H2Peer::make : nullptr}; }
  static Target target_at(const RawServer& server) {
    Target target = target_to(server);
    target.engine = GetParam().engine;
    return target;
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, ClientTest,
                         testing::Values(Kind{"Http11", false, Engine::kAuto, "HTTP/1.1"},
                                         Kind{"Http2", true, Engine::kAuto, "HTTP/2"},
                                         Kind{"Http2ByLibcurl", true, Engine::kLibcurl, "HTTP/2"}),
                         [](const auto& one) { return one.param.name; });

TEST_P(ClientTest, PostsAsTheContractSays) {
  LockGuarded<std::string> seen;
  RawServer server(place(), [&](Peer& peer) {
    const auto request = peer.request();
    seen.with([&](std::string& text) { text = request.value_or(""); });
    peer.send(reply(200, "{}"));
  });
  Harness harness(target_at(server));
  const Answer answer = harness.one();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "{}");
  EXPECT_GT(answer.elapsed, Duration{0});
  const std::string request = seen.with([](const std::string& text) { return text; });
  EXPECT_TRUE(request.starts_with(cat("POST /api/request-logs/create/ ", GetParam().version, "\r\n"))) << request;
  EXPECT_NE(request.find("\r\nAuthorization: Bearer sk-very-secret\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nContent-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(request.find("\r\nUser-Agent: respand/test\r\n"), std::string::npos);
  EXPECT_EQ(request.find("Expect:"), std::string::npos);
  EXPECT_EQ(request.find("Accept-Encoding:"), std::string::npos);
  EXPECT_TRUE(request.ends_with("\r\n\r\n" + Harness::payload(0)));
}

TEST_P(ClientTest, KeepsItsConnections) {
  RawServer server(place(), answer_all);
  Harness harness(target_at(server));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(harness.one().status, 200);
  }
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(ClientTest, OpensNoMoreConnectionsThanItMay) {
  RawServer server(place(), answer_all);
  Harness harness(target_at(server));
  EXPECT_EQ(harness.client.capacity(), 8U);
  harness.start(200);  // more than the capacity: they wait, and still all end
  const auto answers = harness.finish();
  ASSERT_EQ(answers.size(), 200U);
  for (const auto& [id, answer] : answers) {
    EXPECT_EQ(answer.status, 200);
  }
  EXPECT_LE(server.connections(), 8U);
}

TEST_P(ClientTest, SendsABodyOfTwentyMebibytesWithoutAskingFirst) {
  std::atomic<std::size_t> received = 0;
  RawServer server(place(), [&](Peer& peer) {
    while (const auto request = peer.request()) {
      received = request->size();
      peer.send(reply(200, "{}"));
    }
  });
  const auto made = make_client(target_at(server), system_clock());
  Client& client = *made;
  client.start(7, std::string(20 << 20, ' '));
  std::vector<Answer> answers;
  while (answers.empty()) {
    client.poll(
        MonoTime::max(), [] { return true; }, answers);
  }
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[0].payload.size(), 20U << 20);
  EXPECT_GT(received.load(), 20U << 20);
}

TEST_P(ClientTest, RetryAfterComesFromHeaderOrBody) {
  LockGuarded<std::string> next;
  const auto answer_with = [&](std::string text) { next.with([&](std::string& now) { now = std::move(text); }); };
  RawServer server(place(), [&](Peer& peer) {
    while (peer.request()) {
      peer.send(next.with([](const std::string& now) { return now; }));
    }
  });
  Harness harness(target_at(server));
  answer_with(reply(503, "{}", "reTRY-after:  17\r\n"));
  EXPECT_EQ(harness.one().retry_after, std::chrono::seconds{17});
  answer_with(reply(429, R"({"detail":"Rate limit exceeded","retry_after":60})"));
  EXPECT_EQ(harness.one().retry_after, std::chrono::seconds{60});
  answer_with(reply(429, R"({"retry_after":60})", "Retry-After: 5\r\n"));
  EXPECT_EQ(harness.one().retry_after, std::chrono::seconds{5});
  answer_with(reply(429, "{}", "X-RateLimit-Reset: 7\r\n"));
  EXPECT_EQ(harness.one().retry_after, std::chrono::seconds{7});
  answer_with(reply(429, R"({"retry_after":60})", "ratelimit-reset: 7\r\n"));
  EXPECT_EQ(harness.one().retry_after, std::chrono::seconds{60});
  answer_with(reply(503, "{}", "X-RateLimit-Reset: 7\r\n"));
  EXPECT_EQ(harness.one().retry_after, std::nullopt) << "the end of a window that is not used up";
  answer_with(reply(500, R"({"retry_after":60})"));
  EXPECT_EQ(harness.one().retry_after, std::nullopt);
  answer_with(reply(200, "{}", "RateLimit-Policy: \"a\";q=10;w=2\r\nratelimit: \"a\";r=0;t=1\r\n"));
  const Answer told = harness.one();
  EXPECT_EQ(told.retry_after, std::nullopt) << "it is taken";
  EXPECT_EQ(told.limits, (RateLimitHint{10, std::chrono::seconds{2}, 0, std::chrono::seconds{1}}));
  answer_with(reply(200, "{}"));
  const Answer plain = harness.one();
  EXPECT_EQ(plain.limits, RateLimitHint{}) << "left over from the request before";
  EXPECT_EQ(plain.retry_after, std::nullopt) << "left over from the request before";
  answer_with("HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" + reply(200, "{}"));
  const Answer answer = harness.one();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.retry_after, std::nullopt) << "of an interim answer";
}

// The server's clock is far from this host's: what counts is the time between its own two dates, in either order.
TEST_P(ClientTest, DatesOfAnAnswerAreMeasuredAgainstItsOwnDate) {
  LockGuarded<std::string> next;
  RawServer server(place(), [&](Peer& peer) {
    while (peer.request()) {
      peer.send(next.with([](const std::string& now) { return now; }));
    }
  });
  Harness harness(target_at(server));
  const std::string date = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n";
  const std::vector<std::string> answers = {
      date + "Retry-After: Tue, 15 Nov 1994 08:12:38 GMT\r\n", "Retry-After: Tue, 15 Nov 1994 08:12:38 GMT\r\n" + date,
      "DATE:Tue, 15 Nov 2094 08:12:31 GMT\r\nretry-after:Tue, 15 Nov 2094 08:12:38 GMT\r\n",
      "Date: Sun, 09 Sep 2001 01:46:41 GMT\r\nX-RateLimit-Reset: 1000000008\r\n"};
  for (const std::string& headers : answers) {
    next.with([&](std::string& now) { now = reply(429, "{}", headers); });
    const Answer answer = harness.one();
    EXPECT_EQ(answer.retry_after, std::chrono::seconds{7}) << headers;
    ASSERT_TRUE(answer.clock_offset) << headers;
    EXPECT_EQ(*answer.clock_offset > Duration{0}, headers.find("2094") == std::string::npos) << headers;
  }
  next.with([&](std::string& now) { now = reply(200, "{}"); });
  EXPECT_EQ(harness.one().clock_offset, std::nullopt) << "left over from the request before";
}

TEST_P(ClientTest, FollowsNoRedirect) {
  RawServer elsewhere(place(), answer_all);
  RawServer server(place(), [&](Peer& peer) {
    while (peer.request()) {
      peer.send(reply(302, "", cat("Location: ", elsewhere.url(), "\r\n")));
    }
  });
  Harness harness(target_at(server));
  EXPECT_EQ(harness.one().status, 302);
  EXPECT_EQ(elsewhere.connections(), 0U);
}

TEST_P(ClientTest, HidesAKeyThatIsEchoed) {
  RawServer server(place(), [](Peer& peer) {
    while (const auto request = peer.request()) {
      peer.send(reply(401, *request));
    }
  });
  Harness harness(target_at(server));
  const Answer answer = harness.one();
  EXPECT_EQ(answer.status, 401);
  EXPECT_NE(answer.body.find("Bearer ********"), std::string::npos);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
}

TEST_P(ClientTest, HidesAKeyThatIsEchoedInAnotherSpelling) {
  RawServer server(place(), [](Peer& peer) {
    while (peer.request()) {
      peer.send(reply(403, R"({"detail":"sk\u002dvery\/secret, sk-very%2Fsecret, sk-very&#47;secret"})"));
    }
  });
  Target target = target_at(server);
  target.bearer = "sk-very/secret";
  Harness harness(target);
  const Answer answer = harness.one();
  EXPECT_EQ(answer.body, R"({"detail":"********, ********, ********"})");
  EXPECT_EQ(answer.message, "********, ********, ********");
}

std::string unpacked(std::string_view gzip) {
  z_stream stream{};
  EXPECT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U);
  out.resize(stream.total_out);
  ::inflateEnd(&stream);
  return out;
}

TEST_P(ClientTest, CompressesWhereItIsAskedTo) {
  LockGuarded<std::string> seen;
  RawServer server(place(), [&](Peer& peer) {
    while (const auto request = peer.request()) {
      seen.with([&](std::string& text) { text = *request; });
      peer.send(reply(200, "{}"));
    }
  });
  Target target = target_at(server);
  target.compress = true;
  const auto made = make_client(target, system_clock());
  Client& client = *made;
  for (const std::size_t size : {0U, 1U, 100U, 100'000U, 2U}) {
    const std::string payload(size, 'x');
    client.start(1, payload);
    std::vector<Answer> answers;
    while (answers.empty()) {
      client.poll(
          MonoTime::max(), [] { return true; }, answers);
    }
    EXPECT_EQ(answers[0].status, 200);
    EXPECT_TRUE(answers[0].compressed);
    EXPECT_EQ(answers[0].payload, payload);
    const std::string request = seen.with([](const std::string& text) { return text; });
    EXPECT_NE(request.find("\r\nContent-Encoding: gzip\r\n"), std::string::npos) << request.substr(0, 300);
    EXPECT_EQ(unpacked(std::string_view(request).substr(request.find("\r\n\r\n") + 4)), payload);
  }
}

TEST_P(ClientTest, ALargeBodyThatGetsStuckDoesNotHaveMoreTime) {
  RawServer server(place(), [](Peer& peer) { peer.hang(); });
  Target target = target_at(server);
  target.request_timeout = std::chrono::seconds{1};
  const auto made = make_client(target, system_clock());
  Client& client = *made;
  client.start(1, std::string(20 << 20, 'x'));
  std::vector<Answer> answers;
  while (answers.empty()) {
    client.poll(
        MonoTime::max(), [] { return true; }, answers);
  }
  EXPECT_EQ(answers[0].failure, Failure::kTimeout);
  EXPECT_LT(answers[0].elapsed, std::chrono::seconds{100}) << "of the 161 that it would have while it moves";
}

TEST_P(ClientTest, ANewTargetIsForNewRequestsOnly) {
  std::atomic<bool> go = false;
  RawServer first(place(), [&](Peer& peer) {
    while (peer.request()) {
      go.wait(false);
      peer.send(reply(201, "{}"));
    }
  });
  RawServer second(place(), answer_all);
  Harness harness(target_at(first));
  harness.start(2);
  std::vector<Answer> none;
  harness.client.poll(
      MonoTime{}, [] { return true; }, none);
  harness.client.set_target(target_at(second));
  harness.start(2);
  go = true;
  go.notify_all();
  const auto answers = harness.finish();
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers.at(0).status, 201);
  EXPECT_EQ(answers.at(1).status, 201);
  EXPECT_EQ(answers.at(2).status, 200);
  EXPECT_EQ(answers.at(3).status, 200);
}

TEST_P(ClientTest, AWakeUpBeforeTheWaitEndsIt) {
  Harness harness(target_to("http://127.0.0.1:9/"));
  std::vector<Answer> none;
  harness.client.wake();
  harness.client.poll(
      MonoTime::max(), [] { return true; }, none);
  EXPECT_TRUE(none.empty());
}

TEST_P(ClientTest, AWakeUpFromAnotherThreadEndsTheWait) {
  Harness harness(target_to("http://127.0.0.1:9/"));
  std::jthread other;
  std::vector<Answer> none;
  harness.client.poll(
      MonoTime::max(),
      [&] {
        other = std::jthread([&] { harness.client.wake(); });
        return true;
      },
      none);
  EXPECT_TRUE(none.empty());
}

TEST_P(ClientTest, TheWaitCanBeForbidden) {
  Harness harness(target_to("http://127.0.0.1:9/"));
  std::vector<Answer> none;
  harness.client.poll(
      MonoTime::max(), [] { return false; }, none);  // hangs for a day where it waits
  EXPECT_TRUE(none.empty());
}

TEST_P(ClientTest, GoingAwayWithRequestsInFlightIsClean) {
  RawServer server(place(), [](Peer& peer) { peer.hang(); });
  Harness harness(target_at(server));
  harness.start(20);
  std::vector<Answer> none;
  harness.client.poll(
      MonoTime{}, [] { return true; }, none);
  EXPECT_EQ(harness.client.in_flight(), 20U);
}

}  // namespace
}  // namespace respand::http
