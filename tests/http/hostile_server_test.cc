// The real client against servers that do what they should not. Whatever they do, each request gets one answer, and the
// next request goes through as soon as the server behaves.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "harness.h"
#include "raw_server.h"

namespace respand::http {
namespace {

Answer answer_of(std::function<void(Peer&)> script) {
  RawServer server(std::move(script));
  Harness harness(target_to(server.url()));
  return harness.one();
}

Answer answer_to(const std::string& bytes) {
  return answer_of([&](Peer& peer) {
    if (peer.request()) {
      peer.send(bytes);
    }
  });
}

void expect_broken(const Answer& answer) {
  EXPECT_EQ(answer.failure, Failure::kBroken) << answer.status << ' ' << name_of(answer.failure);
  EXPECT_FALSE(answer.detail.empty());
}

// A connection that ends before the client has looked at it is seen either as one that broke or as one that never was:
// which of the two, the kernel's timing decides. Both are tried again.
void expect_broken_or_no_connection(const Answer& answer) {
  EXPECT_TRUE(answer.failure == Failure::kBroken || answer.failure == Failure::kConnect)
      << answer.status << ' ' << name_of(answer.failure);
  EXPECT_FALSE(answer.detail.empty());
}

TEST(HostileServer, ClosesOrResetsAtAnyPoint) {
  expect_broken_or_no_connection(answer_of([](Peer& peer) { peer.close(); }));
  expect_broken_or_no_connection(answer_of([](Peer& peer) { peer.reset(); }));
  expect_broken(answer_of([](Peer& peer) { static_cast<void>(peer.request()); }));
  expect_broken(answer_of([](Peer& peer) {
    static_cast<void>(peer.request());
    peer.reset();
  }));
  expect_broken(answer_to("HTTP/1.1 200 OK\r\nContent-Le"));
  expect_broken(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
  expect_broken(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"));
}

TEST(HostileServer, SpeaksNoHttp) {
  expect_broken(answer_to("SSH-2.0-OpenSSH_9.2\r\n"));
  expect_broken(answer_to(std::string(1000, '\0')));
  expect_broken(answer_to("HTTP/9.9 200 OK\r\n\r\n"));
  expect_broken(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n"));
  expect_broken(answer_to("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"));
}

TEST(HostileServer, LiesAboutTheLength) {
  const Answer more = answer_to("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 400 No\r\n\r\n");
  EXPECT_EQ(more.status, 200);
  EXPECT_EQ(more.body, "{}");
  const Answer none = answer_to("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(none.body, "until the end");
}

TEST(HostileServer, LengthsAroundTheLimitOfABody) {
  for (const std::size_t size : {kMaxAnswerBody - 1, kMaxAnswerBody, kMaxAnswerBody + 1, 10 * kMaxAnswerBody}) {
    const Answer answer = answer_to(reply(200, std::string(size, 'x')));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.size(), std::min(size, kMaxAnswerBody));
  }
}

TEST(HostileServer, AnEndlessBodyIsCutAndItsStatusCounts) {
  const Answer answer = answer_of([](Peer& peer) {
    static_cast<void>(peer.request());
    peer.send("HTTP/1.1 400 No\r\nContent-Length: 999999999999\r\n\r\n");
    while (peer.send(std::string(65536, 'x'))) {
    }
  });
  EXPECT_EQ(answer.failure, Failure::kNone);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body.size(), kMaxAnswerBody);
}

TEST(HostileServer, EndlessHeadersAreCut) {
  expect_broken(answer_of([](Peer& peer) {
    static_cast<void>(peer.request());
    peer.send("HTTP/1.1 200 OK\r\n");
    while (peer.send("X-Header: " + std::string(500, 'x') + "\r\n")) {
    }
  }));
  expect_broken(answer_of([](Peer& peer) {
    static_cast<void>(peer.request());
    while (peer.send("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n")) {
    }
  }));
  const Answer one_line = answer_of([](Peer& peer) {
    static_cast<void>(peer.request());
    peer.send("HTTP/1.1 200 ");
    while (peer.send(std::string(4096, 'x'))) {
    }
  });
  EXPECT_EQ(one_line.failure, Failure::kBroken);
}

TEST(HostileServer, HangsUntilTheTimeOut) {
  for (const std::string begun : {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}) {
    RawServer server([&](Peer& peer) {
      static_cast<void>(peer.request());
      peer.send(begun);
      peer.hang();
    });
    Target target = target_to(server.url());
    target.request_timeout = std::chrono::milliseconds{100};
    Harness harness(target);
    EXPECT_EQ(harness.one().failure, Failure::kTimeout) << begun;
  }
}

TEST(HostileServer, ATimeOutBelowAMillisecondIsNotForEver) {
  RawServer server([](Peer& peer) { peer.hang(); });
  Target target = target_to(server.url());
  target.request_timeout = Duration{1};
  Harness harness(target);
  EXPECT_EQ(harness.one().failure, Failure::kTimeout);
}

TEST(HostileServer, RefusesConnections) {
  std::string url;
  {
    const RawServer gone([](Peer&) {});
    url = gone.url();
  }
  Harness harness(target_to(url));
  EXPECT_EQ(harness.one().failure, Failure::kConnect);
}

TEST(HostileServer, IsNoTlsServer) {
  RawServer server([](Peer& peer) {
    peer.send("220 smtp ready\r\n");
    peer.hang();
  });
  Target target = target_to(server.url());
  target.url.replace(0, 4, "https");
  Harness harness(target);
  EXPECT_EQ(harness.one().failure, Failure::kConnect);
}

// Kept connections that the server has closed meanwhile: the next request must go through on a new one.
TEST(HostileServer, ClosesKeptConnections) {
  RawServer server([](Peer& peer) {
    static_cast<void>(peer.request());
    peer.send(reply(200, "{}"));  // says nothing of closing, and does
  });
  Harness harness(target_to(server.url()));
  for (int i = 0; i < 50; ++i) {
    const Answer answer = harness.one();
    EXPECT_TRUE(answer.status == 200 || answer.failure == Failure::kBroken);
  }
}

// All of the above at once, in a fixed order, over many connections.
TEST(HostileServer, EveryRequestGetsExactlyOneAnswer) {
  std::atomic<unsigned> turn = 0;
  RawServer server([&](Peer& peer) {
    while (peer.request()) {
      switch (turn++ % 7) {
        case 0:
        case 1:
        case 2:
          peer.send(reply(200, "{}"));
          break;
        case 3:
          peer.send(reply(503, "busy", "Retry-After: 1\r\n"));
          break;
        case 4:
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf");
          return;
        case 5:
          peer.reset();
          return;
        default:
          peer.close();
          return;
      }
    }
  });
  Harness harness(target_to(server.url()));
  std::size_t good = 0;
  for (int round = 0; round < 20; ++round) {
    harness.start(25);
    const auto answers = harness.finish();
    EXPECT_EQ(answers.size(), 25U);
    for (const auto& [id, answer] : answers) {
      good += answer.status == 200 ? 1 : 0;
    }
  }
  EXPECT_GT(good, 100U);
}

}  // namespace
}  // namespace respand::http
