// Which key a record goes out under, by its content and who hands it in.

#include <gtest/gtest.h>

#include "respand/record/record_parser.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

class KeyRoutes : public testing::Test {
 protected:
  void use(std::vector<KeyRoute> keys, std::string defaults = "{}") {
    Rules::Settings settings;
    settings.keys = std::move(keys);
    settings.defaults = std::move(defaults);
    rules_ = std::make_shared<const Rules>(settings);
    parser_.reconfigure(rules_);
  }
  std::string key_of(std::string_view record, std::optional<std::uint32_t> uid = {}) {
    const ParsedRecord parsed = parser_.parse(record);
    EXPECT_TRUE(parsed.ok) << record;
    return std::string(rules_->key_of(parsed.fields, uid).value_or("none"));
  }
  std::shared_ptr<const Rules> rules_;
  RecordParser parser_;
};

TEST_F(KeyRoutes, TheFirstThatHoldsCounts) {
  use({{.match = {{"environment", "prod"}}, .key = "a"},
       {.match = {{"environment", "prod"}, {"n", "1"}}, .key = "b"},
       {.match = {{"/metadata/team", "x/y"}}, .key = "c"}});
  EXPECT_EQ(key_of(R"({"environment":"prod","n":1})"), "a");
  EXPECT_EQ(key_of(R"({"environment":"production"})"), "none");
  EXPECT_EQ(key_of(R"({"metadata":{"team":"x\/y"}})"), "c") << "however it is written";
  EXPECT_EQ(key_of(R"({"team":"x/y"})"), "none");
  EXPECT_EQ(key_of(R"({})"), "none");
}

TEST_F(KeyRoutes, NumbersAndTruthValuesAreText) {
  use({{.match = {{"n", "1.50"}}, .key = "number"}, {.match = {{"t", "true"}}, .key = "truth"}});
  EXPECT_EQ(key_of(R"({"n":1.50})"), "number");
  EXPECT_EQ(key_of(R"({"n":1.5})"), "none");
  EXPECT_EQ(key_of(R"({"t":true})"), "truth");
}

TEST_F(KeyRoutes, AUserAloneOrWithAField) {
  use({{.match = {{"n", "1"}}, .uid = 1000, .key = "both"}, {.uid = 1000, .key = "user"}});
  EXPECT_EQ(key_of(R"({"n":1})", 1000), "both");
  EXPECT_EQ(key_of(R"({"n":2})", 1000), "user");
  EXPECT_EQ(key_of(R"({"n":1})", 1001), "none");
  EXPECT_EQ(key_of(R"({"n":1})"), "none") << "not known who it is";
  EXPECT_EQ(rules_->key_of(RecordFields{}, 1000).value_or("none"), "user") << "also for what is no record";
}

TEST_F(KeyRoutes, ADefaultCountsLikeTheRecordsOwn) {
  use({{.match = {{"environment", "prod"}}, .key = "a"}}, R"({"environment":"prod"})");
  EXPECT_EQ(key_of(R"({"n":1})"), "a");
  EXPECT_EQ(key_of(R"({"environment":"test"})"), "none");
}

}  // namespace
}  // namespace respand::record
