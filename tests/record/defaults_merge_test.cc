#include "record/defaults_merge.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::record {
namespace {

constexpr std::string_view kDefaultsJson =
    R"({"environment":"prod","metadata":{"host":"web","zone":1},"prompt_tokens":7})";

class DefaultsMergeTest : public ::testing::Test {
 protected:
  DefaultsMergeTest() {
    merge_.reconfigure(&defaults_);
    merge_.begin();
  }
  // The record as it is with what it lacks. `close`: offset of its closing brace.
  std::string merged(std::string_view record) {
    EditList edits;
    edits.begin(record);
    RecordFields fields;
    fields.close = record.size() - 1;
    fields.empty = record == "{}";
    merge_.insert_missing(fields, edits);
    std::string out(record.size() + edits.growth(), '\0');
    put_edited(record, 0, record.size(), edits.edits(), out.data());
    return out;
  }

  Defaults defaults_{kDefaultsJson};
  DefaultsMerge merge_;
};

TEST_F(DefaultsMergeTest, AnEmptyRecordGetsAll) { EXPECT_EQ(merged("{}"), kDefaultsJson); }

TEST_F(DefaultsMergeTest, KnowsItsNames) {
  EXPECT_TRUE(merge_.outer_name("environment"));
  EXPECT_FALSE(merge_.outer_name("environments"));
  EXPECT_FALSE(merge_.outer_name("host")) << "a name of an inner member";
}

TEST_F(DefaultsMergeTest, ARecordsOwnValueStays) {
  EXPECT_TRUE(merge_.outer_name("environment"));
  merge_.scalar();
  EXPECT_TRUE(merge_.outer_name("metadata"));
  merge_.scalar();
  EXPECT_EQ(merged(R"({"environment":null,"metadata":1})"), R"({"environment":null,"metadata":1,"prompt_tokens":7})");
}

TEST_F(DefaultsMergeTest, AnObjectIsMergedOneLevelDeep) {
  const std::string_view record = R"({"metadata":{"host":"own"}})";
  EXPECT_TRUE(merge_.outer_name("metadata"));
  EXPECT_FALSE(merge_.in_object());
  merge_.open(true, false);
  EXPECT_TRUE(merge_.in_object());
  merge_.inner_name("host");
  merge_.close(record.size() - 2, false);
  EXPECT_FALSE(merge_.in_object());
  EXPECT_EQ(merged(record), R"({"metadata":{"host":"own","zone":1},"environment":"prod","prompt_tokens":7})");
}

TEST_F(DefaultsMergeTest, AMaskedObjectOrAnArrayIsNotMerged) {
  for (const bool is_object : {true, false}) {
    merge_.begin();
    EXPECT_TRUE(merge_.outer_name("metadata"));
    merge_.open(is_object, is_object);
    EXPECT_FALSE(merge_.in_object());
    merge_.close(14, false);
    EXPECT_EQ(merged(R"({"metadata":{}})"), R"({"metadata":{},"environment":"prod","prompt_tokens":7})");
  }
}

TEST_F(DefaultsMergeTest, TheFieldsAreThoseOfTheDefaultsWhereTheRecordHasNone) {
  RecordFields fields;
  UsageFields usage_fields;
  fields.model = R"("m")";
  merge_.complete(fields, usage_fields);
  EXPECT_EQ(fields.environment, R"("prod")");
  EXPECT_EQ(fields.model, R"("m")");
  ASSERT_EQ(fields.usage_fields, &usage_fields);
  EXPECT_TRUE(usage_fields.has_counts());
}

TEST(DefaultsMerge, NothingWithoutDefaults) {
  DefaultsMerge merge;
  merge.begin();
  EditList edits;
  edits.begin("{}");
  merge.insert_missing({}, edits);
  EXPECT_TRUE(edits.empty());
}

}  // namespace
}  // namespace respand::record
