#include "record/sdk_payload_reader.h"

#include <gtest/gtest.h>

namespace respand::record {
namespace {

// Where the reader puts the member's value, as FieldExtractor does it.
void give(SdkPayloadReader& reader, RecordNode node, std::string_view key, std::string_view value) {
  const NextValue next = reader.member(node, key);
  ASSERT_NE(next.slot, nullptr) << key;
  *next.slot = value;
}

class SdkPayloadReaderTest : public ::testing::Test {
 protected:
  SdkPayloadReaderTest() { reader_.forget(); }

  SdkPayload payload_;
  SdkPayloadReader reader_{payload_};
};

TEST_F(SdkPayloadReaderTest, AFullRequestTakesThePlaceOfARequest) {
  EXPECT_EQ(reader_.request(false).inside, RecordNode::kRequest);
  give(reader_, RecordNode::kRequest, "model", R"("a")");
  EXPECT_EQ(reader_.request(true).inside, RecordNode::kRequest);
  EXPECT_EQ(payload_.request_model, "") << "what the request said is forgotten";
  give(reader_, RecordNode::kRequest, "model", R"("b")");
  EXPECT_EQ(reader_.request(false).inside, RecordNode::kNone) << "behind a full one it does not count";
  EXPECT_EQ(payload_.request_model, R"("b")");
}

TEST_F(SdkPayloadReaderTest, AFullResponseTakesThePlaceOfAResponse) {
  EXPECT_EQ(reader_.response(true).slot, &payload_.response);
  give(reader_, RecordNode::kResponse, "usage", "{}");
  EXPECT_EQ(reader_.response(false).inside, RecordNode::kNone);
  EXPECT_EQ(payload_.usage, "{}");
  EXPECT_EQ(reader_.response(true).inside, RecordNode::kResponse);
  EXPECT_EQ(payload_.usage, "") << "of two full ones the last counts";
}

TEST_F(SdkPayloadReaderTest, ParametersHaveTwoProvidersNames) {
  give(reader_, RecordNode::kRequest, "max_output_tokens", "7");
  give(reader_, RecordNode::kRequest, "stop_sequences", "[]");
  std::size_t given = 0;
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    given += payload_.parameters[i].empty() ? 0U : 1U;
    EXPECT_TRUE(kParameters[i].name != "max_tokens" || payload_.parameters[i] == "7");
    EXPECT_TRUE(kParameters[i].name != "stop" || payload_.parameters[i] == "[]");
  }
  EXPECT_EQ(given, 2U);
}

TEST_F(SdkPayloadReaderTest, ARepeatedNameEmptiesItsField) {
  give(reader_, RecordNode::kError, "message", R"("slow down")");
  EXPECT_EQ(reader_.member(RecordNode::kError, "message").slot, &payload_.error_message);
  EXPECT_EQ(payload_.error_message, "");
}

TEST_F(SdkPayloadReaderTest, OnlyTheFirstChoiceMatters) {
  EXPECT_EQ(reader_.member(RecordNode::kResponse, "choices").inside, RecordNode::kChoices);
  EXPECT_EQ(reader_.element_of(RecordNode::kChoices), RecordNode::kChoice);
  EXPECT_EQ(reader_.element_of(RecordNode::kChoices), RecordNode::kNone);
  reader_.forget();
  EXPECT_EQ(reader_.element_of(RecordNode::kChoices), RecordNode::kChoice);
}

TEST_F(SdkPayloadReaderTest, PartsOfAnAnswerGoByTheirType) {
  for (const std::string_view type : {R"("text")", R"("thinking")"}) {
    EXPECT_EQ(reader_.element_of(RecordNode::kContent), RecordNode::kContentPart);
    give(reader_, RecordNode::kContentPart, "text", R"("said")");
    give(reader_, RecordNode::kContentPart, "type", type);
    reader_.leave(RecordNode::kContentPart);
  }
  EXPECT_EQ(payload_.texts, std::vector<std::string_view>{R"("said")"});
  EXPECT_EQ(reader_.element_of(RecordNode::kContent), RecordNode::kContentPart);
  give(reader_, RecordNode::kContentPart, "type", R"("text")");
  reader_.leave(RecordNode::kContentPart);
  EXPECT_EQ(payload_.texts.size(), 1U) << "the text of the part before is not this one's";
}

TEST_F(SdkPayloadReaderTest, AToolCallNeedsAllThatACallHas) {
  for (const std::string_view arguments : {R"("{}")", "{}", "[]", ""}) {
    EXPECT_EQ(reader_.element_of(RecordNode::kOutput), RecordNode::kOutputItem);
    give(reader_, RecordNode::kOutputItem, "type", R"("function_call")");
    give(reader_, RecordNode::kOutputItem, "call_id", R"("c")");
    give(reader_, RecordNode::kOutputItem, "name", R"("f")");
    give(reader_, RecordNode::kOutputItem, "arguments", arguments);
    reader_.leave(RecordNode::kOutputItem);
  }
  ASSERT_EQ(payload_.calls.size(), 2U) << "arguments are a text or an object";
  EXPECT_EQ(payload_.calls[1].arguments, "{}");
}

TEST_F(SdkPayloadReaderTest, NobodyWantsOtherNames) {
  for (const auto node : {RecordNode::kRequest, RecordNode::kResponse, RecordNode::kError, RecordNode::kChoice,
                          RecordNode::kMessage, RecordNode::kOutputItem, RecordNode::kOutputPart,
                          RecordNode::kContentPart, RecordNode::kTool, RecordNode::kChoices, RecordNode::kRoot}) {
    const NextValue next = reader_.member(node, "something_else");
    EXPECT_EQ(next.slot, nullptr);
    EXPECT_EQ(next.inside, RecordNode::kNone);
  }
}

TEST(RecordNode, EachLiesInOneThatLiesInTheOutermostObject) {
  for (auto node = RecordNode::kParams; node <= RecordNode::kTool;
       node = static_cast<RecordNode>(static_cast<int>(node) + 1)) {
    int depth = 0;
    for (RecordNode at = node; at != RecordNode::kRoot; at = node_around(at)) {
      ASSERT_LT(++depth, 8) << static_cast<int>(node);
      ASSERT_NE(at, RecordNode::kOutside) << static_cast<int>(node);
    }
  }
}

}  // namespace
}  // namespace respand::record
