// The session over memory: bytes as they come, in any pieces.

#include "http/h2_session.h"

#include <gtest/gtest.h>

#include <optional>

#include "h2_frames.h"
#include "http/h2_route.h"

namespace respand::http {
namespace {

using namespace frames;

class H2SessionTest : public testing::Test {
 protected:
  H2SessionTest() {
    start_library();
    Target target;
    target.url = "http://127.0.0.1/";
    target.version = Version::k2PriorKnowledge;
    route_ = H2Route::make(target);
  }
  bool take(std::string_view bytes) {
    return session_.take({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, MonoTime{Duration{2}});
  }
  std::string sent(std::size_t most = 1 << 20) {
    std::string out;
    EXPECT_TRUE(session_.fill(out, most));
    return out;
  }
  void begin(Exchange& exchange, const std::string& payload) {
    exchange.begin({.payload = payload}, route_->route(), gzip_, MonoTime{Duration{1}});
    ASSERT_TRUE(session_.submit(exchange, fields_.of(*route_, exchange.post, payload.size())));
  }

  std::optional<H2Route> route_;
  Gzip gzip_;
  H2Route::Fields fields_;
  Exchange one_;
  Exchange two_;
  H2Session session_;
};

TEST_F(H2SessionTest, TakesNothingBeforeTheServersSettings) {
  EXPECT_EQ(session_.room(), 0U);
  EXPECT_TRUE(sent().starts_with("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  ASSERT_TRUE(take(settings(setting(3, 7))));
  EXPECT_EQ(session_.room(), 7U);
  begin(one_, "{}");
  EXPECT_EQ(session_.room(), 6U);
  ASSERT_TRUE(take(settings(setting(3, 1000))));
  EXPECT_EQ(session_.room(), H2Session::kMaxStreams - 1);
}

TEST_F(H2SessionTest, UnderstandsAnswersInAnyPieces) {
  const std::string hello = settings();
  const std::string rest = frame(kSettings, kAck, 0, "") +
                           frame(kHeaders, 0, 1, kStatus200 + field("retry-after", "7")) +
                           frame(kContinuation, kEndHeaders, 1, field("x", "y")) + frame(kData, 0, 1, "{\"a\"") +
                           answer(3, "second") + frame(kData, kEndStream, 1, ":1}");
  // Not a byte at a time: nghttp2 counts each piece of a CONTINUATION's head as one more frame of that kind, of which
  // it takes eight.
  for (std::size_t size = 2; size <= rest.size(); size = size < 20 ? size + 1 : size * 3) {
    H2Session session;
    Exchange first;
    Exchange second;
    const auto give = [&](std::string_view bytes) {
      return session.take({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, MonoTime{Duration{2}});
    };
    std::string out;
    ASSERT_TRUE(give(hello));
    for (Exchange* exchange : {&first, &second}) {
      exchange->begin({.payload = "{}"}, route_->route(), gzip_, MonoTime{Duration{1}});
      ASSERT_TRUE(session.submit(*exchange, fields_.of(*route_, exchange->post, 2)));
    }
    ASSERT_TRUE(session.fill(out, 1 << 20));
    for (std::size_t at = 0; at < rest.size(); at += size) {
      ASSERT_TRUE(give(std::string_view(rest).substr(at, size))) << session.why() << " at " << at << " by " << size;
    }
    ASSERT_EQ(session.ended().size(), 2U) << size;
    EXPECT_EQ(session.ended()[0].exchange, &second);
    EXPECT_EQ(session.ended()[1].exchange, &first);
    for (const H2Session::Ended& ended : session.ended()) {
      EXPECT_EQ(ended.end, H2Session::End::kAnswered);
      EXPECT_EQ(ended.exchange->status, 200);
    }
    Answer answer;
    answer.status = 200;
    first.reader.put_into(answer, route_->route(), system_clock());
    EXPECT_EQ(answer.body, R"({"a":1})");
    EXPECT_EQ(answer.retry_after, std::chrono::seconds{7});
  }
}

// However small the pieces are that the transport takes, the bytes are those of one.
TEST_F(H2SessionTest, SaysTheSameInAnyPieces) {
  ASSERT_TRUE(take(settings(setting(4, 1 << 20)) + frame(kWindow, 0, 0, number(1 << 20, 4))));
  static_cast<void>(sent());
  const std::string payload(100'000, 'p');
  begin(one_, payload);
  begin(two_, payload);
  std::size_t bytes = 0;
  std::size_t pieces = 0;
  for (std::string piece = sent(1000); !piece.empty(); piece = sent(1000)) {
    EXPECT_LE(piece.size(), 1000U + 16 * 1024 + 9) << "at most a frame more";
    bytes += piece.size();
    ++pieces;
  }
  EXPECT_EQ(one_.sent, payload.size());
  EXPECT_EQ(two_.sent, payload.size());
  EXPECT_GT(bytes, 200'000U);
  EXPECT_LT(bytes, 201'000U);
  EXPECT_GT(pieces, 10U);
}

TEST_F(H2SessionTest, WithoutAWindowItTakesNoMore) {
  ASSERT_TRUE(take(settings()));
  begin(one_, std::string(65'535, 'x'));
  EXPECT_GT(session_.room(), 0U);
  static_cast<void>(sent());
  EXPECT_EQ(session_.room(), 0U);
  ASSERT_TRUE(take(frame(kWindow, 0, 0, number(1, 4))));
  EXPECT_GT(session_.room(), 0U);
}

TEST_F(H2SessionTest, WhatIsDroppedIsResetAndHeardOfNoMore) {
  ASSERT_TRUE(take(settings()));
  begin(one_, std::string(200'000, 'x'));  // more than the window
  static_cast<void>(sent());
  session_.drop(one_);
  EXPECT_EQ(session_.streams(), 1U);
  const std::string out = sent();
  EXPECT_NE(out.find(frame(kReset, 0, 1, number(NGHTTP2_CANCEL, 4))), std::string::npos);
  EXPECT_EQ(session_.streams(), 0U);
  ASSERT_TRUE(take(answer(1)));
  EXPECT_TRUE(session_.ended().empty());
}

// One that was dropped before its headers were sent leaves no trace.
TEST_F(H2SessionTest, WhatIsDroppedBeforeItIsSentIsNotSent) {
  ASSERT_TRUE(take(settings()));
  static_cast<void>(sent());
  begin(one_, "{}");
  session_.drop(one_);
  static_cast<void>(sent());
  EXPECT_EQ(session_.streams(), 0U);
  EXPECT_TRUE(session_.ended().empty());
}

TEST_F(H2SessionTest, AfterAFarewellItTakesNoMore) {
  ASSERT_TRUE(take(settings()));
  begin(one_, "{}");
  begin(two_, "{}");
  static_cast<void>(sent());
  ASSERT_TRUE(take(goaway(1, 0)));
  EXPECT_TRUE(session_.draining());
  EXPECT_EQ(session_.room(), 0U);
  ASSERT_EQ(session_.ended().size(), 1U);
  EXPECT_EQ(session_.ended()[0].exchange, &two_);
  EXPECT_EQ(session_.ended()[0].end, H2Session::End::kNotProcessed);
  ASSERT_TRUE(take(answer(1)));
  ASSERT_EQ(session_.ended().size(), 2U);
  EXPECT_EQ(session_.ended()[1].end, H2Session::End::kAnswered);
}

TEST_F(H2SessionTest, AServerThatWantsHttp11IsUnderstood) {
  ASSERT_TRUE(take(settings()));
  begin(one_, "{}");
  begin(two_, "{}");
  static_cast<void>(sent());
  ASSERT_TRUE(take(reset(1, NGHTTP2_HTTP_1_1_REQUIRED) + goaway(0, NGHTTP2_HTTP_1_1_REQUIRED)));
  ASSERT_EQ(session_.ended().size(), 2U);
  for (const H2Session::Ended& ended : session_.ended()) {
    EXPECT_EQ(ended.end, H2Session::End::kWantsHttp11);
  }
}

TEST_F(H2SessionTest, APingIsAnswered) {
  ASSERT_TRUE(take(settings()));
  static_cast<void>(sent());
  session_.ping();
  EXPECT_TRUE(session_.pinging());
  EXPECT_NE(sent().find(frame(kPing, 0, 0, std::string(8, '\0'))), std::string::npos);
  ASSERT_TRUE(take(frame(kPing, 0, 0, "12345678")));
  EXPECT_TRUE(session_.pinging()) << "that is the server's own";
  EXPECT_NE(sent().find(frame(kPing, kAck, 0, "12345678")), std::string::npos);
  ASSERT_TRUE(take(frame(kPing, kAck, 0, std::string(8, '\0'))));
  EXPECT_FALSE(session_.pinging());
}

}  // namespace
}  // namespace respand::http
