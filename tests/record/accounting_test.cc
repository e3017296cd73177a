#include "record/accounting.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "respand/record/enricher.h"

namespace respand::record {
namespace {

class Accounting : public ::testing::Test {
 protected:
  // Holds until the next call.
  const UsageSummary& summary(std::string record) {
    record_ = std::move(record);
    const ParsedRecord parsed = parser_.parse(record_);
    EXPECT_TRUE(parsed.ok) << record_;
    return enricher_.enrichment(parsed.fields).summary;
  }

 private:
  std::string record_;
  RecordParser parser_;
  SeededRandom random_{1};
  Enricher enricher_{{}, random_};
};

TEST_F(Accounting, NamesAreTextWithoutEscapes) {
  EXPECT_EQ(summary(R"({"model":"gpt-4o"})").model, "gpt-4o");
  EXPECT_EQ(summary(R"({"model":"openai\/gpt-4o"})").model, "openai/gpt-4o");
  EXPECT_EQ(summary(R"({"customer_identifier":"Z\u00fcrich \ud83d\ude00"})").customer, "Zürich \U0001F600");
  EXPECT_EQ(summary(R"({"customer_identifier":17})").customer, "17") << "a number is as good a name";
  EXPECT_EQ(summary(R"({"environment":"prod"})").environment, "prod");
  for (const char* const none : {"null", "true", "{}", "[\"a\"]", "\"\""}) {
    EXPECT_EQ(summary(std::string(R"({"model":)") + none + "}").model, "") << none;
  }
}

TEST_F(Accounting, LongNamesWithEscapesAreCut) {
  std::string long_one;
  for (std::size_t i = 0; i < kMaxName; ++i) {
    long_one += R"(\u00e9)";
  }
  EXPECT_EQ(summary(R"({"model":")" + long_one + "\"}").model.size(), kMaxName) << "two bytes each";
  EXPECT_EQ(summary(R"({"model":"x)" + long_one + "\"}").model.size(), kMaxName - 1);
}

TEST_F(Accounting, TheProviderOrElseTheModelsPrefix) {
  EXPECT_EQ(summary(R"({"model":"nextbit256/cydonia-2b"})").provider, "nextbit256");
  EXPECT_EQ(summary(R"({"model":"openrouter/openai/gpt-4o"})").provider, "openrouter");
  EXPECT_EQ(summary(R"({"model":"openrouter/openai/gpt-4o","provider":"mine"})").provider, "mine");
  EXPECT_EQ(summary(R"({"model":"gpt-4o"})").provider, "");
}

TEST_F(Accounting, WhatTheApplicationGave) {
  EXPECT_EQ(summary(R"({"cost":0.10})").cost, (Decimal{1, 1}));
  EXPECT_EQ(summary(R"({"cost":0})").cost, Decimal{});
  EXPECT_EQ(summary(R"({"generation_time":1.2837})").generation_time, Duration{1'283'700});
  EXPECT_EQ(summary(R"({"latency":2})").generation_time, Duration{2'000'000});
  EXPECT_EQ(summary(R"({"generation_time":1,"latency":2})").generation_time, Duration{1'000'000});
  EXPECT_EQ(summary(R"({"generation_time":1.0000019})").generation_time, Duration{1'000'001});
  EXPECT_EQ(summary(R"({"start_time":1795304402,"end_time":1795304403.25})").generation_time, Duration{1'250'000});
  for (const char* const none : {"null", "-1", "\"1\"", "{}", "1e30"}) {
    EXPECT_FALSE(summary(std::string(R"({"cost":)") + none + "}").cost) << none;
    EXPECT_FALSE(summary(std::string(R"({"latency":)") + none + "}").generation_time) << none;
  }
}

TEST_F(Accounting, WhatIsAnError) {
  for (const char* const error : {R"({"status_code":400})", R"({"status_code":599})", R"({"status_code":4e2})",
                                  R"({"status":"error"})", R"({"error_message":"it broke"})"}) {
    EXPECT_TRUE(summary(error).error) << error;
  }
  for (const char* const none :
       {R"({})", R"({"status_code":399})", R"({"status_code":"500"})", R"({"status":"success"})",
        R"({"error_message":""})", R"({"error_message":null})", R"({"status_code":399.9})"}) {
    EXPECT_FALSE(summary(none).error) << none;
  }
}

TEST_F(Accounting, EachRecordIsItsOwn) {
  (void)summary(R"({"model":"a\/b","provider":"p\/q","cost":1,"latency":1,"status_code":500})");
  EXPECT_EQ(summary("{}"), UsageSummary{});
}

TEST(ToDuration, RoundsDownAndHasAnEnd) {
  const auto duration = [](const Decimal& seconds) {
    Duration out{-1};
    return to_duration(seconds, out) ? std::optional(out) : std::nullopt;
  };
  EXPECT_EQ(duration({19, 7}), Duration{1});
  EXPECT_EQ(duration({9, 7}), Duration{0});
  EXPECT_EQ(duration({9'223'372'036'854, 0}), Duration{9'223'372'036'854'000'000});
  EXPECT_EQ(duration({9'223'372'036'855, 0}), std::nullopt);
  EXPECT_EQ(duration({static_cast<Wide>(INT64_MAX), 6}), Duration::max());
  EXPECT_EQ(duration({static_cast<Wide>(INT64_MAX) + 1, 6}), std::nullopt);
}

}  // namespace
}  // namespace respand::record
