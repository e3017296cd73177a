// Usages of real answers (data/genai-usages.json.gz) against what genai-prices' reference engine reads out of them, and
// what it has them cost: for each answer the counts are those of one of the ways in which the reference reads it, or
// the difference is one that daemon/record/DIFFERENCES.md explains.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "record/usage_collector.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/record/enricher.h"
#include "tests/record/data_files.h"

namespace respand::record {
namespace {

using rapidjson::Value;

std::string text_of(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

// Units that decide a price; text is what is left of the others.
using Counts = std::map<std::string, std::uint64_t>;
bool decides(std::string_view unit) {
  return unit.find("_text") == std::string_view::npos && unit.find("tool") == std::string_view::npos;
}

Counts counts_of(const std::string& record, std::string& why) {
  RecordParser parser;
  const ParsedRecord parsed = parser.parse(record);
  EXPECT_TRUE(parsed.ok) << record;
  UsageCollector collector;
  MissingSet missing;
  const std::string model = json::decoded(parsed.fields.model);
  const Usage usage = collector.collect(parsed.fields, model, missing).usage;
  for (std::size_t i = 0; i < kMissings; ++i) {
    why += missing.has(static_cast<Missing>(i)) ? cat(name_of(static_cast<Missing>(i)), " ") : "";
  }
  Counts counts;
  usage.counts.for_each([&](BillingUnit unit, std::uint64_t count) {
    if (decides(name_of(unit))) {
      counts[std::string(name_of(unit))] = count;
    }
  });
  return counts;
}

// The lines of DIFFERENCES.md.
constexpr std::size_t kExplained = 8;

std::string shown(const Counts& counts) {
  std::string out;
  for (const auto& [unit, count] : counts) {
    out += cat(unit, "=", count, " ");
  }
  return out;
}

rapidjson::Document usages_of_answers() {
  rapidjson::Document usages;
  usages.Parse(data_file("genai-usages.json.gz").c_str());
  return usages;
}

std::string differences() {
  std::ifstream list(std::string(RESPAND_SOURCE_DIR) + "/daemon/record/DIFFERENCES.md");
  std::stringstream all;
  all << list.rdbuf();
  return all.str();
}

// As the reference has them in one of its ways.
Counts counts_in(const Value& way) {
  Counts counts;
  for (const auto& unit : way["usage"].GetObject()) {
    if (decides(unit.name.GetString()) && unit.value.GetUint64() > 0) {
      counts[unit.name.GetString()] = unit.value.GetUint64();
    }
  }
  return counts;
}

TEST(GenAiUsages, AreReadAsTheReferenceReadsThem) {
  const rapidjson::Document usages = usages_of_answers();
  ASSERT_TRUE(usages.IsArray());
  const std::string explained = differences();
  ASSERT_FALSE(explained.empty());
  std::size_t same = 0;
  for (const Value& one : usages.GetArray()) {
    std::string why;
    const std::string body = text_of(one["body"]);
    const Counts mine = counts_of(
        cat(R"({"model":)", one.HasMember("model") ? text_of(one["model"]) : "null", R"(,"full_response":)", body, "}"),
        why);
    bool found = false;
    for (const Value& way : one["extracted"].GetArray()) {
      found = found || counts_in(way) == mine;
    }
    same += found ? 1U : 0U;
    const std::string name = one["body"]["file"].GetString();
    EXPECT_TRUE(found || explained.find(name.substr(name.rfind('/') + 1)) != std::string::npos)
        << body << "\n  " << shown(mine) << why << "\n  is not explained in DIFFERENCES.md";
  }
  std::printf("%zu of %u as the reference\n", same, usages.Size());
  EXPECT_GE(same, usages.Size() - kExplained);
}

double dollars(const Decimal& amount) {
  return static_cast<double>(amount.digits) / static_cast<double>(power_of_ten(amount.scale));
}

double amount_in(const Value& way, const char* name) {
  const auto amount = way.HasMember(name) ? parse_decimal(way[name].GetString()) : std::nullopt;
  return amount ? dollars(*amount) : 0;
}

// The whole path, each answer with each provider that the reference prices it for, on a day of July 2026. Left out:
// ways of reading it that are another provider's, bills, and searches, whose fee the reference's two sums leave out.
TEST(GenAiUsages, ArePricedAsTheReferencePricesThem) {
  const rapidjson::Document usages = usages_of_answers();
  const std::string explained = differences();
  const auto prices = std::make_shared<const PriceTable>();
  SeededRandom random(1);
  Enricher enricher({}, random);
  enricher.use(prices);
  RecordParser parser;
  std::size_t comparable = 0;
  std::size_t same = 0;
  for (const Value& one : usages.GetArray()) {
    if (!one.HasMember("model") || (one["body"].HasMember("usage") && one["body"]["usage"].HasMember("cost"))) {
      continue;
    }
    const std::string body = text_of(one["body"]);
    const std::string model = one["model"].GetString();
    std::string why;
    const Counts mine = counts_of(cat(R"({"model":)", text_of(one["model"]), R"(,"full_response":)", body, "}"), why);
    for (const Value& way : one["extracted"].GetArray()) {
      if (counts_in(way) != mine || mine.contains("web_searches")) {
        continue;
      }
      for (const Value& priced : way["extractors"].GetArray()) {
        if (!priced.HasMember("input_price") && !priced.HasMember("output_price")) {
          continue;
        }
        const std::string record =
            cat(R"({"timestamp":"2026-07-25T12:00:00Z","model":)", text_of(one["model"]), R"(,"provider":)",
                text_of(priced["provider_id"]), R"(,"full_response":)", body, "}");
        const ParsedRecord parsed = parser.parse(record);
        const Enrichment& enrichment = enricher.enrichment(parsed.fields);
        const double wanted = amount_in(priced, "input_price") + amount_in(priced, "output_price");
        const bool right = enrichment.cost && std::abs(dollars(*enrichment.cost) - wanted) < 1e-9;
        ++comparable;
        same += right ? 1U : 0U;
        EXPECT_TRUE(right || explained.find(model) != std::string::npos)
            << record << "\n  wanted " << wanted << ", is not explained in DIFFERENCES.md";
      }
    }
  }
  std::printf("%zu of %zu as the reference\n", same, comparable);
  EXPECT_GE(same * 1000, comparable * 995);
}

}  // namespace
}  // namespace respand::record
