#include "cli/record_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace respand::cli {
namespace {

struct Sent {
  std::string lines;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> from;  // number sent, line of the file
  std::vector<std::uint64_t> refused;                         // lines of the file
  friend bool operator==(const Sent&, const Sent&) = default;
};

Sent send(std::string_view text, std::size_t piece, Bytes max_record = record::kMaxRecord) {
  Sent sent;
  Origins origins;
  RecordLines lines(
      sent.lines, origins, [&](Place place, std::string_view) { sent.refused.push_back(place.line); }, max_record);
  lines.begin(0);
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    const std::string bytes(text.substr(0, piece));  // Own memory: nothing may be read behind a piece.
    lines.feed(bytes);
  }
  lines.finish();
  for (std::uint64_t number = 1; number <= origins.sent(); ++number) {
    sent.from.emplace_back(number, origins.find(number).line);
  }
  return sent;
}

// What a text becomes, however it comes in.
Sent send(std::string_view text) {
  Sent whole = send(text, text.size() + 1);
  for (std::size_t piece = 1; piece <= text.size() && piece < 200; ++piece) {
    EXPECT_EQ(send(text, piece), whole) << "in pieces of " << piece << ": " << text;
  }
  return whole;
}

TEST(RecordLines, PassesLinesAsTheyAre) {
  const Sent sent = send("{\"a\":0.10}\n\n  \t\r\n{\"b\": [1, 2] }\r\n[{},{}]\n{\"broken\n{\"last\":1}");
  EXPECT_EQ(sent.lines, "{\"a\":0.10}\n{\"b\": [1, 2] }\r\n[{},{}]\n{\"broken\n{\"last\":1}\n");
  EXPECT_EQ(sent.from, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 1}, {2, 4}, {3, 5}, {4, 6}, {5, 7}}));
  EXPECT_TRUE(sent.refused.empty());
}

TEST(RecordLines, RefusesWhatTheDaemonWouldCountInItsOwnWay) {
  const Sent sent = send(std::string("{}\n!ack\n\v\nnull\n\0\n  x {}\n{}\n", 27));
  EXPECT_EQ(sent.lines, "{}\n{}\n");
  EXPECT_EQ(sent.refused, (std::vector<std::uint64_t>{2, 3, 4, 5, 6}));
  EXPECT_EQ(sent.from.back(), (std::pair<std::uint64_t, std::uint64_t>{2, 7}));
}

TEST(RecordLines, MakesALineOfAPrettyObject) {
  const Sent sent = send("\n{\r\n  \"a\": \"x\\\"\",\n  \"b\": [\n    1\n  ]\n}\n");
  EXPECT_EQ(sent.lines, "{    \"a\": \"x\\\"\",   \"b\": [     1   ] }\n");
  EXPECT_EQ(sent.from, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{1, 2}}));
}

TEST(RecordLines, TakesOneTextBehindTheOther) {
  const Sent sent = send(
      "{\n\"a\":1\n}\n{\n\"b\":2\n}{\n\"c\":3\n}\n[\n{\"d\":4},\n{\"e\":\n5}\n]\n[\n{\"f\":6}] {\"g\":7}\n{\"h\":8}\n");
  EXPECT_EQ(sent.lines,
            "{ \"a\":1 }\n{ \"b\":2 }\n{ \"c\":3 }\n{\"d\":4}\n{\"e\": 5}\n{\"f\":6}\n{\"g\":7}\n{\"h\":8}\n");
  std::vector<std::uint64_t> lines;
  for (const auto& [number, line] : sent.from) {
    lines.push_back(line);
  }
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 4, 6, 10, 11, 15, 15, 16}));
  EXPECT_TRUE(sent.refused.empty());
}

TEST(RecordLines, TakesTheGoodElementsOfAnArray) {
  const Sent sent = send("[\n{\"a\":1},\n17,\n[{}],\n{\"b\":\"\n\"},\n{\"c\":3}\n]\n");
  EXPECT_EQ(sent.lines, "{\"a\":1}\n{\"c\":3}\n");
  EXPECT_EQ(sent.refused, (std::vector<std::uint64_t>{3, 4, 5}));
}

TEST(RecordLines, SaysWhereATextBreaks) {
  EXPECT_EQ(send("[\n{\"a\":1}\n{\"b\":2}]").refused, std::vector<std::uint64_t>{3});
  EXPECT_EQ(send("[\n{\"a\":1},\n").refused, std::vector<std::uint64_t>{3});
  EXPECT_EQ(send("{\n\"a\":1,\n").refused, std::vector<std::uint64_t>{3});
  EXPECT_EQ(send("{\n\"a\":1\n}\n}").refused, std::vector<std::uint64_t>{4});
}

TEST(RecordLines, SkipsAByteOrderMark) {
  EXPECT_EQ(send("\xEF\xBB\xBF{}\n").lines, "{}\n");
  EXPECT_EQ(send("\xEF\xBB\xBF[\n{}]").lines, "{}\n");
  EXPECT_EQ(send("\xEF\xBB").refused, std::vector<std::uint64_t>{1});
}

TEST(RecordLines, TakesNothingFromNothing) {
  for (const char* text : {"", "\n", " \n\t\n", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(send(text), Sent()) << text;
  }
}

TEST(RecordLines, BoundsAnElement) {
  const std::string element = "{\"a\":\"" + std::string(92, 'x') + "\"}";
  ASSERT_EQ(element.size(), 100U);
  const std::string text = "[\n" + element + ",\n{}\n]";
  for (std::size_t piece = 1; piece < 120; ++piece) {
    EXPECT_EQ(send(text, piece, Bytes{99}).lines, "{}\n");
    EXPECT_EQ(send(text, piece, Bytes{99}).refused, std::vector<std::uint64_t>{2});
    EXPECT_EQ(send(text, piece, Bytes{100}).lines, element + "\n{}\n");
    EXPECT_EQ(send(text, piece, Bytes{101}).lines, element + "\n{}\n");
  }
}

TEST(RecordLines, TakesManyTextsInOnePieceWithoutGoingDeep) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) {
    text.append("{\n}\n");
  }
  EXPECT_EQ(send(text, text.size()).from.size(), 200'000U);
  EXPECT_EQ(send(text, 3).from.size(), 200'000U);
}

}  // namespace
}  // namespace respand::cli
