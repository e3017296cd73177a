#include "respand/encode/record_encoder.h"

#include <gtest/gtest.h>

#include "journal/format.h"
#include "spool/origin.h"
#include "tests/encode/payloads.h"
#include "tests/record/own_prices.h"

namespace respand::encode {
namespace {

class Nobody final : public journal::Producer {
 public:
  void committed(std::unique_ptr<journal::Batch>, journal::CommitResult) noexcept override {}
};

class RecordEncoderTest : public ::testing::Test {
 protected:
  // Packs one record and returns its attributes.
  std::string pack(std::string_view record, std::string_view attributes = "") {
    const record::ParsedRecord parsed = encoder.parse(record);
    EXPECT_TRUE(parsed.ok);
    const std::size_t room = encoder.prepare(record, parsed.fields);
    batch = std::make_unique<journal::Batch>(nobody, journal::Batch::encoded_size(attributes.size(), room));
    encoder.append(*batch, record, parsed.fields, attributes);
    const auto bytes = batch->encoded();
    const journal::RecordHeader header = journal::decode_record(bytes.data());
    return {reinterpret_cast<const char*>(bytes.data() + journal::RecordHeader::kSize), header.attributes};
  }

  Nobody nobody;
  ManualClock clock;
  metrics::Registry registry;
  MissingCounters missing{registry};
  SnapshotCell<record::PriceTable> prices;
  RecordEncoder encoder{{.additions = {}, .prices = &prices, .missing = &missing}, clock, 1};
  std::unique_ptr<journal::Batch> batch;
};

TEST_F(RecordEncoderTest, TheAccountStandsInFrontOfThePayload) {
  const std::string record =
      R"({"model":"nextbit256/cydonia-2b","customer_params":{"customer_identifier":"user_123"},"cost":0.001,)"
      R"("generation_time":1.2,"status_code":500})";
  const std::string attributes = pack(record);
  const auto summary = record::decode(journal::find_attribute(attributes, journal::Tag::kAccount));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->model, "nextbit256/cydonia-2b");
  EXPECT_EQ(summary->provider, "nextbit256");
  EXPECT_EQ(summary->customer, "user_123");
  EXPECT_EQ(summary->cost, (record::Decimal{1, 3}));
  EXPECT_EQ(summary->generation_time, Duration{1'200'000});
  EXPECT_TRUE(summary->error);
  const auto payloads = test::payloads_of(*batch);
  ASSERT_EQ(payloads.size(), 1U);
  EXPECT_TRUE(payloads[0].starts_with(record.substr(0, record.size() - 1)));
}

TEST_F(RecordEncoderTest, UsesTheLatestPricesAndCountsWhatIsMissing) {
  const std::string record = R"({"model":"m","usage":{"prompt_tokens":1000000,"completion_tokens":0}})";
  const auto cost = [&] { return record::decode(journal::find_attribute(pack(record), journal::Tag::kAccount))->cost; };
  EXPECT_FALSE(cost());
  EXPECT_NE(registry.expose().find(R"(respand_figures_missing_total{reason="model_unknown"} 1)"), std::string::npos);
  prices.set(record::own_prices("models: {m: {prompt: 2, completion: 3}}"));
  EXPECT_EQ(cost(), (record::Decimal{2 * record::power_of_ten(18), 18}));
  prices.set(record::own_prices("models: {m: {prompt: 4, completion: 3}}"));
  EXPECT_EQ(cost(), (record::Decimal{4 * record::power_of_ten(18), 18})) << "not the price that was looked up before";
  EXPECT_NE(registry.expose().find(R"(respand_figures_missing_total{reason="model_unknown"} 1)"), std::string::npos);
}

// A record with half a surrogate pair in it is taken; what it goes out as is durable, accounted for and extracted
// alike.
TEST_F(RecordEncoderTest, HalfASurrogatePairIsReplacedAndCounted) {
  encoder.reconfigure({std::make_shared<const record::Rules>(record::Rules::Settings{}), registry});
  const auto counted = [&] { return registry.counter("respand_surrogates_replaced_total", "").value(); };
  EXPECT_EQ(counted(), 0);
  const std::string attributes = pack(R"({"model":"m\ud83d","\udc00":[{"x":"\ud83d\ud83d\ude00"}],"n":0.10})");
  const auto payloads = test::payloads_of(*batch);
  ASSERT_EQ(payloads.size(), 1U);
  EXPECT_TRUE(payloads[0].starts_with(R"({"model":"m\ufffd","\ufffd":[{"x":"\ufffd\ud83d\ude00"}],"n":0.10)"))
      << payloads[0];
  EXPECT_EQ(counted(), 3);
  EXPECT_EQ(record::decode(journal::find_attribute(attributes, journal::Tag::kAccount))->model, "m\xEF\xBF\xBD");
  pack(R"({"model":"m"})");
  EXPECT_TRUE(test::payloads_of(*batch)[0].starts_with(R"({"model":"m")")) << "the next one is its own";
  EXPECT_EQ(counted(), 3);
  EXPECT_FALSE(encoder.parse("{\"a\":\"\\ud83d\",\"b\":\"\xff\"}").ok) << "bytes that are no UTF-8 stay refused";
  EXPECT_EQ(counted(), 3);
  pack(
      R"({"request":{"model":"gpt-4o","messages":[{"role":"user","content":"cut \ud83d"}]},)"
      R"("response":{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"\ude00"}}]}})");
  const std::string raw = test::payloads_of(*batch)[0];
  EXPECT_EQ(raw.find("\\ud83d"), std::string::npos) << raw;
  EXPECT_NE(raw.find(R"("completion_message":{"role":"assistant","content":"\ufffd"})"), std::string::npos) << raw;
}

TEST_F(RecordEncoderTest, BesideTheSpoolsOrigin) {
  const spool::SpoolOrigin origin{{1, -2, 3}, 4, 5, 6};
  const auto list = spool::encode(origin);
  const std::string attributes = pack(R"({"model":"m"})", {list.data(), list.size()});
  const auto found = spool::find_spool_origin(attributes);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ordinal, 5U);
  const auto summary = record::decode(journal::find_attribute(attributes, journal::Tag::kAccount));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->model, "m");
}

TEST_F(RecordEncoderTest, WhatIsSampledOutSaysSo) {
  encoder.reconfigure(
      {std::make_shared<const record::Rules>(record::Rules::Settings{.sample = {.rate = 0}}), registry});
  const auto sampled_out = [this](std::string_view record) {
    const bool marked = !journal::find_attribute(pack(record), journal::Tag::kSampledOut).empty();
    const bool flagged = (journal::decode_record(batch->encoded().data()).flags & journal::kNotForDelivery) != 0;
    EXPECT_EQ(marked, flagged);
    return marked;
  };
  EXPECT_TRUE(sampled_out(R"({"trace_unique_id":"t"})"));
  EXPECT_FALSE(sampled_out(R"({"trace_unique_id":"t","status_code":500})"));
  const std::string room(RecordEncoder::kMaxAttributes, '\0');
  EXPECT_GT(pack("{}", room).size(), room.size());
  encoder.reconfigure({nullptr, registry});
  EXPECT_FALSE(sampled_out(R"({"trace_unique_id":"t"})"));
}

TEST_F(RecordEncoderTest, MasksAreCountedByRule) {
  record::Rules::Settings settings{.redact = {"/a", "/b/*"}, .redact_text = {record::Detector::kEmail}};
  settings.defaults = R"({"d":1})";
  encoder.reconfigure({std::make_shared<const record::Rules>(settings), registry});
  static_cast<void>(pack(R"({"a":1,"b":[1,2,null],"input":"a@b.co, c@d.ef","model":"m"})"));
  const auto payload = test::payloads_of(*batch).at(0);
  EXPECT_TRUE(payload.starts_with(R"({"a":0,"b":[0,0,null],"input":"[email], [email]","model":"m","d":1,)")) << payload;
  const auto count = [&](std::string_view rule) {
    return registry.counter("respand_redactions_total", "Values and texts masked, by rule", {{"rule", rule}}).value();
  };
  EXPECT_EQ(count("/a"), 1);
  EXPECT_EQ(count("/b/*"), 2);
  EXPECT_EQ(count("email"), 2);
  EXPECT_EQ(count("api_key"), 0);
}

TEST_F(RecordEncoderTest, TheLongestNamesFit) {
  const std::string name = "\"" + std::string(2 * record::kMaxName, 'n') + "\"";
  const std::string attributes = pack(R"({"model":)" + name + R"(,"provider":)" + name + R"(,"customer_identifier":)" +
                                          name + R"(,"environment":)" + name + R"(,"cost":1.5})",
                                      std::string(RecordEncoder::kMaxAttributes, '\0'));
  EXPECT_GT(attributes.size(), RecordEncoder::kMaxAttributes + 4 * record::kMaxName);
}

}  // namespace
}  // namespace respand::encode
