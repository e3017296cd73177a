// The engine for HTTP/2 against servers that do what they should not. Whatever they do, each request gets one answer,
// memory stays bounded, and the next request goes through as soon as the server behaves. In the clear, so that the
// bytes are the test's own; TLS is in nginx_test.cc.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>

#include "h2_frames.h"
#include "harness.h"
#include "raw_server.h"

namespace respand::http {
namespace {

using namespace frames;

Target h2_target(const RawServer& server) {
  Target target = target_to(server.url());
  target.version = Version::k2PriorKnowledge;
  return target;
}

// The answer where a server sends these bytes once the first request has come, and nothing more.
Answer h2_answer_to(const std::string& bytes, Duration patience = std::chrono::seconds{20}) {
  RawServer server([&](Peer& peer) {
    Conversation with(peer);
    if (with.request()) {
      with.send(bytes);
      peer.hang();
    }
  });
  Target target = h2_target(server);
  target.request_timeout = patience;
  Harness harness(target);
  return harness.one();
}

void expect_broken_h2(const Answer& answer) {
  EXPECT_EQ(answer.failure, Failure::kBroken)
      << answer.status << ' ' << name_of(answer.failure) << ' ' << answer.detail;
  EXPECT_FALSE(answer.detail.empty());
}

TEST(HostileH2, AGoodServerIsUnderstood) {
  const Answer good = h2_answer_to(answer(1, R"({"a":1})"));
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, R"({"a":1})");
  const Answer empty = h2_answer_to(frame(kHeaders, kEndHeaders | kEndStream, 1, "\x89"));
  EXPECT_EQ(empty.status, 204);
}

TEST(HostileH2, HeadersOfInterimAnswersAndBehindTheBodyDoNotCount) {
  const Answer got =
      h2_answer_to(frame(kHeaders, kEndHeaders, 1, field(":status", "103") + field("retry-after", "9")) +
                   frame(kHeaders, kEndHeaders, 1, kStatus200 + field("x", "y")) + frame(kData, 0, 1, "{}") +
                   frame(kHeaders, kEndHeaders | kEndStream, 1, field("retry-after", "8")));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "{}");
  EXPECT_EQ(got.retry_after, std::nullopt);
}

TEST(HostileH2, SpeaksNoHttp2) {
  for (const std::string bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "SSH-2.0-OpenSSH_9.2\r\n"}) {
    RawServer server([&](Peer& peer) {
      peer.send(bytes);
      peer.hang();
    });
    Harness harness(h2_target(server));
    expect_broken_h2(harness.one());
  }
  expect_broken_h2(h2_answer_to(std::string(100'000, '\xff')));
  expect_broken_h2(h2_answer_to(std::string(100'000, '\0')));
}

TEST(HostileH2, BreaksTheRules) {
  expect_broken_h2(h2_answer_to(frame(kData, kEndStream, 1, "{}")));                              // no headers
  expect_broken_h2(h2_answer_to(frame(kHeaders, kEndHeaders | kEndStream, 1, "\xff\xff")));       // no HPACK
  expect_broken_h2(h2_answer_to(frame(kHeaders, kEndHeaders | kEndStream, 1, field("a", "b"))));  // no status
  expect_broken_h2(h2_answer_to(frame(kHeaders, kEndHeaders | kEndStream, 3, kStatus200)));       // a stream of nobody
  expect_broken_h2(h2_answer_to(frame(kSettings, kAck, 0, "") + frame(kPush, kEndHeaders, 1, number(2, 4))));
  expect_broken_h2(h2_answer_to(frame(kContinuation, 0, 1, "")));
  expect_broken_h2(h2_answer_to(number(0xffffff, 3) + std::string(100, '\0')));  // a frame of 16 MiB
  expect_broken_h2(h2_answer_to(frame(kWindow, 0, 0, number(0, 4))));
  expect_broken_h2(h2_answer_to(frame(kSettings, 0, 0, setting(4, 0xffffffff))));
}

TEST(HostileH2, LiesAboutTheLengthOrBreaksOff) {
  const std::string head = frame(kHeaders, kEndHeaders, 1, kStatus200 + field("content-length", "5"));
  expect_broken_h2(h2_answer_to(head + frame(kData, kEndStream, 1, "{}")));
  expect_broken_h2(h2_answer_to(head + frame(kData, kEndStream, 1, "{\"a\":1}")));
  expect_broken_h2(h2_answer_to(head + frame(kData, 0, 1, "{}") + reset(1, 2)));
  for (const std::string& half : {head.substr(0, 12), head, head + frame(kData, 0, 1, "{}")}) {
    RawServer server([&](Peer& peer) {
      Conversation with(peer);
      static_cast<void>(with.request());
      with.send(half);
    });
    Harness harness(h2_target(server));
    expect_broken_h2(harness.one());
  }
}

TEST(HostileH2, WhatItHasNotProcessedGoesAgain) {
  for (const std::string& refusal : {reset(1, 7), goaway(0, 0), goaway(0, 11, "calm down")}) {
    std::atomic<int> turns = 0;
    RawServer server([&](Peer& peer) {
      Conversation with(peer);
      while (const auto stream = with.request()) {
        with.send(turns++ == 0 ? refusal : answer(*stream));
      }
    });
    Harness harness(h2_target(server));
    EXPECT_EQ(harness.one().status, 200);
    EXPECT_EQ(turns, 2);
  }
}

TEST(HostileH2, WhatItNeverProcessesIsGivenUp) {
  std::atomic<int> turns = 0;
  RawServer server([&](Peer& peer) {
    Conversation with(peer);
    while (with.request()) {
      ++turns;
      with.send(goaway(0, 0));
    }
  });
  Harness harness(h2_target(server));
  expect_broken_h2(harness.one());
  EXPECT_GE(turns, 2);
  EXPECT_LE(turns, 10);
}

TEST(HostileH2, WhatItTookBeforeItLeftIsAnsweredThere) {
  RawServer server([](Peer& peer) {
    Conversation with(peer);
    while (const auto stream = with.request()) {
      with.send(goaway(*stream, 0) + answer(*stream));
    }
  });
  Harness harness(h2_target(server));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(harness.one().status, 200);
  }
  EXPECT_EQ(server.connections(), 3U);
}

TEST(HostileH2, EndlessHeadersAreCut) {
  const std::string line = field("x-header", std::string(100, 'x'));
  std::string lines;
  while (lines.size() + line.size() < 16'000) {
    lines += line;
  }
  std::string many = frame(kHeaders, 0, 1, kStatus200 + lines.substr(0, line.size()));
  for (int i = 0; i < 5; ++i) {
    many += frame(kContinuation, i == 4 ? kEndHeaders : 0, 1, lines);
  }
  expect_broken_h2(h2_answer_to(many));
  // One entry of the table, 4,000 bytes long, and then that again and again, a byte each.
  std::string entry = "\x40\x01x\x7f\xa1\x1e" + std::string(4000, 'y');
  expect_broken_h2(h2_answer_to(frame(kHeaders, kEndHeaders, 1, kStatus200 + entry + std::string(10'000, '\xbe'))));
  const auto endless = [](const std::string& first, const std::string& next) {
    RawServer server([&](Peer& peer) {
      Conversation with(peer);
      static_cast<void>(with.request());
      with.send(first);
      while (with.send(next)) {
      }
    });
    Harness harness(h2_target(server));
    return harness.one();
  };
  expect_broken_h2(endless("", frame(kHeaders, kEndHeaders, 1, field(":status", "103"))));
  expect_broken_h2(endless(frame(kHeaders, 0, 1, kStatus200), frame(kContinuation, 0, 1, line)));
  expect_broken_h2(endless(frame(kHeaders, 0, 1, kStatus200), frame(kContinuation, 0, 1, "")));
}

TEST(HostileH2, FloodsEndTheConnectionOrAreWithstood) {
  for (const std::string& drop :
       {frame(kPing, 0, 0, "12345678"), settings(), frame(kPriority, 0, 1, number(3, 4) + "a"),
        frame(kWindow, 0, 0, number(1, 4)), frame(static_cast<Type>(99), 0, 0, "?")}) {
    std::string flood;
    for (int i = 0; i < 20'000; ++i) {
      flood += drop;
    }
    const Answer got = h2_answer_to(flood + answer(1));
    EXPECT_TRUE(got.status == 200 || got.failure == Failure::kBroken) << got.detail;
  }
}

TEST(HostileH2, AnEndlessBodyIsCutAndItsStatusCounts) {
  RawServer server([](Peer& peer) {
    Conversation with(peer);
    static_cast<void>(with.request());
    with.send(frame(kHeaders, kEndHeaders, 1, field(":status", "400")));
    while (with.send(frame(kData, 0, 1, std::string(16'000, 'x')) + frame(kWindow, 0, 0, number(1, 4)))) {
    }
  });
  Harness harness(h2_target(server));
  const Answer got = harness.one();
  // It sends more than the windows permit: it is cut off at a MiB, or when it breaks that rule.
  EXPECT_TRUE(got.status == 400 || got.failure == Failure::kBroken) << got.detail;
  EXPECT_LE(got.body.size(), kMaxAnswerBody);
}

TEST(HostileH2, AnAnswerBeforeTheEndOfTheBodyCounts) {
  RawServer server([](Peer& peer) {
    Conversation with(peer);
    const auto stream = with.request();
    with.send(frame(kHeaders, kEndHeaders | kEndStream, *stream, field(":status", "413")));
    peer.hang();
  });
  const auto client = make_client(h2_target(server), system_clock());
  client->start(1, std::string(1 << 20, 'x'));
  std::vector<Answer> answers;
  while (answers.empty()) {
    client->poll(
        MonoTime::max(), [] { return true; }, answers);
  }
  EXPECT_EQ(answers[0].status, 413);
  EXPECT_EQ(answers[0].payload.size(), 1U << 20);
}

TEST(HostileH2, GivesNoWindow) {
  RawServer server([](Peer& peer) {
    Conversation with(peer, setting(4, 0));
    static_cast<void>(with.request());
    peer.hang();
  });
  Target target = h2_target(server);
  target.request_timeout = std::chrono::milliseconds{200};
  Harness harness(target);
  EXPECT_EQ(harness.one().failure, Failure::kTimeout);
}

// One that is stuck does not hold up those that come later: they take another connection.
TEST(HostileH2, TakesNoMoreBytesOnAConnection) {
  std::atomic<int> turns = 0;
  RawServer server([&](Peer& peer) {
    Conversation with(peer);
    const bool stuck = turns++ == 0;
    while (const auto stream = with.request()) {
      if (!stuck) {
        with.send(answer(*stream));
      }
    }
  });
  Target target = h2_target(server);
  target.request_timeout = std::chrono::milliseconds{500};
  const auto client = make_client(target, system_clock());
  client->start(1, std::string(100'000, 'x'));
  std::vector<Answer> answers;
  // Each poll is for one of the events below, the last of which are the answers.
  client->poll(
      MonoTime::max(), [] { return true; }, answers);  // connected
  client->poll(
      MonoTime::max(), [] { return true; }, answers);  // the server's settings
  client->poll(
      MonoTime{}, [] { return true; }, answers);  // the request, as far as there is a window
  client->start(2, "{}");
  while (answers.size() < 2) {
    client->poll(
        MonoTime::max(), [] { return true; }, answers);
  }
  EXPECT_EQ(answers[0].id, 2U);
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[1].failure, Failure::kTimeout);
}

TEST(HostileH2, HangsUntilTheTimeOut) {
  const auto patience = std::chrono::milliseconds{200};
  for (const std::string& begun :
       {std::string(), frame(kHeaders, kEndHeaders, 1, kStatus200), std::string("\0\0", 2)}) {
    EXPECT_EQ(h2_answer_to(begun, patience).failure, Failure::kTimeout);
  }
}

// The next request does not follow onto a connection that may be dead.
TEST(HostileH2, AfterATimeOutWithoutASoundAnotherConnectionIsUsed) {
  std::atomic<int> turns = 0;
  RawServer server([&](Peer& peer) {
    Conversation with(peer);
    const int turn = turns++;
    while (const auto stream = with.request()) {
      if (turn > 0) {
        with.send(answer(*stream));
      }
    }
  });
  Target target = h2_target(server);
  target.request_timeout = std::chrono::milliseconds{300};
  Harness harness(target);
  EXPECT_EQ(harness.one().failure, Failure::kTimeout);
  EXPECT_EQ(harness.one().status, 200);
}

TEST(HostileH2, SaysNothingAtAll) {
  RawServer server([](Peer& peer) { peer.hang(); });
  Target target = h2_target(server);
  target.connect_timeout = std::chrono::milliseconds{200};
  Harness harness(target);
  EXPECT_EQ(harness.one().failure, Failure::kTimeout);
}

TEST(HostileH2, AnswersNoPing) {
  const Answer got = h2_answer_to({}, std::chrono::seconds{3});
  expect_broken_h2(got);
  EXPECT_NE(got.detail.find("PING"), std::string::npos) << got.detail;
}

// The one connection takes what the server permits, and no more.
TEST(HostileH2, PermitsFewStreams) {
  std::atomic<std::uint32_t> most = 0;
  RawServer server([&](Peer& peer) {
    Conversation with(peer, setting(3, 1));
    while (const auto stream = with.request()) {
      most = std::max(most.load(), *stream);
      with.send(answer(*stream));
    }
  });
  Target target = h2_target(server);
  target.max_connections = 2;
  Harness harness(target);
  EXPECT_EQ(harness.one().status, 200);
  EXPECT_EQ(harness.client.capacity(), 2U);
  harness.start(40);
  for (const auto& [id, answer] : harness.finish()) {
    EXPECT_EQ(answer.status, 200) << answer.detail;
  }
  EXPECT_LE(server.connections(), 2U);
}

// All of the above at once, in a fixed order, over many connections.
TEST(HostileH2, EveryRequestGetsExactlyOneAnswer) {
  std::atomic<unsigned> turn = 0;
  RawServer server([&](Peer& peer) {
    Conversation with(peer);
    while (const auto stream = with.request()) {
      switch (turn++ % 9) {
        case 0:
        case 1:
        case 2:
        case 3:
          with.send(answer(*stream));
          break;
        case 4:
          with.send(reset(*stream, 7));
          break;
        case 5:
          with.send(reset(*stream, 2));
          break;
        case 6:
          with.send(goaway(*stream > 2 ? *stream - 2 : 0, 0));
          break;
        case 7:
          with.send(frame(kHeaders, kEndHeaders, *stream, kStatus200));
          return;
        default:
          peer.reset();
          return;
      }
    }
  });
  Harness harness(h2_target(server));
  std::size_t good = 0;
  for (int round = 0; round < 20; ++round) {
    harness.start(25);
    const auto answers = harness.finish();
    EXPECT_EQ(answers.size(), 25U);
    for (const auto& [id, one] : answers) {
      good += one.status == 200 ? 1 : 0;
    }
  }
  EXPECT_GT(good, 50U);
}

}  // namespace
}  // namespace respand::http
