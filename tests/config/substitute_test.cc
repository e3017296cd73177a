// ${NAME}: replaced in values only, after YAML has been read, so that the environment can't add structure.

#include "config/substitute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

World world() {
  World out;
  out.variables = {{"RESPAN_API_KEY", "k"},
                   {"A", "alpha"},
                   {"EMPTY", ""},
                   {"_1", "one"},
                   {"SIZE", "8GiB"},
                   {"DOLLAR", "${A}"},
                   {"LINE", "x\n"},
                   {"EVIL", "x}\napi: {base_url: http://evil}"},
                   {"EVIL2", "{a: b}, c: [d"},
                   {"BYTES", "\xff"},
                   {"SECRET", "sk-secret"}};
  return out;
}

std::string replaced(std::string_view text) {
  const World w = world();
  auto out = substitute(text, w.environment());
  return out ? out->text : cat("error: ", out.error().message);
}

TEST(Substitute, NamesAndDefaults) {
  EXPECT_EQ(replaced(""), "");
  EXPECT_EQ(replaced("plain $A $ 5$"), "plain $A $ 5$");
  EXPECT_EQ(replaced("<${A}${_1}>"), "<alphaone>");
  EXPECT_EQ(replaced("${NONE:-d:-e}${NONE:-}"), "d:-e");
  EXPECT_EQ(replaced("${EMPTY}|${EMPTY:-d}|${A:-d}"), "|d|alpha");
  EXPECT_EQ(replaced("${LINE}."), "x.");
}

TEST(Substitute, WhatComesInIsNotReadAgain) { EXPECT_EQ(replaced("${DOLLAR}"), "${A}"); }

TEST(Substitute, EscapesAndTheirInverse) {
  EXPECT_EQ(replaced("$${A}"), "${A}");
  EXPECT_EQ(replaced("$$${A}"), "$${A}");
  EXPECT_EQ(replaced("$$"), "$$");
  for (const std::string_view text : {"", "$", "${", "$${", "a$$${b}${", "$}{$"}) {
    EXPECT_EQ(replaced(escape_dollars(text)), text);
  }
}

TEST(Substitute, Mistakes) {
  EXPECT_EQ(replaced("${NONE}"), "error: ${NONE} is not set in the environment and has no default");
  EXPECT_EQ(replaced("a ${A"), "error: '${' has no '}' behind it ($${ for a plain ${)");
  EXPECT_EQ(replaced("${NONE:-${A}}"), "error: ${…} can't stand in the default of another");
  EXPECT_EQ(replaced("${BYTES}"), "error: the value of ${BYTES} holds control characters or is not UTF-8");
  for (const std::string_view bad : {"${}", "${1}", "${A B}", "${A-b}", "${:-x}", "${é}"}) {
    EXPECT_EQ(replaced(bad),
              "error: ${…} must hold a name of letters, digits and '_', or NAME:-default ($${ for a plain ${)");
  }
}

TEST(Substitute, LengthIsBounded) {
  World w;
  w.variables["BIG"] = std::string(kMaxValue, 'x');
  EXPECT_TRUE(substitute("${BIG}", w.environment()).has_value());
  EXPECT_FALSE(substitute("${BIG}y", w.environment()).has_value());
  EXPECT_THAT(texts(w.load("costs: {directory: \"/${BIG}\"}").problems),
              ElementsAre("1:20: costs.directory: longer than 64KiB"));
  // Ten thousand times 64 KiB are never in memory at once.
  std::string many = "records:\n  defaults:\n    a:\n";
  for (int i = 0; i < 9000; ++i) {
    many += "    - ${BIG}\n";
  }
  EXPECT_THAT(texts(w.load(many).problems),
              ElementsAre("3:5: records.defaults: larger than 32KiB, which every record would carry"));
}

TEST(Substitute, ValuesHaveTheTypeOfTheirKey) {
  const World w = world();
  const auto loaded = w.load(
      "journal:\n  max_size: ${SIZE}\n  directory: /var/${A}/j\nspool: {settle: \"${NONE:-5s}\"}\n"
      "api:\n  proxy: ${NONE:-}\n  path: ${EMPTY}\n");
  EXPECT_THAT(texts(loaded.problems), IsEmpty());
  EXPECT_EQ(loaded.config.journal.max_size, gibibytes(8));
  EXPECT_EQ(loaded.config.journal.directory, "/var/alpha/j");
  EXPECT_EQ(loaded.config.spool.quiet_period, std::chrono::seconds{5});
  EXPECT_EQ(loaded.config.api.path, "request-logs/create/");  // came out empty: as if not written
}

TEST(Substitute, TheEnvironmentIsNeverShown) {
  const World w = world();
  EXPECT_THAT(texts(w.load("log:\n  level: ${SECRET}\njournal:\n  max_size: ${SECRET}\n  sync: a${NONE}\n").problems),
              ElementsAre("2:10: log.level: expected debug, info, warning or error, not what '${SECRET}' stands for",
                          "4:13: journal.max_size: expected a size from 1MiB to 64TiB, not what '${SECRET}' stands for",
                          "5:9: journal.sync: ${NONE} is not set in the environment and has no default"));
}

TEST(Substitute, NothingInTheEnvironmentIsStructure) {
  const World w = world();
  const auto loaded = w.load(
      "records:\n  defaults:\n    a: ${EVIL2}\n    b: \"${EVIL2}\"\n  add: ${EVIL2}\napi:\n  base_url: ${EVIL}\n");
  EXPECT_THAT(
      texts(loaded.problems),
      ElementsAre(
          "5:8: records.add: expected a list of timestamp, custom_identifier, generation_time and cost, not text",
          "7:13: api.base_url: the value of ${EVIL} holds control characters or is not UTF-8"));
  EXPECT_EQ(loaded.config.records.defaults, R"({"a":"{a: b}, c: [d","b":"{a: b}, c: [d"})");
}

TEST(Substitute, KeysAreTakenAsTheyAre) {
  EXPECT_THAT(texts(world().load("spool: {\"${A}\": 1}").problems),
              ElementsAre("1:9: unknown key '${A}' in spool: known are directory, settle, rejected_max_size, key"));
}

}  // namespace
}  // namespace respand::config
