// What include/respand/fs/file_system.h promises, held against the machine's file system and the one in memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <thread>

#include "respand/base/text.h"
#include "tests/fs/fixtures.h"
#include "tests/support/files.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

struct OnPosix {
  test::TempDir folder;
  FileSystem& file_system = posix();
  std::string root = folder.path();
};

struct Memory {
  FaultFileSystem memory;
  FileSystem& file_system = memory;
  std::string root = "/data";
  Memory() { EXPECT_TRUE(memory.make_directories(root)); }
};

template <typename T>
class Contract : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(std::string_view name) const { return cat(setting_.root, "/", name); }
  [[nodiscard]] FileSystem& fs() const { return setting_.file_system; }
  [[nodiscard]] std::unique_ptr<File> make(std::string_view name, std::string_view content) const {
    auto file = open(fs(), path(name));
    EXPECT_TRUE(write(*file, 0, content));
    return file;
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& folder) const {
    auto found = fs().list(folder);
    EXPECT_TRUE(found);
    return found ? *found : std::vector<std::string>{};
  }
  T setting_;
};

using Both = ::testing::Types<OnPosix, Memory>;
TYPED_TEST_SUITE(Contract, Both);

TYPED_TEST(Contract, OnlyCreateMakesAFile) {
  EXPECT_EQ(this->fs().open(this->path("a"), OpenMode::kRead).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->fs().open(this->path("a"), OpenMode::kReadWrite).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(this->names(this->setting_.root), IsEmpty());
  EXPECT_EQ(open(this->fs(), this->path("a"))->size().value(), 0U);
  EXPECT_THAT(this->names(this->setting_.root), UnorderedElementsAre("a"));
}

TYPED_TEST(Contract, CreateKeepsWhatIsThere) {
  static_cast<void>(this->make("a", "kept"));
  EXPECT_EQ(read(*open(this->fs(), this->path("a"))), "kept");
}

TYPED_TEST(Contract, NoFileInAMissingFolderOrBelowAFile) {
  static_cast<void>(this->make("file", "x"));
  EXPECT_EQ(this->fs().open(this->path("no/a"), OpenMode::kCreate).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->fs().open(this->path("file/a"), OpenMode::kCreate).error().code, ErrorCode::kNotFound);
}

TYPED_TEST(Contract, AFolderIsNotAFile) {
  ASSERT_TRUE(this->fs().make_directories(this->path("d")));
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite, OpenMode::kCreate}) {
    EXPECT_EQ(this->fs().open(this->path("d"), mode).error().code, ErrorCode::kInvalid);
  }
  EXPECT_EQ(this->fs().remove(this->path("d")).error().code, ErrorCode::kInvalid);
}

TYPED_TEST(Contract, ReadsAroundTheEnd) {
  const auto file = this->make("a", "0123456789");
  EXPECT_EQ(read(*file, 0, 10), "0123456789");
  EXPECT_EQ(read(*file, 0, 9), "012345678");
  EXPECT_EQ(read(*file, 9, 5), "9");
  EXPECT_EQ(read(*file, 10, 5), "");
  EXPECT_EQ(read(*file, 11, 5), "");
  EXPECT_EQ(read(*file, 3, 0), "");
}

TYPED_TEST(Contract, WritesAllPartsInOrderEmptyOnesIncluded) {
  auto file = open(this->fs(), this->path("a"));
  const std::vector<ConstBytes> parts{bytes_of(""), bytes_of("one "), bytes_of(""), bytes_of("two"), bytes_of("")};
  ASSERT_TRUE(file->write_at(2, parts));
  EXPECT_EQ(read(*file), std::string("\0\0one two", 9));
  ASSERT_TRUE(file->write_at(100, {}));
  EXPECT_EQ(file->size().value(), 9U);
}

TYPED_TEST(Contract, WritesMorePartsThanOneCallOfTheKernelTakes) {
  auto file = open(this->fs(), this->path("a"));
  for (const std::size_t count : {127U, 128U, 129U, 1023U, 1024U, 1025U, 3000U}) {
    std::string whole;
    for (std::size_t i = 0; i < count; ++i) {
      whole.append(cat(i, ","));
    }
    std::vector<ConstBytes> parts;
    for (std::size_t from = 0; from < whole.size();) {
      const std::size_t end = whole.find(',', from) + 1;
      parts.push_back(bytes_of(std::string_view(whole).substr(from, end - from)));
      from = end;
    }
    ASSERT_EQ(parts.size(), count);
    ASSERT_TRUE(file->truncate(0));
    ASSERT_TRUE(file->write_at(0, parts));
    ASSERT_EQ(read(*file), whole) << count;
  }
}

TYPED_TEST(Contract, OverwritesWithoutCutting) {
  auto file = this->make("a", "0123456789");
  ASSERT_TRUE(write(*file, 4, "xy"));
  EXPECT_EQ(read(*file), "0123xy6789");
}

TYPED_TEST(Contract, TruncateCutsAndGrowsWithZeros) {
  auto file = this->make("a", "0123456789");
  ASSERT_TRUE(file->truncate(3));
  ASSERT_TRUE(file->truncate(5));
  EXPECT_EQ(read(*file), std::string("012\0\0", 5));
  EXPECT_EQ(file->size().value(), 5U);
}

TYPED_TEST(Contract, AReadOnlyFileCannotBeChanged) {
  static_cast<void>(this->make("a", "kept"));
  auto file = open(this->fs(), this->path("a"), OpenMode::kRead);
  EXPECT_FALSE(write(*file, 0, "x"));
  EXPECT_FALSE(file->truncate(0));
  EXPECT_EQ(read(*file), "kept");
}

TYPED_TEST(Contract, OffsetsNoFileCanHaveAreRefused) {
  auto file = this->make("a", "kept");
  constexpr auto kEnd = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  for (const std::uint64_t offset : {kEnd, kEnd + 1, ~std::uint64_t{0}}) {
    EXPECT_EQ(write(*file, offset, "x").error().code, ErrorCode::kNoSpace) << offset;
  }
  EXPECT_FALSE(file->truncate(kEnd + 1));
  EXPECT_FALSE(file->truncate(~std::uint64_t{0}));
  EXPECT_EQ(read(*file), "kept");
}

TYPED_TEST(Contract, RenameReplacesAndOpenFilesGoOn) {
  const auto old = this->make("b", "old");
  auto file = this->make("a", "new");
  ASSERT_TRUE(this->fs().rename(this->path("a"), this->path("b")));
  EXPECT_THAT(this->names(this->setting_.root), UnorderedElementsAre("b"));
  EXPECT_EQ(read(*open(this->fs(), this->path("b"), OpenMode::kRead)), "new");
  EXPECT_EQ(read(*old), "old");
  ASSERT_TRUE(write(*file, 3, "er"));
  EXPECT_EQ(read(*open(this->fs(), this->path("b"), OpenMode::kRead)), "newer");
}

TYPED_TEST(Contract, RenameToItselfChangesNothing) {
  static_cast<void>(this->make("a", "kept"));
  ASSERT_TRUE(this->fs().rename(this->path("a"), this->path("a")));
  EXPECT_EQ(read(*open(this->fs(), this->path("a"), OpenMode::kRead)), "kept");
}

TYPED_TEST(Contract, RenameOfNothingOrToNowhereFails) {
  static_cast<void>(this->make("a", "kept"));
  EXPECT_EQ(this->fs().rename(this->path("no"), this->path("b")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(this->fs().rename(this->path("a"), this->path("no/b")).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(this->names(this->setting_.root), UnorderedElementsAre("a"));
}

TYPED_TEST(Contract, ARemovedFileCanBeReadWhileItIsOpen) {
  const auto file = this->make("a", "still here");
  ASSERT_TRUE(this->fs().remove(this->path("a")));
  EXPECT_EQ(this->fs().remove(this->path("a")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read(*file), "still here");
  static_cast<void>(this->make("a", "another"));
  EXPECT_EQ(read(*file), "still here");
}

TYPED_TEST(Contract, MakesFoldersWithTheirParentsAndAgain) {
  const std::string deep = this->path("a/b/c");
  ASSERT_TRUE(this->fs().make_directories(deep));
  ASSERT_TRUE(this->fs().make_directories(deep));
  ASSERT_TRUE(this->fs().make_directories(deep + "/"));
  EXPECT_THAT(this->names(this->path("a")), UnorderedElementsAre("b"));
  EXPECT_THAT(this->names(deep), IsEmpty());
  EXPECT_TRUE(this->fs().sync_directory(deep));
}

TYPED_TEST(Contract, AFileInTheWayOfAFolderIsAnError) {
  static_cast<void>(this->make("f", "x"));
  EXPECT_EQ(this->fs().make_directories(this->path("f")).error().code, ErrorCode::kExists);
  EXPECT_FALSE(this->fs().make_directories(this->path("f/g")));
}

TYPED_TEST(Contract, ListAndSyncNeedAFolder) {
  static_cast<void>(this->make("f", "x"));
  for (const char* name : {"no", "f"}) {
    EXPECT_EQ(this->fs().list(this->path(name)).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(this->fs().sync_directory(this->path(name)).error().code, ErrorCode::kNotFound);
  }
}

TYPED_TEST(Contract, ALockIsHeldOnceAndNamesItsHolder) {
  auto held = this->fs().lock(this->path("lock"));
  ASSERT_TRUE(held) << held.error().message;
  const auto second = this->fs().lock(this->path("lock"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kExists);
  EXPECT_THAT(second.error().message, HasSubstr(cat("in use by process ", ::getpid())));
  EXPECT_THAT(second.error().message, ::testing::Not(HasSubstr("\n")));
  held->reset();
  EXPECT_TRUE(this->fs().lock(this->path("lock")));
}

TYPED_TEST(Contract, ALockFileOfALongerPidIsWrittenAnew) {
  static_cast<void>(this->make("lock", "99999999999999999999\nrest"));
  const auto held = this->fs().lock(this->path("lock"));
  ASSERT_TRUE(held);
  EXPECT_EQ(read(*open(this->fs(), this->path("lock"), OpenMode::kRead)), cat(::getpid(), "\n"));
}

TYPED_TEST(Contract, SyncsAndFreeSpace) {
  auto file = this->make("a", "x");
  EXPECT_TRUE(file->sync_data());
  EXPECT_TRUE(this->fs().sync_directory(this->setting_.root));
  const auto space = this->fs().free_space(this->setting_.root);
  ASSERT_TRUE(space);
  EXPECT_GT(space->value, 0U);
  EXPECT_EQ(this->fs().free_space(this->path("no")).error().code, ErrorCode::kNotFound);
}

TYPED_TEST(Contract, ManyThreadsReadWhileOneAppends) {
  constexpr std::size_t kLines = 500;
  const auto file = this->make("a", "");
  std::atomic<std::size_t> written = 0;
  {
    std::vector<std::jthread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        for (std::size_t seen = 0; seen < kLines; seen = written) {
          if (seen > 0) {
            EXPECT_EQ(read(*file, (seen - 1) * 4, 4), "line");
          }
        }
      });
    }
    for (std::size_t i = 0; i < kLines; ++i) {
      EXPECT_TRUE(write(*file, i * 4, "line"));
      written = i + 1;
    }
  }
  EXPECT_EQ(file->size().value(), kLines * 4);
}

}  // namespace
}  // namespace respand::fs
