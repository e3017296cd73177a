// Against the reference engine's own figures (pydantic/genai-prices), in data/. Facts in which respand is of another
// opinion are in tests/record/price-differences.txt, each with who is right.

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "respand/base/text.h"
#include "respand/record/prices.h"
#include "tests/record/data_files.h"

namespace respand::record {
namespace {

using enum BillingUnit;

rapidjson::Document data(std::string_view name) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseNumbersAsStringsFlag>(data_file(name).c_str());
  EXPECT_FALSE(document.HasParseError()) << name;
  return document;
}

// Lines "names|usages <tab> PROVIDER <tab> MODEL <tab> who is right and why"; the model as the data names it.
std::set<std::string> known_differences(std::string_view kind) {
  std::ifstream file(std::string(RESPAND_SOURCE_DIR) + "/tests/record/price-differences.txt");
  EXPECT_TRUE(file);
  std::set<std::string> known;
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    const std::size_t third = line.find('\t', second + 1);
    if (!line.starts_with('#') && line.substr(0, first) == kind && third != std::string::npos) {
      known.insert(line.substr(first + 1, third - first - 1));
    }
  }
  return known;
}

const PriceTable& table() {
  static const PriceTable built_in;
  return built_in;
}

WallTime on(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} +
         std::chrono::hours{12};
}

std::string member_text(const rapidjson::Value& value, const char* name) {
  const auto member = value.FindMember(name);
  return member != value.MemberEnd() && member->value.IsString() ? member->value.GetString() : "";
}

double dollars_of(const PriceResult& result) {
  return static_cast<double>(result.cost.digits) / std::pow(10.0, result.cost.scale);
}

struct NameCount {
  std::size_t found = 0;
  std::vector<std::string> off;  // neither equal nor known to differ
};

// What a million tokens would cost, measured on a thousand: a fee for the request counts.
bool is_as_listed(const PriceEntry* entry, const rapidjson::Value& name) {
  const auto measured = [&](std::vector<BillingUnit> units) -> std::optional<double> {
    UsageCounts counts;
    for (const BillingUnit unit : units) {
      counts.set(unit, 1000);
    }
    const PriceResult result =
        table().price(entry, {.time = on(2026, 11, 28), .service_tier = {}, .geography = {}}, counts);
    return result.reason == NoCost::kPriced ? std::optional(dollars_of(result) * 1000) : std::nullopt;
  };
  const auto close = [&](std::optional<double> ours, const char* member) {
    const double theirs = std::stod(member_text(name, member));
    return !ours || std::abs(*ours - theirs) <= 0.001 * theirs + 1e-12;
  };
  const auto input = measured({kInput});
  const auto both = measured({kInput, kOutput});
  const auto output = both && input ? std::optional(*both - *input) : std::nullopt;
  return input && close(input, "input") && close(output, "output") &&
         close(measured({kInput, kCacheRead}), "cache_read");
}

NameCount count_names(const rapidjson::Document& names, bool with_provider) {
  const std::set<std::string> known = known_differences("names");
  NameCount count;
  for (const rapidjson::Value& name : names.GetArray()) {
    const std::string provider = member_text(name, "provider");
    const std::string model = member_text(name, "name");
    const PriceEntry* const entry =
        table().entry({.provider = with_provider ? std::string_view(provider) : std::string_view(),
                       .model = model,
                       .answer_model = {}});
    count.found += entry != nullptr ? 1 : 0;
    if (entry != nullptr && !is_as_listed(entry, name) && !known.contains(provider + "\t" + model)) {
      count.off.push_back(provider + "\t" + model);
    }
  }
  return count;
}

TEST(PriceData, ModelNames) {
  const rapidjson::Document names = data("model-names.json.gz");
  for (const bool with_provider : {true, false}) {
    const NameCount count = count_names(names, with_provider);
    std::cout << count.found << " of " << names.Size() << " names found " << (with_provider ? "with" : "without")
              << " their provider\n";
    EXPECT_GE(count.found * 100, names.Size() * 98);
    for (const std::string& off : count.off) {
      ADD_FAILURE() << off << ": another price than the reference's";
    }
  }
}

struct UsageCount {
  std::size_t same = 0;
  std::size_t compared = 0;
  std::map<std::string, int> different;
};

// Searches are not in the reference's two sums.
void count_usage(const rapidjson::Value& usage, const rapidjson::Value& extractor, const std::string& model,
                 UsageCount& count) {
  const std::string input = member_text(extractor, "input_price");
  const std::string output = member_text(extractor, "output_price");
  if (input.empty() && output.empty()) {
    return;
  }
  UsageCounts counts;
  for (const auto& member : usage.GetObject()) {
    const auto unit = unit_of_name(member.name.GetString());
    ASSERT_TRUE(unit) << member.name.GetString();
    if (*unit <= kLastToken) {
      counts.set(*unit, std::stoull(member.value.GetString()));
    }
  }
  const std::string provider = member_text(extractor, "provider_id");
  const PriceEntry* const entry = table().entry({.provider = provider, .model = model, .answer_model = {}});
  // The figures are older than the data: GPT-5.6 Luna still has its price before 30 July 2026.
  const PriceResult result =
      table().price(entry, {.time = on(2026, 7, 15), .service_tier = {}, .geography = {}}, counts);
  const double expected = (input.empty() ? 0 : std::stod(input)) + (output.empty() ? 0 : std::stod(output));
  ++count.compared;
  if (result.reason == NoCost::kPriced && std::abs(dollars_of(result) - expected) <= 1e-9) {
    ++count.same;
  } else {
    ++count.different[provider + "\t" + model];
  }
}

TEST(PriceData, Usages) {
  const rapidjson::Document usages = data("genai-usages.json.gz");
  UsageCount count;
  for (const rapidjson::Value& entry : usages.GetArray()) {
    for (const rapidjson::Value& extracted : entry["extracted"].GetArray()) {
      for (const rapidjson::Value& extractor : extracted["extractors"].GetArray()) {
        count_usage(extracted["usage"], extractor, member_text(entry, "model"), count);
      }
    }
  }
  std::cout << count.same << " of " << count.compared << " usages cost what the reference says\n";
  EXPECT_GE(count.same * 1000, count.compared * 995);
  const std::set<std::string> known = known_differences("usages");
  for (const auto& [what, times] : count.different) {
    EXPECT_TRUE(known.contains(what)) << what << ": " << times << " differ";
  }
}

}  // namespace
}  // namespace respand::record
