// The spool's pure parts: names, evidence, unpacking, reading, readiness.

#include "tests/spool/support.h"

namespace respand::spool {
namespace {

using Strings = std::vector<std::string>;
using Event = SpoolReader::Event;

TEST(SpoolNameTest, JudgesByTheEnding) {
  SpoolKind kind;
  for (const char* name :
       {"a.json", "a.ndjson", "a.jsonl", "a.json.gz", "a.ndjson.gz", "a.jsonl.zst", "a.b.json", "tmp.json", " .json"}) {
    EXPECT_EQ(judge_name(name, kind), SpoolName::kTake) << name;
  }
  for (const char* name : {"", ".", "..", ".a.json", "a.json.tmp", "a.json.part", ".json", "rejected"}) {
    EXPECT_EQ(judge_name(name, kind), SpoolName::kLeave) << name;
  }
  for (const char* name : {"a", "json", "a.gz", "a.json.gz.gz", "a.JSON", "a.json ", "a.json.bz2", "rejected.txt"}) {
    EXPECT_EQ(judge_name(name, kind), SpoolName::kUnknown) << name;
  }
  (void)judge_name("a.jsonl.zst", kind);
  EXPECT_EQ(kind.form, SpoolForm::kLines);
  EXPECT_EQ(kind.packing, SpoolPacking::kZstd);
  (void)judge_name("a.json", kind);
  EXPECT_EQ(kind.form, SpoolForm::kText);
  EXPECT_EQ(kind.packing, SpoolPacking::kPlain);
}

TEST(SpoolNameTest, ANameOfTheSpoolsOwnIsUndone) {
  SpoolKind kind;
  const std::string ours = taking_name("a.json.gz", 0xAB);
  EXPECT_EQ(ours, ".respand-taking-000000ab-a.json.gz");
  EXPECT_EQ(writers_name(ours), "a.json.gz");
  EXPECT_EQ(judge_name(ours, kind), SpoolName::kTake);
  EXPECT_EQ(kind.packing, SpoolPacking::kGzip);
  const std::string longest = taking_name(std::string(248, 'n') + ".ndjson", 1);
  EXPECT_EQ(longest.size(), 255U);
  EXPECT_EQ(judge_name(longest, kind), SpoolName::kTake);
  EXPECT_EQ(kind.form, SpoolForm::kLines);
  for (const char* name :
       {"a.json", ".respand-taking-a.json", ".respand-taking-000000ab-", ".respand-taking-000000aB-a.json",
        ".respand-taking-000000abca.json", ".respand-replay.part"}) {
    EXPECT_EQ(writers_name(name), name);
  }
  EXPECT_EQ(judge_name(".respand-taking-a.json", kind), SpoolName::kLeave);
}

TEST(SpoolOriginTest, GoesThereAndBackAndPassesOverUnknownTags) {
  const SpoolOrigin origin{{1, -2, 3}, 4, 5, 6};
  const auto bytes = encode(origin);
  const std::string attribute(bytes.data(), bytes.size());
  EXPECT_EQ(attribute.substr(0, 3), std::string("\x01\x24\x00", 3));
  const std::string unknown("\x09\x02\x00xy", 5);
  const auto found = find_spool_origin(unknown + attribute);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, origin.file);
  EXPECT_EQ(found->version, 4U);
  EXPECT_EQ(found->ordinal, 5U);
  EXPECT_EQ(found->crc, 6U);
  EXPECT_TRUE(find_spool_origin(attribute + unknown));
  EXPECT_FALSE(find_spool_origin(""));
  EXPECT_FALSE(find_spool_origin(unknown));
  for (std::size_t cut = 0; cut < attribute.size(); ++cut) {
    EXPECT_FALSE(find_spool_origin(attribute.substr(0, cut))) << cut;
  }
}

TEST(SpoolTakenTest, KeepsRangesInAnyOrder) {
  SpoolTaken forward;
  SpoolTaken backward;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const std::uint64_t j = 99 - i;
    if (i % 10 != 3) {
      forward.add(0, i, 7, Sequence{i + 50});
    }
    if (j % 10 != 3) {
      backward.add(0, j, 7, Sequence{j + 50});
      backward.add(0, j, 7, Sequence{j + 50});
    }
  }
  for (std::uint64_t i = 0; i < 101; ++i) {
    EXPECT_EQ(forward.contains(i), i < 100 && i % 10 != 3) << i;
    EXPECT_EQ(backward.contains(i), forward.contains(i)) << i;
  }
  EXPECT_EQ(forward.sum(), backward.sum());
  EXPECT_EQ(forward.end(), 100U);
  EXPECT_EQ(forward.lowest(), Sequence{50});
  forward.add(0, 3, 8, Sequence{900});
  backward.add(0, 3, 9, Sequence{900});
  EXPECT_TRUE(forward.contains(3));
  EXPECT_NE(forward.sum(), backward.sum()) << "another record";
}

TEST(SpoolTakenTest, ANewerVersionReplacesWhatIsKnown) {
  SpoolTaken taken;
  taken.add(0, 0, 1, Sequence{1});
  taken.add(2, 5, 1, Sequence{9});
  taken.add(0, 1, 1, Sequence{10});
  EXPECT_FALSE(taken.contains(0));
  EXPECT_FALSE(taken.contains(1));
  EXPECT_TRUE(taken.contains(5));
  EXPECT_EQ(taken.lowest(), Sequence{9});
  EXPECT_EQ(taken.version(), 2U);
}

class SpoolFileTest : public testing::Test {
 protected:
  std::unique_ptr<fs::DirectoryFile> file(std::string_view content) {
    directory_.write("f", content);
    return fs::posix_directories().open_directory(directory_.path()).value()->open("f").value();
  }
  // All that can be unpacked, and how it ended.
  SpoolSource::Got unpack(std::string_view content, SpoolPacking packing, std::string& out,
                          std::uint64_t* restart = nullptr) {
    const auto opened = file(content);
    SpoolSource source(*opened, packing);
    std::string_view piece;
    out.clear();
    SpoolSource::Got got = source.read(piece);
    for (; got == SpoolSource::Got::kBytes; got = source.read(piece)) {
      EXPECT_LE(piece.size(), SpoolSource::kPiece);
      out.append(piece);
    }
    EXPECT_EQ(source.read(piece), got) << "it stays as it ended";
    if (restart != nullptr) {
      *restart = source.restart();
    }
    return got;
  }
  // The records of a text, ordinals checked; what is refused as "!" and its raw bytes.
  Strings records(std::string_view content, SpoolKind kind, std::uint64_t limit = 1 << 20) {
    const auto opened = file(content);
    SpoolReader reader(*opened, kind, Bytes{limit}, *stamp_of(*opened));
    Strings all;
    std::uint64_t ordinal = 0;
    const auto raw = [&] { return cat(reader.raw().head, reader.raw().tail); };
    for (Event event = reader.next(); event != Event::kEnd; event = reader.next()) {
      switch (event) {
        case Event::kMore:
          break;
        case Event::kRecord:
          EXPECT_EQ(reader.ordinal(), ordinal++);
          all.emplace_back(reader.text());
          break;
        case Event::kRefused:
          EXPECT_EQ(reader.ordinal(), ordinal++);
          all.push_back("!" + raw());
          break;
        case Event::kRest:
          all.back() += raw();
          break;
        case Event::kDamaged:
          all.push_back("damaged:" + raw());
          break;
        case Event::kEnd:
        case Event::kChanged:
        case Event::kFailed:
          ADD_FAILURE();
          return all;
      }
    }
    return all;
  }
  TemporaryDirectory directory_;
};

constexpr SpoolKind kLines{SpoolForm::kLines, SpoolPacking::kPlain};
constexpr SpoolKind kText{SpoolForm::kText, SpoolPacking::kPlain};

TEST_F(SpoolFileTest, UnpacksMembersOneAfterTheOther) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += cat("{\"i\":", i * 7919, "}\n");
  }
  std::string out;
  EXPECT_EQ(unpack(text, SpoolPacking::kPlain, out), SpoolSource::Got::kEnd);
  EXPECT_EQ(out, text);
  EXPECT_EQ(unpack(gzipped(text) + gzipped("") + gzipped(text), SpoolPacking::kGzip, out), SpoolSource::Got::kEnd);
  EXPECT_EQ(out, text + text);
  EXPECT_EQ(unpack(zstandard(text) + zstandard("") + zstandard(text), SpoolPacking::kZstd, out),
            SpoolSource::Got::kEnd);
  EXPECT_EQ(out, text + text);
  EXPECT_EQ(unpack(gzipped("x") + std::string(1000, '\0'), SpoolPacking::kGzip, out), SpoolSource::Got::kEnd);
  EXPECT_EQ(out, "x");
  EXPECT_EQ(unpack("", SpoolPacking::kGzip, out), SpoolSource::Got::kEnd);
  EXPECT_EQ(unpack("", SpoolPacking::kZstd, out), SpoolSource::Got::kEnd);
}

TEST_F(SpoolFileTest, GivesAllThatStandsBeforeTheDamage) {
  const std::string first = "first member, in full";
  const std::string second(3000, 'b');
  for (const SpoolPacking packing : {SpoolPacking::kGzip, SpoolPacking::kZstd}) {
    const bool gzip = packing == SpoolPacking::kGzip;
    const std::string head = gzip ? gzipped(first) : zstandard(first);
    const std::string whole = head + (gzip ? gzipped(second) : zstandard(second));
    std::string out;
    std::uint64_t restart = 0;
    for (std::size_t cut = 1; cut < whole.size(); ++cut) {
      const SpoolSource::Got got = unpack(std::string_view(whole).substr(0, cut), packing, out, &restart);
      EXPECT_EQ(got, cut == head.size() ? SpoolSource::Got::kEnd : SpoolSource::Got::kDamaged) << cut;
      EXPECT_EQ((first + second).rfind(out, 0), 0U) << cut;
      if (cut > head.size()) {
        EXPECT_EQ(out.substr(0, first.size()), first);
        EXPECT_EQ(restart, head.size());
      }
    }
    for (std::size_t flip = head.size(); flip < whole.size(); ++flip) {
      std::string bad = whole;
      bad[flip] = static_cast<char>(bad[flip] ^ 0x10);
      (void)unpack(bad, packing, out);
      EXPECT_EQ(out.substr(0, first.size()), first) << flip;
    }
    EXPECT_EQ(unpack(head + "no such format", packing, out, &restart), SpoolSource::Got::kDamaged);
    EXPECT_EQ(out, first);
    EXPECT_EQ(restart, head.size());
    EXPECT_EQ(unpack("no such format", packing, out, &restart), SpoolSource::Got::kDamaged);
    EXPECT_EQ(restart, 0U);
  }
}

TEST_F(SpoolFileTest, ABombIsReadPieceByPiece) {
  const std::string zeros(64U << 20, '0');  // 64 MiB in 64 KiB
  for (const auto& [packed, packing] :
       {std::pair(gzipped(zeros, 9), SpoolPacking::kGzip), std::pair(zstandard(zeros), SpoolPacking::kZstd)}) {
    const auto opened = file(packed);
    SpoolReader reader(*opened, {SpoolForm::kLines, packing}, Bytes{1024}, *stamp_of(*opened));
    std::uint64_t refused = 0;
    std::size_t largest = 0;
    for (Event event = reader.next(); event != Event::kEnd; event = reader.next()) {
      if (event == Event::kRefused || event == Event::kRest) {
        largest = std::max(largest, reader.raw().head.size() + reader.raw().tail.size());
        refused += reader.raw().head.size() + reader.raw().tail.size();
      }
    }
    EXPECT_EQ(refused, zeros.size());
    EXPECT_LE(largest, SpoolSource::kPiece + 1024);
  }
}

TEST_F(SpoolFileTest, ReadsLines) {
  EXPECT_EQ(records("", kLines), Strings{});
  EXPECT_EQ(records("\n\n", kLines), Strings{});
  EXPECT_EQ(records("a\nb", kLines), (Strings{"a", "b"}));
  EXPECT_EQ(records("a\r\n\r\nb\n", kLines), (Strings{"a", "b"}));
  EXPECT_EQ(records("[1,2]\n[]\n[3", kLines), (Strings{"1", "2", "![3"}));
  EXPECT_EQ(records("[1,2] x\n4\n", kLines), (Strings{"1", "2", "!] x", "4"}));
  EXPECT_EQ(records("1234\n12345\r\n123456\n1\n", kLines, 5), (Strings{"1234", "12345", "!123456\n", "1"}));
}

TEST_F(SpoolFileTest, ReadsLinesThatLieAcrossPieces) {
  for (const std::size_t size :
       {SpoolSource::kPiece - 1, SpoolSource::kPiece, SpoolSource::kPiece + 1, 3 * SpoolSource::kPiece}) {
    const std::string first(size, 'a');
    EXPECT_EQ(records(first + "\nb\n", kLines), (Strings{first, "b"}));
    EXPECT_EQ(records(first + "\r\nb", kLines), (Strings{first, "b"}));
    EXPECT_EQ(records(first + "\nb\n", kLines, 100), (Strings{"!" + first + "\n", "b"}));
    EXPECT_EQ(records(first, kLines, 100), (Strings{"!" + first}));
    EXPECT_EQ(records("b\n" + first, kLines, size - 1), (Strings{"b", "!" + first}));
  }
}

TEST_F(SpoolFileTest, ReadsElements) {
  EXPECT_EQ(records("", kText), Strings{});
  EXPECT_EQ(records("{\"a\":[1,2]}", kText), Strings{"{\"a\":[1,2]}"});
  EXPECT_EQ(records(" [ ] ", kText), Strings{});
  EXPECT_EQ(records("[1, \"]\" ,{}]", kText), (Strings{"1", "\"]\"", "{}"}));
  EXPECT_EQ(records("[1,2", kText), (Strings{"1", "!2"}));
  EXPECT_EQ(records("[{\"a\":1},{\"b\"", kText), (Strings{"{\"a\":1}", "!{\"b\""}));
  EXPECT_EQ(records("nonsense", kText), Strings{"!nonsense"});
  EXPECT_EQ(records("{} {}", kText), (Strings{"{}", "! {}"}));
}

TEST_F(SpoolFileTest, ReadsElementsThatLieAcrossPieces) {
  const std::string space(SpoolSource::kPiece, ' ');
  for (const std::size_t size :
       {SpoolSource::kPiece - 2, SpoolSource::kPiece - 1, SpoolSource::kPiece, SpoolSource::kPiece + 1}) {
    const std::string giant = "{\"[\":\"" + std::string(size, '}') + "\\\"\"}";
    EXPECT_EQ(records("[" + giant + ",2]", kText), (Strings{giant, "2"}));
    EXPECT_EQ(records("[" + giant + ",2]", kText, 100), (Strings{"!" + giant, "2"}));
    EXPECT_EQ(records("[1" + space + "," + space + giant + space + "," + space + "2]", kText, 100),
              (Strings{"1", "!" + giant, "2"}));
    EXPECT_EQ(records("[" + giant, kText, 100), (Strings{"!" + giant, "!"}));
    EXPECT_EQ(records("[" + std::string(size, '7') + ",2]", kText, 100), (Strings{"!" + std::string(size, '7'), "2"}));
    EXPECT_EQ(records("[" + std::string(size, '7') + "]", kText, 100), (Strings{"!" + std::string(size, '7')}));
  }
}

TEST_F(SpoolFileTest, SaysWhenTheFileWasWrittenTo) {
  const auto opened = file("1\n2");
  SpoolReader reader(*opened, kLines, Bytes{100}, *stamp_of(*opened));
  Event event = reader.next();
  for (; event != Event::kRecord; event = reader.next()) {
  }
  EXPECT_EQ(reader.text(), "1");
  directory_.append("f", "3\n");
  // Half a line is no record yet.
  do {
    event = reader.next();
    ASSERT_TRUE(event != Event::kRecord || reader.text() == "23");
  } while (event != Event::kChanged && event != Event::kEnd);
  EXPECT_EQ(event, Event::kChanged);
}

TEST(SpoolQueueTest, AFileIsReadyOnceItIsQuiet) {
  SpoolQueue queue(std::chrono::seconds{1});
  const MonoTime start{std::chrono::seconds{100}};
  SpoolQueue::Due due;
  queue.seen("a", {5, 7}, std::chrono::milliseconds{400}, start);
  EXPECT_EQ(queue.next() - start, std::chrono::milliseconds{600});
  EXPECT_FALSE(queue.pop(start + std::chrono::microseconds{599'999}, due));
  ASSERT_TRUE(queue.pop(start + std::chrono::milliseconds{600}, due));
  EXPECT_EQ(due.name, "a");
  EXPECT_TRUE(queue.untouched(due, {5, 7}, Duration{0}));
  EXPECT_FALSE(queue.untouched(due, {6, 8}, Duration{0}));
  EXPECT_TRUE(queue.untouched(due, {6, 8}, std::chrono::seconds{1}));
  EXPECT_FALSE(queue.pop(start + std::chrono::hours{1}, due));
}

TEST(SpoolQueueTest, ClosedIsReadyAtOnceAndATimeInTheFutureIsNoAge) {
  SpoolQueue queue(std::chrono::seconds{1});
  const MonoTime start{std::chrono::seconds{100}};
  SpoolQueue::Due due;
  queue.seen("a", {5, 7}, -std::chrono::hours{1}, start);
  EXPECT_EQ(queue.next() - start, std::chrono::seconds{1});
  queue.finished("a", start);
  EXPECT_EQ(queue.size(), 1U);
  ASSERT_TRUE(queue.pop(start, due));
  EXPECT_TRUE(due.finished);
  queue.seen("empty", {0, 7}, std::chrono::seconds{10}, start);
  EXPECT_EQ(queue.next() - start, std::chrono::seconds{50});
}

}  // namespace
}  // namespace respand::spool
