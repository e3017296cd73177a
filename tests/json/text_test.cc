#include "respand/json/text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace respand {
namespace {

TEST(Decoded, Strings) {
  EXPECT_EQ(json::decoded(R"("gpt-4o")"), "gpt-4o");
  EXPECT_EQ(json::decoded(R"("")"), "");
  EXPECT_EQ(json::decoded(R"("a\u0041")"), "aA");
  EXPECT_EQ(json::decoded(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(json::decoded(R"("\u007f\u0080\u07FF\u0800\uffff\uD800\uDC00\uDBFF\uDFFF")"),
            "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
  EXPECT_EQ(json::decoded(R"("\u0000")"), std::string(1, '\0'));
  EXPECT_EQ(json::decoded("\"Z\xC3\xBCrich\""), "Z\xC3\xBCrich");
}

TEST(Decoded, AnythingElseIsUnchanged) {
  for (const std::string_view text :
       {"", "0.10", "null", "{\"a\":1}", "\"", "\"a", "\"a\"b\"", "\"\\\"", "\"\\x\"", "\"\\ud800\"", "\"\xFF\""}) {
    EXPECT_EQ(json::decoded(text), text);
  }
}

TEST(Base64, BytesComeBack) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) {
    EXPECT_EQ(json::out_of_base64(json::in_base64(bytes)), bytes);
    bytes.push_back(static_cast<char>(c));
  }
  EXPECT_FALSE(json::out_of_base64(R"({"base64":"A"})"));
  EXPECT_FALSE(json::out_of_base64(R"({"base64":"A*=="})"));
  EXPECT_FALSE(json::out_of_base64(R"({"a":"AAAA"})"));
}

TEST(PutString, ComesBackDecoded) {
  std::string text;
  for (int c = 0; c < 0x80; ++c) {
    text.push_back(static_cast<char>(c));
  }
  text += "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80";
  std::string out = "x";
  json::put_string(out, text);
  EXPECT_EQ(json::decoded(out.substr(1)), text);
  EXPECT_EQ(out.find('\x7F'), std::string::npos) << "a terminal would obey it";
}

TEST(WrittenPlaces, AreWhereTheCharacterStands) {
  const std::string inside = R"(a\nb\u00fcc\ud83d\ude00d)";
  json::WrittenPlaces places(inside);
  EXPECT_EQ(places.of(0), 0U);
  EXPECT_EQ(places.of(1), 1U);   // the line end
  EXPECT_EQ(places.of(2), 3U);   // b
  EXPECT_EQ(places.of(3), 4U);   // u umlaut, two bytes
  EXPECT_EQ(places.of(5), 10U);  // c
  EXPECT_EQ(places.of(6), 11U);  // the face, four bytes
  EXPECT_EQ(places.of(10), 23U);
  EXPECT_EQ(places.of(11), inside.size());
}

}  // namespace
}  // namespace respand
