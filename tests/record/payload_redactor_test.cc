// What masks in an SDK's payload do to the whole record is in extract_redaction_test.cc.

#include "record/payload_redactor.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::record {
namespace {

constexpr std::string_view kPayloadRecord =
    R"({"request":{"messages":[{"role":"user","content":"secret"}]},"response":{"error":{"message":"secret too"}}})";

class PayloadRedactorTest : public ::testing::Test {
 protected:
  // The record with what `pointers` mask in it.
  std::string redacted(const std::vector<std::string>& pointers) {
    const Rules rules({.redact = pointers});
    fields_.raw = &payload_;
    payload_.status = R"("error")";
    payload_.messages = part(R"([{"role":"user","content":"secret"}])");
    payload_.error = part(R"({"message":"secret too"})");
    payload_.error_message = part(R"("secret too")");
    edits_.begin(kPayloadRecord);
    redactor_.redact(rules.compiled(), fields_, payload_, edits_);
    std::string out(kPayloadRecord.size() + edits_.growth(), '\0');
    out.resize(static_cast<std::size_t>(
        put_edited(kPayloadRecord, 0, kPayloadRecord.size(), edits_.edits(), out.data()) - out.data()));
    return out;
  }
  static std::string_view part(std::string_view text) {
    return kPayloadRecord.substr(kPayloadRecord.find(text), text.size());
  }

  RecordFields fields_;
  SdkPayload payload_;
  EditList edits_;
  PayloadRedactor redactor_;
};

TEST_F(PayloadRedactorTest, MasksAFieldWhereItIsCopiedFrom) {
  EXPECT_EQ(
      redacted({"/prompt_messages/*/content"}),
      R"({"request":{"messages":[{"role":"user","content":"[redacted]"}]},"response":{"error":{"message":"secret too"}}})");
  ASSERT_EQ(edits_.size(), 1U);
  EXPECT_EQ(edits_.edits().front().rule, 0);
}

TEST_F(PayloadRedactorTest, EditsAreInTheOrderOfTheirPlaces) {
  const std::string out = redacted({"/error_message", "/prompt_messages/0/content"});
  EXPECT_EQ(out.find("secret"), std::string::npos) << out;
  ASSERT_EQ(edits_.size(), 2U);
  EXPECT_LT(edits_.edits()[0].offset, edits_.edits()[1].offset);
  EXPECT_EQ(edits_.edits()[0].rule, 1);
}

TEST_F(PayloadRedactorTest, AFieldThatTheRecordHasItselfIsNotExtracted) {
  fields_.has_prompt = true;
  EXPECT_EQ(redacted({"/prompt_messages/*/content"}), kPayloadRecord);
  EXPECT_TRUE(edits_.empty());
}

TEST_F(PayloadRedactorTest, WhatIsPutTogetherIsMaskedInThePayload) {
  EXPECT_EQ(redacted({"/status"}), kPayloadRecord);
  EXPECT_EQ(payload_.status, R"("[redacted]")");
}

}  // namespace
}  // namespace respand::record
