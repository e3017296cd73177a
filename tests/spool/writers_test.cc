// Writers who pause, come back, or put another file in the place of one: whatever stood in the directory is taken,
// once.

#include "tests/spool/support.h"
#include "tests/support/sanitized.h"

namespace respand::spool {
namespace {

using Strings = std::vector<std::string>;

// Which ways there are of writing a file in pieces.
enum class Way : std::uint8_t { kPlain, kGzip, kZstd, kArray, kAppend, kRewrite, kRenameOver };
constexpr std::array kWays{Way::kPlain,  Way::kGzip,    Way::kZstd,      Way::kArray,
                           Way::kAppend, Way::kRewrite, Way::kRenameOver};

// A program that writes records `first` and `first` + 1, with a pause between them.
class PausingWriter {
 public:
  PausingWriter(const TemporaryDirectory& directory, Way way, std::uint64_t first)
      : directory_(directory), way_(way), first_(first) {
    switch (way_) {
      case Way::kPlain:
        open(cat("w", first, ".ndjson"), O_CREAT | O_WRONLY | O_TRUNC);
        put(numbered_lines(first, first + 1) + numbered(first + 1).substr(0, 3));  // amid a line
        return;
      case Way::kGzip:
      case Way::kZstd: {
        open(cat("w", first, way_ == Way::kGzip ? ".jsonl.gz" : ".jsonl.zst"), O_CREAT | O_WRONLY | O_TRUNC);
        const std::string text = numbered_lines(first, first + 2);
        packed_ = way_ == Way::kGzip ? gzipped(text) : zstandard(text);
        put(std::string_view(packed_).substr(0, packed_.size() / 2));
        return;
      }
      case Way::kArray:
        open(cat("w", first, ".json"), O_CREAT | O_WRONLY | O_TRUNC);
        put(cat("[", numbered(first), ","));
        return;
      case Way::kAppend:
        open(cat("w", first, ".ndjson"), O_CREAT | O_WRONLY | O_APPEND);
        put(numbered_lines(first, first + 1));
        return;
      case Way::kRewrite:
        open(cat("w", first, ".ndjson"), O_CREAT | O_RDWR);
        put(numbered_lines(first, first + 1));
        return;
      case Way::kRenameOver:
        directory_.write(cat("w", first, ".ndjson"), numbered(first));
        open(cat(".w", first), O_CREAT | O_WRONLY | O_TRUNC);
        put(numbered(first + 1).substr(0, 3));
        return;
    }
  }
  void finish() {
    switch (way_) {
      case Way::kPlain:
      case Way::kRenameOver:
        put(numbered(first_ + 1).substr(3));
        break;
      case Way::kGzip:
      case Way::kZstd:
        put(std::string_view(packed_).substr(packed_.size() / 2));
        break;
      case Way::kArray:
        put(numbered(first_ + 1) + "]");
        break;
      case Way::kAppend:
        put(numbered(first_ + 1));
        break;
      case Way::kRewrite:
        ASSERT_EQ(::ftruncate(fd_.get(), 0), 0);
        ASSERT_EQ(::lseek(fd_.get(), 0, SEEK_SET), 0);
        put(numbered_lines(first_, first_ + 2));
        break;
    }
    fd_.reset();
    if (way_ == Way::kRenameOver) {
      std::filesystem::rename(directory_ / cat(".w", first_), directory_ / cat("w", first_, ".ndjson"));
    }
  }

 private:
  void open(const std::string& name, int flags) {
    fd_.reset(::open((directory_ / name).c_str(), flags | O_CLOEXEC, 0600));
    ASSERT_TRUE(fd_);
  }
  void put(std::string_view bytes) {
    ASSERT_EQ(::write(fd_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

  const TemporaryDirectory& directory_;
  const Way way_;
  const std::uint64_t first_;
  UniqueFd fd_;
  std::string packed_;
};

class SpoolWritersTest : public SpoolTest {
 protected:
  void expect_each_once(std::uint64_t records) {
    const auto counts = tally(journal_);
    EXPECT_EQ(counts.size(), records);
    for (const auto& [record, times] : counts) {
      EXPECT_EQ(times, 1) << record;
    }
    EXPECT_EQ(directory_.files(), Strings{});
    EXPECT_EQ(directory_.files("rejected"), Strings{});
  }
  void nothing_is_told() {
    hooks_.writers = [](const fs::DirectoryFile&) { return fs::Writers::kUnknown; };
  }
  void two_hundred_pausing_writers() {
    start();
    run_until_idle();
    constexpr std::uint64_t kWriters = 200;
    std::deque<PausingWriter> writers;
    for (std::uint64_t i = 0; i < kWriters; ++i) {
      writers.emplace_back(directory_, kWays[i % kWays.size()], 2 * i);
    }
    for (int i = 0; i < 3; ++i) {
      pass(std::chrono::hours{1});
    }
    for (PausingWriter& writer : writers) {
      writer.finish();
    }
    for (int i = 0; i < 3; ++i) {
      pass(kScanInterval);
    }
    expect_each_once(2 * kWriters);
  }
};

TEST_F(SpoolWritersTest, TwoHundredThatPauseForHoursLoseNothing) { two_hundred_pausing_writers(); }

TEST_F(SpoolWritersTest, NeitherWhereOnlyTheNoticesTellWhoWrites) {
  nothing_is_told();
  two_hundred_pausing_writers();
}

TEST_F(SpoolWritersTest, AFileThatOneHasClosedAndAnotherNotIsNotFinished) {
  start();
  run_until_idle();
  PausingWriter slow(directory_, Way::kAppend, 0);
  directory_.append("w0.ndjson", numbered_lines(7, 8));  // closed again
  pass(std::chrono::hours{1});
  EXPECT_TRUE(journal_.payloads().empty());
  slow.finish();
  pass(settings_.quiet_period);
  expect_each_once(3);
}

TEST_F(SpoolWritersTest, ItIsTakenAtTheCloseAlsoWhereThatIsNotHeardOf) {
  PausingWriter slow(directory_, Way::kArray, 0);  // from before the start
  start();
  pass(std::chrono::hours{1});
  EXPECT_TRUE(directory_.has("w0.json"));
  slow.finish();
  pass(settings_.quiet_period);
  expect_each_once(2);
}

TEST_F(SpoolWritersTest, WhereNothingIsToldAFileFromBeforeTheStartHasToBeQuiet) {
  nothing_is_told();
  directory_.write("a.ndjson", numbered_lines(0, 2));
  touch("a.ndjson");
  start();
  run_until_idle();
  EXPECT_TRUE(journal_.payloads().empty());
  pass(settings_.quiet_period);
  expect_each_once(2);
}

TEST_F(SpoolWritersTest, WhereNothingIsToldAFileThatIsLinkedIntoPlaceHasToBeQuiet) {
  nothing_is_told();
  start();
  run_until_idle();
  directory_.write(".a", numbered_lines(0, 2));
  // The system's clock has to move on between the last write and the link.
  const auto written = std::filesystem::last_write_time(directory_ / ".a");
  std::filesystem::last_write_time(directory_ / ".a", written - std::chrono::seconds{2});
  std::filesystem::create_hard_link(directory_ / ".a", directory_ / "a.ndjson");
  std::filesystem::remove(directory_ / ".a");
  pass(kScanInterval);
  pass(kScanInterval);
  expect_each_once(2);
}

TEST_F(SpoolWritersTest, OneWhoComesInBeforeTheRemovalKeepsTheFile) {
  for (const bool renamed : {false, true}) {
    SCOPED_TRACE(renamed);
    journal_.renew();
    UniqueFd late;
    const auto come_in = [&](const std::string& name) {
      late.reset(::open((directory_ / name).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    };
    hooks_.rename = [&](const fs::RenameCall& call, const auto& make) {
      if (!late && !renamed) {
        come_in(call.from);  // He had looked the name up before it was changed.
      }
      Status done = make();
      if (!late && renamed) {
        come_in(call.to);
      }
      return done;
    };
    start();
    directory_.write("a.ndjson", numbered_lines(0, 1));
    pass(settings_.quiet_period);
    ASSERT_TRUE(late);
    EXPECT_EQ(directory_.files().size(), 1U) << "it is not removed under his hands";
    pass(std::chrono::hours{1});
    const std::string more = numbered_lines(1, 3);
    ASSERT_EQ(::write(late.get(), more.data(), more.size()), static_cast<ssize_t>(more.size()));
    pass(std::chrono::hours{1});
    late.reset();
    pass(settings_.quiet_period);
    expect_each_once(3);
    spool_.reset();
  }
}

TEST_F(SpoolWritersTest, WhoWritesToAFileThatIsGoneIsHeardOut) {
  int asked = 0;
  hooks_.writers = [&](const fs::DirectoryFile& file) { return ++asked <= 3 ? fs::Writers::kNone : file.writers(); };
  start();
  run_until_idle();
  directory_.write("a.ndjson", numbered_lines(0, 1));
  std::ofstream writer(directory_ / "a.ndjson", std::ios::app);
  run_until_idle();
  ASSERT_TRUE(directory_.files().empty()) << "he was not seen";
  pass(std::chrono::minutes{10});
  writer << numbered_lines(1, 2) << std::flush;
  pass(std::chrono::minutes{10});
  writer << numbered_lines(2, 3) << std::flush;
  writer.close();
  pass(settings_.quiet_period);
  pass(settings_.quiet_period);
  expect_each_once(3);
}

// Puts another file in the place of the one that is being removed, at every moment there is.
TEST_F(SpoolWritersTest, AThousandReplacementsOfTheSameNameAreAllTaken) {
  constexpr std::uint64_t kReplacements = test::kSanitized ? 200 : 1000;
  std::uint64_t next = 1;
  const auto replace = [&](bool read) {
    // One that was not read yet must not be replaced: nobody could save it from that.
    if (next < kReplacements && (read || !directory_.has("a.ndjson"))) {
      directory_.write(".new", numbered(next) + (next % 7 == 0 ? "\nbad\n" : "\n"));
      std::filesystem::rename(directory_ / ".new", directory_ / "a.ndjson");
      ++next;
    }
  };
  std::uint64_t calls = 0;
  const auto at = [&](std::uint64_t moment) {
    if (calls % 5 == moment) {
      replace(moment == 0);
    }
  };
  hooks_.rename = [&](const fs::RenameCall& call, const auto& make) {
    const bool claims = call.from == "a.ndjson";
    ++calls;
    if (claims) {
      at(0);  // between the end of the reading and the renaming
    }
    Status done = make();
    if (claims) {
      at(1);  // behind it; after a replacement before it, its place is taken again
      at(2);
    }
    return done;
  };
  hooks_.remove = [&](const std::string& name, const auto& make) {
    const bool taken = name.starts_with(kTakingPrefix);
    if (taken) {
      at(3);
    }
    Status done = make();
    if (taken) {
      at(4);
    }
    return done;
  };
  directory_.write("a.ndjson", numbered(0) + "\nbad\n");
  start();
  // Each replacement is of a file that was read to its end: what it held is known, and nothing of it may be lost.
  for (int i = 0; i < 10'000 && next < kReplacements; ++i) {
    pass(settings_.quiet_period);
  }
  pass(kScanInterval);
  pass(kScanInterval);
  const auto counts = tally(journal_);
  EXPECT_EQ(counts.size(), kReplacements);
  for (const auto& [record, times] : counts) {
    EXPECT_EQ(times, 1) << record;
  }
  EXPECT_EQ(directory_.files(), Strings{});
}

TEST_F(SpoolWritersTest, WrittenAnewWithTheSameSizeAndStampIsNoticed) {
  start();
  directory_.write("a.ndjson", numbered(1));
  touch("a.ndjson");
  (void)step();
  ASSERT_EQ(journal_.waiting(), 1U) << "it was read to its end";
  struct stat before {};
  ASSERT_EQ(::stat((directory_ / "a.ndjson").c_str(), &before), 0);
  directory_.write("a.ndjson", numbered(2));
  const std::array<timespec, 2> times{before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (directory_ / "a.ndjson").c_str(), times.data(), 0), 0);
  pass(settings_.quiet_period);
  pass(settings_.quiet_period);
  expect_each_once(2);
}

}  // namespace
}  // namespace respand::spool
