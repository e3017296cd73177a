#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "respand/base/random.h"
#include "respand/record/frame.h"
#include "samples.h"

namespace respand::record {
namespace {

using namespace std::string_literals;

// Frames as "offset:text", then how it ended.
using Story = std::vector<std::string>;

Story story(const std::vector<std::string>& pieces, std::uint64_t limit = 100'000) {
  ElementFramer framer(Bytes{limit});
  Story out;
  const auto broken = [&] {
    out.push_back(std::string(name_of(framer.refusal().reason)) + ": " + framer.refusal().message);
    std::string_view more = "{}";
    EXPECT_EQ(framer.next(more), Frame::kBroken) << "what is broken stays so";
    EXPECT_EQ(framer.finish(), Frame::kBroken);
    return out;
  };
  for (const std::string& piece : pieces) {
    std::string_view input = piece;
    for (Frame frame = framer.next(input); frame != Frame::kNone; frame = framer.next(input)) {
      if (frame == Frame::kBroken) {
        return broken();
      }
      out.push_back(std::to_string(framer.offset()) + ':' +
                    (frame == Frame::kTooLarge ? "<too large>" : std::string(framer.frame())));
    }
    EXPECT_TRUE(input.empty());
  }
  if (framer.finish() == Frame::kBroken) {
    return broken();
  }
  out.push_back("end");
  return out;
}

std::string not_json(const std::string& what, std::size_t byte) {
  return "not_json: not valid JSON: " + what + ", at byte " + std::to_string(byte);
}

TEST(ElementFramer, Objects) {
  EXPECT_EQ(story({"{}"}), (Story{"0:{}", "end"}));
  EXPECT_EQ(story({" \n{\"a\":[{}]}\r\n"}), (Story{"2:{\"a\":[{}]}", "end"}));
}

TEST(ElementFramer, AByteOrderMarkInFrontIsSkipped) {
  EXPECT_EQ(story({"\xEF\xBB\xBF{}"}), (Story{"3:{}", "end"}));
  EXPECT_EQ(story({"\xEF", "\xBB", "\xBF", " [{}", "]"}), (Story{"5:{}", "end"}));
  EXPECT_EQ(story({"\xEF\xBB\xBF"}), Story{not_json("there is no text but white space", 3)});
}

TEST(ElementFramer, Arrays) {
  EXPECT_EQ(story({"[]"}), (Story{"end"}));
  EXPECT_EQ(story({" [ \n] "}), (Story{"end"}));
  EXPECT_EQ(story({"[1,2]"}), (Story{"1:1", "3:2", "end"}));
  EXPECT_EQ(story({"[ {\"a\":1} ,\n{} ]"}), (Story{"2:{\"a\":1}", "12:{}", "end"}));
  EXPECT_EQ(story({R"([null , -1.5e3,"a,]",[1,[2]],true])"}),
            (Story{"1:null", "8:-1.5e3", "15:\"a,]\"", "21:[1,[2]]", "29:true", "end"}));
}

TEST(ElementFramer, BracketsAndQuotesInStrings) {
  EXPECT_EQ(story({R"([{"a":"}]{["},{"b":"\"}\\"},{"c":"\\\""}])"}),
            (Story{R"(1:{"a":"}]{["})", R"(14:{"b":"\"}\\"})", R"(28:{"c":"\\\""})", "end"}));
}

TEST(ElementFramer, WhatIsInsideIsNotJudged) {
  EXPECT_EQ(story({"[{],nonsense,'x',1 ]"}), (Story{"1:{]", "4:nonsense", "13:'x'", "17:1", "end"}));
  EXPECT_EQ(story({"[\0,{\0}]"s}), (Story{"1:\0"s, "3:{\0}"s, "end"}));
  EXPECT_EQ(story({"[\"\xFF\"]"}), (Story{"1:\"\xFF\"", "end"}));
}

TEST(ElementFramer, Broken) {
  EXPECT_EQ(story({""}), Story{not_json("there is no text but white space", 0)});
  EXPECT_EQ(story({" \n"}), Story{not_json("there is no text but white space", 2)});
  EXPECT_EQ(story({"17"}), Story{not_json("it begins with neither { nor [", 0)});
  EXPECT_EQ(story({" \"{}\""}), Story{not_json("it begins with neither { nor [", 1)});
  EXPECT_EQ(story({"\0{}"s}), Story{not_json("it begins with neither { nor [", 0)});
  EXPECT_EQ(story({"]"}), Story{not_json("it begins with neither { nor [", 0)});
  EXPECT_EQ(story({"\xEF\xBB"}), Story{not_json("there is no text but white space", 2)});
  EXPECT_EQ(story({"\xEF\xBB[]"}), Story{not_json("it begins with neither { nor [", 2)});
  EXPECT_EQ(story({"\xEF\xBB\xBF\xEF\xBB\xBF[]"}), Story{not_json("it begins with neither { nor [", 3)});
  EXPECT_EQ(story({" \xEF\xBB\xBF[]"}), Story{not_json("it begins with neither { nor [", 1)});
  EXPECT_EQ(story({"[{},]"}), (Story{"1:{}", not_json("an array element is missing", 4)}));
  EXPECT_EQ(story({"[,{}]"}), Story{not_json("an array element is missing", 1)});
  EXPECT_EQ(story({"[}"}), Story{not_json("an array element is missing", 1)});
  EXPECT_EQ(story({"[{},,{}]"}), (Story{"1:{}", not_json("an array element is missing", 4)}));
  EXPECT_EQ(story({"[{}{}]"}), (Story{"1:{}", not_json("missing a comma or ] after an array element", 3)}));
  EXPECT_EQ(story({"[{} {}]"}), (Story{"1:{}", not_json("missing a comma or ] after an array element", 4)}));
  EXPECT_EQ(story({"[1{}]"}), (Story{"1:1", not_json("missing a comma or ] after an array element", 2)}));
  EXPECT_EQ(story({"[{]},{}]"}), (Story{"1:{]", not_json("missing a comma or ] after an array element", 3)}));
}

TEST(ElementFramer, GarbageAfterTheEnd) {
  EXPECT_EQ(story({"{}{}"}), (Story{"0:{}", not_json("more text after the object", 2)}));
  EXPECT_EQ(story({"{},"}), (Story{"0:{}", not_json("more text after the object", 2)}));
  EXPECT_EQ(story({"{}\0"s}), (Story{"0:{}", not_json("more text after the object", 2)}));
  EXPECT_EQ(story({"[1] ]"}), (Story{"1:1", not_json("more text after the array", 4)}));
  EXPECT_EQ(story({"[]{}"}), Story{not_json("more text after the array", 2)});
}

TEST(ElementFramer, CutOff) {
  const std::string text = R"([{"a":"\"x"},17 , "y"])";
  for (std::size_t size = 1; size < text.size(); ++size) {
    EXPECT_EQ(story({text.substr(0, size)}).back(), not_json("the text ends inside the array", size));
  }
  EXPECT_EQ(story({R"({"a":1)"}), Story{not_json("the text ends inside the object", 6)});
  EXPECT_EQ(story({R"([1,2)"}), (Story{"1:1", not_json("the text ends inside the array", 4)})) << "a number may go on";
}

TEST(ElementFramer, Limit) {
  EXPECT_EQ(story({R"([{"a":1}])"}, 6), (Story{"1:<too large>", "end"}));
  EXPECT_EQ(story({R"([{"a":1}])"}, 7), (Story{R"(1:{"a":1})", "end"}));
  EXPECT_EQ(story({R"([{"a":1}])"}, 8), (Story{R"(1:{"a":1})", "end"}));
  EXPECT_EQ(story({R"({"a":1})"}, 6), (Story{"0:<too large>", "end"}));
  EXPECT_EQ(story({R"([{},{"a":1},"0123456789",1234567, {}])"}, 6),
            (Story{"1:{}", "4:<too large>", "12:<too large>", "25:<too large>", "34:{}", "end"}))
      << "the neighbours of what is too large survive";
}

TEST(ElementFramer, TooLargeIsSaidOnceAndAtOnce) {
  ElementFramer framer(Bytes{8});
  std::string_view input = R"([{},{"a":")";
  EXPECT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.next(input), Frame::kNone);
  const std::string piece(100, 'x');
  for (int i = 0; i < 50; ++i) {
    input = piece;
    EXPECT_EQ(framer.next(input), i == 0 ? Frame::kTooLarge : Frame::kNone);
    EXPECT_EQ(framer.offset(), 4U);
  }
  input = R"("},{"b":1}])";
  EXPECT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame(), R"({"b":1})");
  EXPECT_EQ(framer.next(input), Frame::kNone);
  EXPECT_EQ(framer.finish(), Frame::kNone);
}

TEST(ElementFramer, WholeElementsAreNotCopied) {
  ElementFramer framer(Bytes{1000});
  const std::string text = R"([{"a":1}, {"b":2}])";
  std::string_view input = text;
  ASSERT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame().data(), text.data() + 1);
  ASSERT_EQ(framer.next(input), Frame::kComplete);
  EXPECT_EQ(framer.frame().data(), text.data() + 10);
}

TEST(ElementFramer, DeepNestingCostsNothing) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(story({deep}, 10'000'000).size(), 2U);
  EXPECT_EQ(story({std::string(1'000'000, '{')}, 10'000'000),
            Story{not_json("the text ends inside the object", 1'000'000)});
}

std::vector<std::string> cut(const std::string& text, Random& random) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    pieces.push_back(text.substr(at, random.below(14)));
    at += pieces.back().size();
  }
  return pieces;
}

TEST(ElementFramer, BuiltArraysComeApartAgain) {
  static const std::string kElements[] = {"{}",
                                          R"({"a":"}"})",
                                          R"({"a":[1,{"b":"\\"}]})",
                                          "17",
                                          "-1.5e-7",
                                          "null",
                                          R"("\"")",
                                          R"("a]b,c")",
                                          "[]",
                                          R"([[{"x":"é\u00e9"}],2])",
                                          R"("")",
                                          R"({"k\"":"{[\\\""})",
                                          "true",
                                          R"({"":{}})"};
  static const std::string kSpaces[] = {"", "", "", " ", "\n", "\r\n", " \t "};
  SeededRandom random(12);
  for (int round = 0; round < 3000; ++round) {
    const std::size_t limit = 4 + random.below(20);
    std::string text = kSpaces[random.below(std::size(kSpaces))] + "[";
    Story expected;
    const std::uint64_t count = random.below(8);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string& element = kElements[random.below(std::size(kElements))];
      text += (i > 0 ? "," : "") + kSpaces[random.below(std::size(kSpaces))];
      expected.push_back(std::to_string(text.size()) + ':' + (element.size() > limit ? "<too large>" : element));
      text += element + kSpaces[random.below(std::size(kSpaces))];
    }
    text += "]" + kSpaces[random.below(std::size(kSpaces))];
    expected.emplace_back("end");
    ASSERT_EQ(story({text}, limit), expected) << text;
    ASSERT_EQ(story(cut(text, random), limit), expected) << text;
  }
}

TEST(ElementFramer, CutAnywhereMeansTheSame) {
  SeededRandom random(13);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.below(8) > 0 ? "[" : "";
    const std::uint64_t size = random.below(40);
    for (std::uint64_t i = 0; i < size; ++i) {
      text.push_back("{}[],,:\"\"\\ 1a\n"[random.below(14)]);
    }
    const std::size_t limit = random.below(16);
    ASSERT_EQ(story(cut(text, random), limit), story({text}, limit)) << text;
  }
}

TEST(ElementFramer, UsualRecordsByteByByte) {
  const std::string record = usual_record();
  const std::string text = "[" + record + "," + record + "]";
  std::vector<std::string> bytes;
  for (const char c : text) {
    bytes.emplace_back(1, c);
  }
  EXPECT_EQ(story(bytes), story({text}));
  EXPECT_EQ(story({text}), (Story{"1:" + record, std::to_string(record.size() + 2) + ":" + record, "end"}));
}

}  // namespace
}  // namespace respand::record
