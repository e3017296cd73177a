// What include/respand/fs/directory.h promises, held against the machine's directories and the ones in memory; and what
// only the machine has: links, FIFOs, other processes' writers.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "respand/base/fd.h"
#include "respand/base/text.h"
#include "respand/fs/directory.h"
#include "tests/fs/fixtures.h"
#include "tests/support/files.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fs {
namespace {

using ::testing::UnorderedElementsAre;

struct DirectoryOnPosix {
  test::TempDir folder;
  Directories& directories = posix_directories();
  std::string root = folder.path();
};

struct DirectoryInMemory {
  FaultFileSystem memory;
  Directories& directories = memory;
  std::string root = "/data";
  DirectoryInMemory() { EXPECT_TRUE(memory.make_directories(root)); }
};

std::vector<std::string> names_of(const Directory& folder) {
  std::vector<std::string> names;
  auto listing = folder.list();
  EXPECT_TRUE(listing);
  for (auto name = (*listing)->next(); name && *name; name = (*listing)->next()) {
    if (**name != "." && **name != "..") {
      names.push_back(**name);
    }
  }
  return names;
}

template <typename T>
class DirectoryContract : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Directory> open_root() {
    return setting_.directories.open_directory(setting_.root).value();
  }
  // Makes a file and closes it.
  static void make(Directory& folder, const std::string& name, std::string_view content) {
    auto file = folder.create(name);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_TRUE(write(**file, 0, content));
    EXPECT_TRUE((*file)->sync_data());
  }
  static std::string content_of(const Directory& folder, const std::string& name) {
    const auto file = folder.open(name);
    return file ? read(**file) : "<none>";
  }
  T setting_;
};

using BothDirectories = ::testing::Types<DirectoryOnPosix, DirectoryInMemory>;
TYPED_TEST_SUITE(DirectoryContract, BothDirectories);

TYPED_TEST(DirectoryContract, ListsAndLooksAtWhatIsMade) {
  const auto root = this->open_root();
  this->make(*root, "a", "content");
  ASSERT_TRUE(root->make_directory("d"));
  EXPECT_THAT(names_of(*root), UnorderedElementsAre("a", "d"));
  const auto file = root->look("a");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->type, FileInfo::Type::kRegular);
  EXPECT_EQ(file->size, 7U);
  EXPECT_GE(file->room, 7U);
  EXPECT_EQ(file->owner, ::geteuid());
  EXPECT_EQ(file->identity.names, 1U);
  EXPECT_EQ(root->look("d")->type, FileInfo::Type::kFolder);
  EXPECT_EQ(root->look("no").error().os_error, ENOENT);
  const auto opened = root->open("a");
  ASSERT_TRUE(opened);
  EXPECT_TRUE((*opened)->info()->identity.same_file(file->identity));
  EXPECT_EQ((*opened)->info()->modified, file->modified);
}

TYPED_TEST(DirectoryContract, CreateNeverOpensWhatIsThere) {
  const auto root = this->open_root();
  this->make(*root, "a", "kept");
  ASSERT_TRUE(root->make_directory("d"));
  for (const char* name : {"a", "d"}) {
    EXPECT_EQ(root->create(name).error().code, ErrorCode::kExists) << name;
    EXPECT_EQ(root->make_directory(name).error().code, ErrorCode::kExists) << name;
  }
  EXPECT_EQ(this->content_of(*root, "a"), "kept");
}

TYPED_TEST(DirectoryContract, RenameNeverReplaces) {
  const auto root = this->open_root();
  ASSERT_TRUE(root->make_directory("d"));
  const auto other = root->open_directory("d").value();
  this->make(*root, "a", "a");
  this->make(*root, "b", "b");
  this->make(*other, "b", "other");
  EXPECT_EQ(root->rename("a", *root, "b").error().code, ErrorCode::kExists);
  EXPECT_EQ(root->rename("a", *other, "b").error().code, ErrorCode::kExists);
  EXPECT_EQ(root->rename("no", *root, "c").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(root->rename("a", *other, "c"));
  ASSERT_TRUE(root->rename("b", *root, "e"));
  EXPECT_THAT(names_of(*root), UnorderedElementsAre("d", "e"));
  EXPECT_EQ(this->content_of(*other, "b"), "other");
  EXPECT_EQ(this->content_of(*other, "c"), "a");
  EXPECT_TRUE(other->sync());
  EXPECT_TRUE(root->sync());
}

TYPED_TEST(DirectoryContract, OnlyRegularFilesAreOpened) {
  const auto root = this->open_root();
  ASSERT_TRUE(root->make_directory("d"));
  const auto opened = root->open("d");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(opened.error().os_error, 0);
  EXPECT_EQ(root->open("no").error().os_error, ENOENT);
  EXPECT_EQ(root->open_directory("no").error().os_error, ENOENT);
  this->make(*root, "a", "");
  EXPECT_EQ(root->open_directory("a").error().os_error, ENOTDIR);
}

TYPED_TEST(DirectoryContract, ARemovedFileCanBeReadWhileItIsOpen) {
  const auto root = this->open_root();
  this->make(*root, "a", "still here");
  const auto file = root->open("a").value();
  ASSERT_TRUE(root->remove("a"));
  EXPECT_EQ(root->remove("a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(read(*file), "still here");
  EXPECT_EQ(file->info()->identity.names, 0U);
}

TYPED_TEST(DirectoryContract, TellsWhoWrites) {
  const auto root = this->open_root();
  auto writer = root->create("a").value();
  const auto reader = root->open("a").value();
  EXPECT_EQ(reader->writers(), Writers::kSome);
  writer.reset();
  EXPECT_EQ(reader->writers(), Writers::kNone);
}

TYPED_TEST(DirectoryContract, ALaterFileOfTheSameNameIsAnother) {
  const auto root = this->open_root();
  this->make(*root, "a", "one");
  const auto first = root->open("a").value();
  ASSERT_TRUE(root->remove("a"));
  this->make(*root, "a", "two");
  const auto second = root->open("a").value();
  EXPECT_FALSE(first->info()->identity.same_file(second->info()->identity));
  EXPECT_TRUE(first->birth());
}

TYPED_TEST(DirectoryContract, OneAtATimeHasTheLock) {
  const auto one = this->open_root();
  auto two = this->open_root();
  EXPECT_TRUE(one->info()->identity.same_file(two->info()->identity));
  EXPECT_TRUE(one->check_access());
  ASSERT_TRUE(two->lock());
  EXPECT_EQ(one->lock().error().code, ErrorCode::kExists);
  two.reset();
  EXPECT_TRUE(one->lock());
}

class DirectoryPosix : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(std::string_view name) const { return cat(folder_.path(), "/", name); }
  test::TempDir folder_;
  std::unique_ptr<Directory> root_ = posix_directories().open_directory(folder_.path()).value();
};

TEST_F(DirectoryPosix, LinksAreSeenAndNeverFollowed) {
  ASSERT_TRUE(root_->make_directory("d"));
  ASSERT_EQ(::symlink("d", path("folder").c_str()), 0);
  ASSERT_EQ(::symlink("/dev/null", path("device").c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", path("dangling").c_str()), 0);
  for (const char* name : {"folder", "device", "dangling"}) {
    EXPECT_EQ(root_->look(name)->type, FileInfo::Type::kLink) << name;
    EXPECT_EQ(root_->open(name).error().os_error, ELOOP) << name;
    EXPECT_FALSE(root_->open_directory(name)) << name;
    EXPECT_EQ(root_->create(name).error().code, ErrorCode::kExists) << name;
  }
  EXPECT_FALSE(root_->look("nowhere"));
  EXPECT_EQ(posix_directories().look(path("folder"), Directories::Links::kSee)->type, FileInfo::Type::kLink);
  EXPECT_EQ(posix_directories().look(path("folder"), Directories::Links::kFollow)->type, FileInfo::Type::kFolder);
  // But the folder itself may be reached through one.
  EXPECT_TRUE(posix_directories().open_directory(path("folder")));
}

TEST_F(DirectoryPosix, AFifoNeitherHangsNorOpens) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(root_->open("fifo").error().code, ErrorCode::kInvalid);
  EXPECT_EQ(root_->look("fifo")->type, FileInfo::Type::kOther);
}

TEST_F(DirectoryPosix, ARenameDoesNotReplaceALink) {
  ASSERT_TRUE(root_->create("a"));
  ASSERT_EQ(::symlink("nowhere", path("b").c_str()), 0);
  EXPECT_EQ(root_->rename("a", *root_, "b").error().code, ErrorCode::kExists);
  EXPECT_EQ(root_->look("b")->type, FileInfo::Type::kLink);
}

TEST_F(DirectoryPosix, WhatItMakesIsForItsUserAlone) {
  ASSERT_TRUE(root_->create("a"));
  ASSERT_TRUE(root_->make_directory("d"));
  struct stat info {};
  ASSERT_EQ(::lstat(path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07077U, 0U);
  ASSERT_EQ(::lstat(path("d").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07077U, 0U);
}

TEST_F(DirectoryPosix, ItIsTheFolderThatWasOpenedWhateverItIsCalled) {
  ASSERT_TRUE(root_->make_directory("d"));
  const auto held = root_->open_directory("d").value();
  ASSERT_EQ(::rename(path("d").c_str(), path("old").c_str()), 0);
  ASSERT_EQ(::mkdir(path("d").c_str(), 0700), 0);
  ASSERT_TRUE(held->create("a"));
  EXPECT_EQ(::access(path("old/a").c_str(), F_OK), 0);
  EXPECT_FALSE(
      held->info()->identity.same_file(posix_directories().look(path("d"), Directories::Links::kSee)->identity));
}

TEST(DirectoryInMemoryTest, AFolderThatWasNotSyncedMayBeLostWithAllInIt) {
  for (const bool synced : {false, true}) {
    FaultFileSystem fs;
    ASSERT_TRUE(fs.make_directories("/s"));
    const auto root = static_cast<Directories&>(fs).open_directory("/s").value();
    ASSERT_TRUE(root->make_directory("d"));
    const auto inner = root->open_directory("d").value();
    const auto file = inner->create("f").value();
    ASSERT_TRUE(write(*file, 0, "x"));
    ASSERT_TRUE(file->sync_data());
    ASSERT_TRUE(inner->sync());
    ASSERT_TRUE(!synced || root->sync());
    const auto before = fs.snapshot();
    bool lost = false;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
      fs.restore(before);
      SeededRandom random(seed);
      fs.crash(random);
      lost = lost || !fs.exists("/s/d/f");
    }
    EXPECT_EQ(lost, !synced);
  }
}

}  // namespace
}  // namespace respand::fs
