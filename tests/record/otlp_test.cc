// Masks in export requests of OTLP: each attribute by its key, wherever it stands, and nothing else is touched.

#include "respand/record/otlp.h"

#include <gtest/gtest.h>

#include "respand/base/protobuf_wire.h"
#include "respand/base/text.h"
#include "respand/record/record_parser.h"
#include "respand/record/rules.h"

namespace respand::record {
namespace {

using What = OtlpMasked::What;

Rules some_rules() {
  Rules::Settings settings;
  settings.redact = {"/x"};
  settings.redact_attributes = {"gen_ai.prompt.*", "secret"};
  settings.redact_text = {Detector::kEmail};
  return Rules(settings);
}

std::string masked(std::string_view body) {
  const Rules rules = some_rules();
  RecordParser parser;
  EXPECT_TRUE(parser.parse(body).ok) << body;
  const OtlpMasked out = mask_otlp_json(body, rules);
  EXPECT_TRUE(out.what == What::kUnchanged || parser.parse(out.text).ok) << out.text;
  return out.what == What::kChanged ? out.text : out.what == What::kUnchanged ? "unchanged" : "refused";
}

TEST(OtlpJson, AttributesAreMaskedWhereverTheyStand) {
  EXPECT_EQ(
      masked(R"({"resourceSpans":[{"resource":{"attributes":[{"key":"secret","value":{"intValue":"7"}}]}}]})"),
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"secret","value":{"stringValue":"[redacted]"}}]}}]})");
  EXPECT_EQ(masked(R"({"spans":[{"attributes": [ {"value" : {"stringValue":"p"} , "key":"gen_ai.prompt.0.content"}, )"
                   R"({"key":"gen_ai.system","value":{"stringValue":"x"}}],"events":[{"attributes":[{"key":"secret",)"
                   R"("value":{"arrayValue":{"values":[{"stringValue":"a"}]}}}]}]}]})"),
            R"({"spans":[{"attributes": [ {"value" : {"stringValue":"[redacted]"} , "key":"gen_ai.prompt.0.content"}, )"
            R"({"key":"gen_ai.system","value":{"stringValue":"x"}}],"events":[{"attributes":[{"key":"secret",)"
            R"("value":{"stringValue":"[redacted]"}}]}]}]})");
  EXPECT_EQ(masked(R"({"a":{"kvlistValue":{"values":[{"key":"secret","value":{"boolValue":true}}]}}})"),
            R"({"a":{"kvlistValue":{"values":[{"key":"secret","value":{"stringValue":"[redacted]"}}]}}})");
}

TEST(OtlpJson, KeysAndNamesMayBeWrittenWithEscapesOrTwice) {
  EXPECT_EQ(masked(R"({"a":[{"k\u0065y":"se\u0063ret","v\u0061lue":{"stringValue":"x"}}]})"),
            R"({"a":[{"k\u0065y":"se\u0063ret","v\u0061lue":{"stringValue":"[redacted]"}}]})");
  EXPECT_EQ(masked(R"({"a":[{"key":"secret","key":"b","value":{},"value":"x"}]})"),
            R"({"a":[{"key":"secret","key":"b","value":{"stringValue":"[redacted]"},"value":"[redacted]"}]})");
}

TEST(OtlpJson, TextIsMaskedInStringValuesAndTheStatus) {
  EXPECT_EQ(masked(R"({"a":{"stringValue":"to a@b.io, \u0061@b.io"},"status":{"message":"x@y.io"},"name":"n@m.io"})"),
            R"({"a":{"stringValue":"to [email], [email]"},"status":{"message":"[email]"},"name":"n@m.io"})");
}

TEST(OtlpJson, WhatHoldsNothingStaysAsItIs) {
  for (const std::string_view body :
       {R"({})", R"({"resourceSpans":[1,-2.5e3,null,true,[],{}]})",
        R"(  {"a":[{"key":"other","value":{"stringValue":"x"}}]} )", R"({"a":[{"key":"secret","value":null}]})",
        R"({"key":"gen_ai.prompt","value":{"stringValue":"x"}})"}) {
    EXPECT_EQ(masked(body), "unchanged") << body;
  }
}

TEST(OtlpJson, HitsNameTheirRules) {
  const Rules rules = some_rules();
  const OtlpMasked out =
      mask_otlp_json(R"({"a":[{"key":"secret","value":{}},{"key":"n","value":{"stringValue":"a@b.io"}}]})", rules);
  ASSERT_EQ(out.hits.size(), 2U);
  EXPECT_EQ(rules.names()[out.hits[0]], "secret");
  EXPECT_EQ(rules.names()[out.hits[1]], "email");
}

std::string field(std::uint64_t number, std::string_view content) {
  std::string out;
  put_field(out, number, content);
  return out;
}
std::string attribute(std::string_view key, std::string_view value) {
  return field(1, key) + field(2, field(1, value));
}
// A request with one span that holds this.
std::string request(std::string_view span) { return field(1, field(2, field(2, span))); }

TEST(OtlpProtobuf, LengthsAreWrittenAnewAroundAMask) {
  const Rules rules = some_rules();
  const std::string name = field(5, "a span");
  const std::string other = field(9, attribute("other", std::string(300, 'x')));
  const OtlpMasked out =
      mask_otlp_protobuf(request(name + field(9, attribute("secret", std::string(500, 's'))) + other), rules);
  ASSERT_EQ(out.what, What::kChanged);
  EXPECT_EQ(out.text, request(name + field(9, attribute("secret", "[redacted]")) + other));
}

TEST(OtlpProtobuf, AttributesOfAllMessages) {
  const Rules rules = some_rules();
  const auto all = [](std::string_view value) {
    const std::string one = attribute("secret", value);
    const std::string nested = field(1, "list") + field(2, field(6, field(1, one)));
    const std::string span = field(9, one) + field(9, nested) + field(11, field(3, one)) + field(13, field(4, one));
    return field(1, field(1, field(1, one)) + field(2, field(1, field(3, one)) + field(2, span)));
  };
  const OtlpMasked out = mask_otlp_protobuf(all("s"), rules);
  EXPECT_EQ(out.text, all("[redacted]"));
  EXPECT_EQ(out.hits.size(), 6U);
}

TEST(OtlpProtobuf, TextInValuesArraysAndTheStatus) {
  const Rules rules = some_rules();
  const auto with = [](std::string_view text) {
    const std::string array = field(1, "a") + field(2, field(5, field(1, field(1, text))));
    return request(field(9, array) + field(15, field(2, text)) + field(5, "n@m.io"));
  };
  EXPECT_EQ(mask_otlp_protobuf(with("x a@b.io y"), rules).text, with("x [email] y"));
}

TEST(OtlpProtobuf, WhatIsNotUnderstoodIsRefused) {
  const Rules rules = some_rules();
  EXPECT_EQ(mask_otlp_protobuf(request(field(9, "\x0a\x7f")), rules).what, What::kNotRead) << "cut off";
  EXPECT_EQ(mask_otlp_protobuf(request("\x48\x01"), rules).what, What::kNotRead) << "an attribute that is a number";
  std::string deep = field(1, "x");
  for (int i = 0; i < 100; ++i) {
    deep = field(5, field(1, deep));
  }
  EXPECT_EQ(mask_otlp_protobuf(request(field(9, field(1, "a") + field(2, deep))), rules).what, What::kNotRead);
  EXPECT_EQ(mask_otlp_protobuf("", rules).what, What::kUnchanged);
  EXPECT_EQ(mask_otlp_protobuf(request(field(77, "later")), rules).what, What::kUnchanged)
      << "a field of a later version";
}

}  // namespace
}  // namespace respand::record
