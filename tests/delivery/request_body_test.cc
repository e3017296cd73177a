#include "delivery/request_body.h"

#include <gtest/gtest.h>

#include "delivery/payload_pool.h"
#include "world.h"

namespace respand::delivery {
namespace {

Record routed(ApiRoute route) {
  journal::Ref ref;
  ref.length = 32;
  ref.route = route;
  ref.way = 1;
  return {ref, 0};
}

TEST(RequestBody, SpansAreArraysAndRecordsAreNot) {
  EXPECT_EQ(batch_frame(ApiRoute::kRecords).front, "{\"logs\":[");
  EXPECT_EQ(batch_frame(ApiRoute::kSpans).front, "[");
  EXPECT_EQ(single_frame(ApiRoute::kSpans).front, "[");
  EXPECT_EQ(single_frame(ApiRoute::kRecords).front, "");
  EXPECT_EQ(single_frame(ApiRoute::kOtlp).back, "");
}

TEST(RequestBody, TheFrameComesOffAgain) {
  for (const auto& [route, posted, wanted] : {std::tuple{ApiRoute::kSpans, "[{\"a\":1}]", "{\"a\":1}"},
                                              {ApiRoute::kSpans, "[", "["},
                                              {ApiRoute::kRecords, "{\"a\":1}", "{\"a\":1}"},
                                              {ApiRoute::kOtlp, "[1]", "[1]"}}) {
    std::string payload = posted;
    strip_frame(route, payload);
    EXPECT_EQ(payload, wanted);
  }
}

TEST(RequestBody, TheAddressHasPathQueryKeyAndHeaders) {
  const Record record = routed(ApiRoute::kOtlp);
  const http::Routed plain = address_of(record, "", {});
  EXPECT_EQ(plain.path, "v2/traces");
  EXPECT_FALSE(plain.protobuf);
  const http::Routed full = address_of(record, "prod", {.query = "a=1", .headers = "X: y\r\n", .protobuf = true});
  EXPECT_EQ(full.path, "v2/traces?a=1");
  EXPECT_EQ(full.key, "prod");
  EXPECT_EQ(full.headers, "X: y\r\n");
  EXPECT_TRUE(full.protobuf);
}

TEST(BodyReader, PutsARecordBehindWhatIsThere) {
  FakeOutlet journal;
  BodyReader reader(journal);
  Record record = routed(ApiRoute::kRecords);
  record.ref.sequence = Sequence{5};
  record.ref.way = 0;
  std::string body = "[";
  Envelope envelope;
  envelope.query = "of another";
  ASSERT_TRUE(reader.append(record, body, envelope));
  EXPECT_TRUE(body.starts_with("[{\"n\":5}")) << body;
  EXPECT_EQ(envelope.query, "of another") << "it is not routed";
  ASSERT_TRUE(reader.append_with_envelope(record, body, envelope));
  EXPECT_EQ(envelope, Envelope{});
  journal.unreadable[5] = ErrorCode::kIo;
  const std::string before = body;
  EXPECT_FALSE(reader.append(record, body, envelope));
  EXPECT_EQ(body, before);
}

TEST(PayloadPool, KeepsTheMemoryOfUsualPayloads) {
  PayloadPool pool;
  EXPECT_EQ(pool.take().capacity(), std::string().capacity());
  pool.recycle(std::string(PayloadPool::kMaxKeptCapacity, 'x'));
  const std::string again = pool.take();
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(again.capacity(), PayloadPool::kMaxKeptCapacity);
  pool.recycle(std::string(PayloadPool::kMaxKeptCapacity + 1, 'x'));
  EXPECT_EQ(pool.take().capacity(), std::string().capacity()) << "too large to keep";
}

TEST(PayloadPool, KeepsTheBodyOfOneBatch) {
  PayloadPool pool;
  pool.recycle_batch_body(std::string(1000, 'x'), 1000);
  pool.recycle_batch_body(std::string(1001, 'x'), 1000);
  const std::string body = pool.take_batch_body();
  EXPECT_TRUE(body.empty());
  EXPECT_EQ(body.capacity(), 1000U);
  EXPECT_LT(pool.take_batch_body().capacity(), 1000U);
}

}  // namespace
}  // namespace respand::delivery
