// The records in data/usage-cases.json, from public reports, with their costs worked out by hand: each comes out right,
// or without a cost and counted. Cases of the project's own are in usage_test.cc.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>

#include "respand/record/enricher.h"
#include "tests/record/data_files.h"

namespace respand::record {
namespace {

std::string json_text_of(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

TEST(UsageCases, RightOrNoneAndCounted) {
  const std::string all = data_file("usage-cases.json");
  rapidjson::Document cases;
  cases.Parse<rapidjson::kParseNumbersAsStringsFlag>(all.c_str());
  ASSERT_TRUE(cases.IsArray());
  rapidjson::Document records;
  records.Parse<rapidjson::kParseFullPrecisionFlag>(all.c_str());
  const auto prices = std::make_shared<const PriceTable>();
  std::size_t right = 0;
  for (rapidjson::SizeType i = 0; i < cases.Size(); ++i) {
    const std::string id = cases[i]["id"].GetString();
    const rapidjson::Value& record = records[i]["record"];
    const std::string text = record.IsString() ? record.GetString() : json_text_of(record);
    RecordParser parser;
    const ParsedRecord parsed = parser.parse(text);
    if (!parsed.ok) {
      EXPECT_TRUE(cases[i]["cost"].IsNull()) << id << ": " << parsed.refusal.message;
      ++right;
      continue;
    }
    SeededRandom random(1);
    Enricher enricher({}, random);
    enricher.use(prices);
    const Enrichment& enrichment = enricher.enrichment(parsed.fields);
    if (!enrichment.cost) {
      EXPECT_FALSE(enrichment.missing.empty()) << id << " has no cost, and nobody is told";
      std::string reasons;
      for (std::size_t reason = 0; reason < kMissings; ++reason) {
        if (enrichment.missing.has(static_cast<Missing>(reason))) {
          reasons += std::string(name_of(static_cast<Missing>(reason))) + " ";
        }
      }
      right += cases[i]["cost"].IsNull() ? 1U : 0U;
      std::printf("%s: none, %s\n", id.c_str(), reasons.c_str());
      continue;
    }
    ASSERT_FALSE(cases[i]["cost"].IsNull()) << id;
    const double cost =
        static_cast<double>(enrichment.cost->digits) / static_cast<double>(power_of_ten(enrichment.cost->scale));
    EXPECT_NEAR(cost, records[i]["cost"].GetDouble(), 1e-12) << id;
    ++right;
  }
  std::printf("%zu of %u right\n", right, cases.Size());
}

}  // namespace
}  // namespace respand::record
