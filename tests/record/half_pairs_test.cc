// What JavaScript leaves of an emoji that was cut in two.
#include <gtest/gtest.h>

#include "respand/record/half_pairs.h"
#include "respand/record/record_parser.h"

namespace respand::record {
namespace {

struct PairCase {
  std::string_view in;
  std::string_view out;
  std::size_t replaced;
};

TEST(HalfPairs, BecomeTheReplacementCharacterAndNothingElseChanges) {
  for (const PairCase& c : std::initializer_list<PairCase>{
           {R"({"a":"\ud83d"})", R"({"a":"\ufffd"})", 1},
           {R"({"a":"\uDE00 x"})", R"({"a":"\ufffd x"})", 1},
           {R"({"a":"\ud83d\ude00"})", R"({"a":"\ud83d\ude00"})", 0},
           {R"({"a":"\ud83d\ud83d\ude00\ude00"})", R"({"a":"\ufffd\ud83d\ude00\ufffd"})", 2},
           {R"({"a":"\ud83dude00"})", R"({"a":"\ufffdude00"})", 1},
           {R"({"a":"\ud83d\\ude00"})", R"({"a":"\ufffd\\ude00"})", 1},
           {R"({"a":"\\ud83d \\\ud83d"})", R"({"a":"\\ud83d \\\ufffd"})", 1},
           {R"({"\ud83d":{"b":["\ud83d",0.10,"\ud83d\n"]}})", R"({"\ufffd":{"b":["\ufffd",0.10,"\ufffd\n"]}})", 3},
           {R"({"a":"é\u00e9\ud800","n":1e-7 , "z":"\"\ud800"})", R"({"a":"é\u00e9\ufffd","n":1e-7 , "z":"\"\ufffd"})",
            2},
       }) {
    std::string text(c.in);
    EXPECT_EQ(replace_half_pairs(text), c.replaced) << c.in;
    EXPECT_EQ(text, c.out);
    EXPECT_TRUE(RecordParser().parse(text).ok) << text;
    EXPECT_EQ(RecordParser().parse(c.in).ok, c.replaced == 0) << c.in;
  }
}

TEST(HalfPairs, InWhatIsNoJsonDoNoHarm) {
  for (const std::string_view bad :
       {"\"\\", "\"\\u", "\"\\ud8", "\"\\ud83d", "\\ud83d", "\"\\ud83d\\u", "", "\"\xff\\ud83d"}) {
    std::string text(bad);
    (void)replace_half_pairs(text);
    EXPECT_EQ(text.size(), bad.size());
  }
}

}  // namespace
}  // namespace respand::record
