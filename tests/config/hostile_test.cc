// YAML written to hurt: it is refused with a place, and costs neither time nor memory worth speaking of.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "config/node.h"
#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

std::vector<std::string> problems(std::string_view yaml) { return texts(World{}.load(yaml).problems); }

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

TEST(Hostile, SizeHasALimit) {
  const std::string full = "#" + std::string(kMaxText - 1, 'x');
  EXPECT_THAT(problems(full), IsEmpty());
  EXPECT_THAT(problems(full + "x"), ElementsAre("larger than 1MiB: not a configuration"));
}

TEST(Hostile, DepthHasALimit) {
  const auto nested = [](std::size_t depth) {  // the file, records and defaults are three
    return cat("records: {defaults: {a: ", repeat("[", depth - 3), repeat("]", depth - 3), "}}");
  };
  EXPECT_THAT(problems(nested(kMaxDepth)), IsEmpty());
  EXPECT_THAT(problems(nested(kMaxDepth + 1)), ElementsAre("1:54: not valid YAML: nested more than 32 deep"));
}

TEST(Hostile, ValuesAndBracketsHaveALimit) {
  const auto list = [](std::size_t values) { return cat("records:\n  redact:\n", repeat("  - /x\n", values)); };
  // The map, "records", its map, "redact" and the list are values too.
  EXPECT_THAT(problems(list(kMaxNodes - 5)), ElementsAre("3:3: records.redact: a list of at most 64 values"));
  EXPECT_THAT(problems(list(kMaxNodes - 4)), ElementsAre("9998:5: not valid YAML: more than 10000 values"));
  EXPECT_THAT(problems(cat("#", repeat(",", kMaxFlowMarks))), IsEmpty());
  EXPECT_THAT(problems(cat("#", repeat(",", kMaxFlowMarks + 1))),
              ElementsAre("more than 10000 brackets and commas: not a configuration"));
}

TEST(Hostile, AnchorsAliasesMergeKeysAndTags) {
  const std::string_view anchors = "anchors and aliases (& and *) are not supported: write the value itself";
  EXPECT_THAT(problems("api: &a {}\nsocket: *a"), ElementsAre(cat("1:6: ", anchors), cat("2:9: ", anchors)));
  EXPECT_THAT(problems("a: &a [x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]"), SizeIs(13));
  EXPECT_THAT(problems("socket: *a"), ElementsAre("1:9: not valid YAML: the referenced anchor is not defined"));
  EXPECT_THAT(problems("records: {defaults: &a {x: *a}}"), Not(IsEmpty()));
  EXPECT_THAT(problems("log: !!map {level: !x info}"),
              ElementsAre("1:6: tags (!name) are not supported: write the value alone, in quotes where it is text",
                          "1:20: tags (!name) are not supported: write the value alone, in quotes where it is text"));
}

TEST(Hostile, MoreThanOneDocument) {
  EXPECT_THAT(problems("---\nlog: {}\n---\nlog: {}\n"),
              ElementsAre("3:1: not valid YAML: a second document begins here, but a configuration is one"));
}

TEST(Hostile, BytesThatAreNoText) {
  const std::string_view bad = "a control character, or a byte that is not UTF-8";
  EXPECT_THAT(problems("log: {}\n# \xff"), ElementsAre(cat("2:3: ", bad)));
  EXPECT_THAT(problems("é: \xc3("), ElementsAre(cat("1:4: ", bad)));
  EXPECT_THAT(problems(std::string("a\0b", 3)), ElementsAre(cat("1:2: ", bad)));
  EXPECT_THAT(problems("a: b\rc: d"), ElementsAre(cat("1:5: ", bad)));
  EXPECT_THAT(problems("\xff\xfe\x61\x00"), ElementsAre(cat("1:1: ", bad)));         // UTF-16
  EXPECT_THAT(problems("log: {} # \xe2\x80\xae"), ElementsAre(cat("1:11: ", bad)));  // turns the writing direction
  EXPECT_THAT(problems("a: \x1b[2J\nb: \xc2\x9b"), ElementsAre(cat("1:4: ", bad), cat("2:4: ", bad)));
}

TEST(Hostile, TabsAndLineEnds) {
  EXPECT_THAT(problems("log:\n\tlevel: info\n  \tformat: text"),
              ElementsAre("2:1: a tab indents this line: YAML takes spaces only",
                          "3:3: a tab indents this line: YAML takes spaces only"));
  EXPECT_THAT(problems("log:\t# tab\n\t# tab\n\t\n  level:\tinfo\r\n  format: text\r\n"), IsEmpty());
}

TEST(Hostile, BrokenYamlHasAPlaceInCharacters) {
  EXPECT_THAT(problems("a: 1\n  b: 2\nc"), ElementsAre("2:4: not valid YAML: illegal map value"));
  EXPECT_THAT(problems("# é\n\"é\": é: x"), ElementsAre("2:7: not valid YAML: illegal map value"));
  EXPECT_THAT(
      problems("log: {level: ${A}}"),
      ElementsAre("1:15: not valid YAML: end of map flow not found (inside { } and [ ], ${NAME} needs quotes)"));
}

// yaml-cpp alone would take the rest of the file for a part of the path.
TEST(Hostile, AQuoteOrBracketWithoutEndIsSaidWhereItBegins) {
  constexpr std::string_view kHint = " (a quote or bracket after this has no end?)";
  for (const std::string_view end : {"", "\n", "\n\n  ", "\nlog: {}\n"}) {
    for (const char quote : {'"', '\''}) {
      EXPECT_THAT(problems(cat("socket:\n  path: ", quote, "/run/x", end)),
                  ElementsAre(cat("2:3: not valid YAML: illegal EOF in scalar", kHint)));
    }
  }
  EXPECT_THAT(problems("log: {level: info\n\n"),
              ElementsAre(cat("1:14: not valid YAML: end of map flow not found", kHint)));
}

TEST(Hostile, NothingCrashesOnMuchOfAnything) {
  for (const std::string_view unit :
       {"[",  "{",   "- ", "? ", ": ",  "a: b\n", "&a ", "!a ", "---\n", "%YAML 1.2\n", "%TAG ! x\n", "\n", " ",
        "\t", "#\n", "\"", "'",  "|\n", "a",      "a: ", "${A", "[? ",   "- - [{",      "<<: ",       "\\"}) {
    for (const std::string_view start : {"", "a: ", "a: \"", "records:\n  defaults: ", "api: >\n "}) {
      static_cast<void>(problems(cat(start, repeat(unit, kMaxText / 32 / unit.size()))));
    }
  }
}

TEST(Hostile, NothingCrashesOnScrambledTokens) {
  constexpr std::string_view kTokens[] = {
      "api", "records", "defaults", "redact",  "socket", ": ",  ":",   "\n",      "\n  ", "\n    ", "- ",
      "[",   "]",       "{",        "}",       ", ",     "? ",  "\"",  "'",       "|",    ">",      "#",
      " ",   "\t",      "~",        "&a ",     "*a",     "!x ", "---", "\n---\n", "...",  "%",      "${",
      "}",   "$${",     "${A}",     "${A:-b}", "\\",     "\\x", "é",   "\xff",    "8MiB", "\r\n",   "<<"};
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same texts every time
  for (int round = 0; round < 5'000; ++round) {
    std::string yaml;
    for (auto length = random() % 24; length > 0; --length) {
      yaml += kTokens[random() % std::size(kTokens)];
    }
    const auto loaded = World{}.load(yaml);
    if (loaded.problems.empty()) {
      ASSERT_TRUE(World{}.load(print(loaded.config)).problems.empty()) << yaml << "\n" << print(loaded.config);
    }
  }
}

}  // namespace
}  // namespace respand::config
