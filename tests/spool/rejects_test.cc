// What becomes of what is wrong in a spool file: it is kept in rejected/, with its reasons.

#include "tests/spool/support.h"

namespace respand::spool {
namespace {

using Strings = std::vector<std::string>;

TEST_F(SpoolTest, KeepsBadLinesAsWrittenWithTheirReasons) {
  settings_.encoder.max_record = Bytes{32};
  const std::string long_line = "{\"long\":\"" + std::string(700'000, 'x') + "\"}";
  directory_.write("a.ndjson", "{\"a\":1}\nnot json\r\n\n{\"a\":2}\n[{\"a\":3},4,{\"a\":5}]\n" + long_line +
                                   "\n[{\"a\":6},}\n\"\xff\"\n17");
  start();
  pass(settings_.quiet_period);
  EXPECT_EQ(journal_.payloads(), (Strings{"{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":5}", "{\"a\":6}"}));
  EXPECT_EQ(directory_.files(), Strings{});
  EXPECT_EQ(directory_.files("rejected"), (Strings{"a.ndjson", "a.ndjson.errors"}));
  EXPECT_EQ(directory_.read("rejected/a.ndjson"), "not json\r\n4\n" + long_line + "\n,}\n\"\xff\"\n17");
  const std::string errors = directory_.read("rejected/a.ndjson.errors");
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 6) << errors;
  for (const char* start_of_line :
       {"line 2, byte ", "\nline 5, element 1, byte ", "\nline 6, byte 0: larger than the limit of 32 bytes\n",
        "\nline 7, element 1, byte ", "\nline 8, byte ", "\nline 9, byte "}) {
    EXPECT_NE(errors.find(start_of_line), std::string::npos) << start_of_line << errors;
  }
  EXPECT_EQ(errors.find("xxx"), std::string::npos);
  EXPECT_EQ(received(), 11);
  EXPECT_EQ(rejected(record::Reason::kTooLarge), 1);
  EXPECT_EQ(std::filesystem::status(directory_ / "rejected").permissions(), std::filesystem::perms::owner_all);
}

TEST_F(SpoolTest, KeepsBadElementsOfAnArray) {
  settings_.encoder.max_record = Bytes{32};
  const std::string giant = "{\"deep\":[\"" + std::string(600'000, ']') + "\\\"\"]}";
  directory_.write("a.json", "[{\"a\":1} , 2,\n" + giant + " , {\"a\":3},\"" + std::string(40, 's') + "\", " +
                                 std::string(40, '7') + ",{\"a\":4}, {\"a\":5} oops {\"a\":6}]\n");
  start();
  pass(settings_.quiet_period);
  EXPECT_EQ(journal_.payloads(), (Strings{"{\"a\":1}", "{\"a\":3}", "{\"a\":4}", "{\"a\":5}"}));
  EXPECT_EQ(directory_.read("rejected/a.json"),
            "2\n" + giant + "\n\"" + std::string(40, 's') + "\"\n" + std::string(40, '7') + "\n oops {\"a\":6}]\n");
  const std::string errors = directory_.read("rejected/a.json.errors");
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 5) << errors;
  EXPECT_EQ(errors.rfind("element 1, byte ", 0), 0U) << errors;
}

TEST_F(SpoolTest, KeepsWhatCannotBeUnpacked) {
  const std::string head = numbered_lines(0, 3);
  for (const char* ending : {".gz", ".zst"}) {
    const auto packed = [&](std::string_view text) { return ending[1] == 'g' ? gzipped(text) : zstandard(text); };
    const std::string second = packed(numbered_lines(3, 300));
    for (std::size_t cut = 1; cut < second.size(); cut += second.size() / 7) {
      SCOPED_TRACE(cat(ending, " cut at ", cut));
      journal_.renew();
      std::filesystem::remove_all(directory_ / "rejected");
      start();
      const std::string name = cat("a.ndjson", ending);
      directory_.write(name, packed(head) + second.substr(0, cut));
      run_until_idle();
      const Strings taken = journal_.payloads();
      ASSERT_GE(taken.size(), 3U);
      for (std::uint64_t i = 0; i < taken.size(); ++i) {
        EXPECT_EQ(taken[i], numbered(i));
      }
      EXPECT_EQ(directory_.read("rejected/" + name), packed(head) + second.substr(0, cut)) << "the file as it was";
      const std::string errors = directory_.read(cat("rejected/", name, ".errors"));
      EXPECT_NE(errors.find("data is damaged: it ends early, in what begins at byte "), std::string::npos) << errors;
      EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1);
      EXPECT_TRUE(directory_.files().empty());
      spool_.reset();
    }
  }
}

TEST_F(SpoolTest, AFileInThePlaceOfRejectedKeepsTheGoodLinesComing) {
  directory_.write("rejected", "in the way");
  start();
  directory_.write("a.ndjson", numbered(1) + "\nbad\n");
  directory_.write("b.ndjson", numbered(2));
  run_until_idle();
  // Nothing is taken back of what was read before the bad line had no place; it is taken once.
  pass(kIssueInterval);
  EXPECT_EQ(tally(journal_), (std::map<std::string, int>{{numbered(1), 1}, {numbered(2), 1}}));
  EXPECT_TRUE(directory_.has("a.ndjson"));
  EXPECT_FALSE(directory_.has("b.ndjson"));
  EXPECT_EQ(directory_.read("rejected"), "in the way");
}

TEST_F(SpoolTest, NothingThatWasKeptIsEverOverwritten) {
  start();
  directory_.write("a.ndjson", "bad one\n");
  run_until_idle();
  directory_.write("a.ndjson", "bad two\n");
  run_until_idle();
  directory_.write("a.ndjson", "bad one\n");
  run_until_idle();
  const Strings kept = directory_.files("rejected");
  ASSERT_EQ(kept.size(), 4U) << "the same content again needs no other place";
  EXPECT_EQ(kept[0], "a.ndjson");
  EXPECT_EQ(kept[1] + ".errors", kept[2]);
  EXPECT_EQ(directory_.read("rejected/a.ndjson"), "bad one\n");
  EXPECT_EQ(directory_.read("rejected/" + kept[1]), "bad two\n");
  EXPECT_TRUE(directory_.files().empty());
}

TEST_F(SpoolTest, TheLongestNameStillHasRoomForItsRejects) {
  const std::string name = std::string(255 - 5, 'n') + ".json";
  directory_.write(name, "bad");
  start();
  pass(settings_.quiet_period);
  EXPECT_TRUE(directory_.files().empty());
  const Strings kept = directory_.files("rejected");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0] + ".errors", kept[1]);
  EXPECT_EQ(directory_.read("rejected/" + kept[0]), "bad");
}

TEST_F(SpoolTest, RejectedIsNeverALink) {
  TemporaryDirectory outside;
  std::filesystem::create_directory_symlink(outside.path(), directory_ / "rejected");
  directory_.write("a.ndjson", numbered(1) + "\nbad\n");
  start();
  pass(settings_.quiet_period);
  EXPECT_TRUE(outside.files().empty());
  EXPECT_TRUE(directory_.has("a.ndjson")) << "its bad line has no place yet";
  std::filesystem::remove(directory_ / "rejected");
  pass(kIssueInterval);
  pass(settings_.quiet_period);
  EXPECT_EQ(directory_.read("rejected/a.ndjson"), "bad\n");
  EXPECT_FALSE(directory_.has("a.ndjson"));
  EXPECT_EQ(journal_.payloads(), Strings{numbered(1)});
  EXPECT_EQ(received(), 2);
}

TEST_F(SpoolTest, LinksInsideRejectedAreNotWrittenThrough) {
  TemporaryDirectory outside;
  outside.write("target", "precious");
  std::filesystem::create_directory(directory_ / "rejected");
  std::filesystem::create_symlink(outside / "target", directory_ / "rejected/a.ndjson");
  directory_.write("a.ndjson", "bad\n");
  start();
  pass(settings_.quiet_period);
  EXPECT_EQ(outside.read("target"), "precious");
  EXPECT_EQ(directory_.files("rejected").size(), 3U);
  EXPECT_TRUE(directory_.files().empty());
}

}  // namespace
}  // namespace respand::spool
