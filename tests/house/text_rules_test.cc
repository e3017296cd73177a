// The rules about text, tested with lines that break them and with lines that only look as if they did.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/house/text_rules.h"

namespace respand::house {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SourceFile source(std::string text) { return {"daemon/x/a.cc", std::move(text)}; }

TEST(Opening, NeedsThePragmaFirstAndAParagraphNext) {
  EXPECT_THAT(check_opening(source("#pragma once\n// Says what it is for.\n")), IsEmpty());
  EXPECT_THAT(check_opening(source("#pragma once\n// Says\n// what it is for.\n")), IsEmpty());
  for (const char* text :
       {"", "\n#pragma once\n// Says what it is for.\n", "// Says what it is for.\n#pragma once\n",
        "#pragma once\n\n// Says what it is for.\n", "#pragma once\n// Words.\n", "#pragma once\n//\n//\n",
        "#pragma once\n#include <string>\n// Says what it is for.\n", "#ifndef A\n#define A\n"}) {
    EXPECT_EQ(check_opening(source(text)).size(), 1U) << text;
  }
}

TEST(Marks, AreFoundAsWholeWordsInCommentsToo) {
  const std::string mark = std::string("TO") + "DO";
  EXPECT_THAT(check_marks(source("x\n// " + mark + ": later\n")),
              ElementsAre("daemon/x/a.cc:2: work left lying about (" + mark + ")"));
  EXPECT_EQ(check_marks(source("// " + mark + "(me)")).size(), 1U);
  EXPECT_EQ(check_marks(source(std::string("// FIX") + "ME")).size(), 1U);
  EXPECT_EQ(check_marks(source(std::string("// X") + "XX")).size(), 1U);
  EXPECT_THAT(check_marks(source("\"/tmp/a-XXXXXX\"; int todo; // " + mark + "S")), IsEmpty());
}

TEST(Sleeps, AreFoundInCodeOnly) {
  for (const char* text :
       {"std::this_thread::sleep_for(1s);", "sleep_until (t);", "::usleep(5);", "sleep(1);", "nanosleep(&t, 0);"}) {
    EXPECT_EQ(check_sleeps(source(text)).size(), 1U) << text;
  }
  EXPECT_THAT(
      check_sleeps(source("// sleep(3) is not used\nbool asleep(int);\nint sleep = 1; sleeper.wait(); do_sleep();")),
      IsEmpty());
}

TEST(Sleeps, StringsDoNotCountAndDoNotHideWhatFollows) {
  EXPECT_THAT(check_sleeps(source("f(\"sleep(1)\", \"\\\" sleep(1)\"); // sleep(1)")), IsEmpty());
  EXPECT_EQ(check_sleeps(source("f(\"\\\\\", '\"', \"'\"); sleep(1);")).size(), 1U);
}

TEST(Seams, AreThereToBeUsed) {
  for (const char* text : {"std::chrono::steady_clock::now()", "std::chrono::system_clock::now ()", "rand()",
                           "std::random_device()()", "::clock_gettime(CLOCK_REALTIME, &t)"}) {
    EXPECT_EQ(check_seams(source(text)).size(), 1U) << text;
  }
  EXPECT_THAT(check_seams(source("operand(); clock.now(); using C = std::chrono::steady_clock;")), IsEmpty());
  EXPECT_THAT(check_seams({"daemon/base/clock.cc", "steady_clock::now()"}), IsEmpty());
}

TEST(Vocabulary, IsOfWordsAndPartsOfNamesButNotOfStrings) {
  for (const char* text : {"class Door {", "open_doors();", "kSettled,", "// What is settled.", "SettledSet set;",
                           "std::string_view settle_", "Door::kMost"}) {
    EXPECT_EQ(check_vocabulary(source(text)).size(), 1U) << text;
  }
  EXPECT_THAT(check_vocabulary(source("queue::Doorbell& bell; f(\"spool.settle\"); // indoors, settlement")),
              IsEmpty());
}

}  // namespace
}  // namespace respand::house
