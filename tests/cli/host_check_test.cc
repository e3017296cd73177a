// What `respand check --host` finds on a host, and that it finds nothing where all is well.

#include "cli/host_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "respand/base/text.h"
#include "tests/support/files.h"

namespace respand::cli {
namespace {

using respand::test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HostCheckTest : public testing::Test {
 protected:
  HostCheckTest() {
    for (const char* name : {"journal", "dead", "costs", "run", "spool"}) {
      make(name, 0700);
    }
    config.journal.directory = folder / "journal";
    config.journal.max_size = mebibytes(1);
    config.dead_letters.directory = folder / "dead";
    config.dead_letters.max_size = mebibytes(1);
    config.costs.directory = folder / "costs";
    config.socket.path = folder / "run/respand.sock";
    config.control.path = folder / "run/control.sock";
    config.spool.directory = folder / "spool";
    struct ::stat info {};
    EXPECT_EQ(::stat(folder.path().c_str(), &info), 0);
    // Not root, who may do all: the user that the folders belong to, by another number where that is root.
    owner = info.st_uid;
    group = info.st_gid;
    who = {.name = "respand", .uid = owner == 0 ? ::uid_t{12345} : owner, .groups = {group}};
  }
  void make(std::string_view name, unsigned mode) {
    std::filesystem::create_directory(folder / name);
    EXPECT_EQ(::chmod((folder / name).c_str(), mode), 0);
  }
  // As the owner of the folders sees it.
  std::vector<std::string> as_owner() {
    who.uid = owner;
    return HostCheck(config, who).run();
  }
  std::vector<std::string> as_another() {
    who.uid = owner + 1;
    return HostCheck(config, who).run();
  }

  TempDir folder;
  config::Config config;
  Identity who;
  ::uid_t owner = 0;
  ::gid_t group = 0;
};

TEST_F(HostCheckTest, FindsNothingWhereAllIsWell) {
  EXPECT_THAT(as_owner(), IsEmpty());
  std::filesystem::remove(folder / "journal");
  EXPECT_THAT(as_owner(), IsEmpty()) << "it is made at the start";
}

TEST_F(HostCheckTest, FoldersOfAnother) {
  who.groups = {group + 1};
  const auto found = as_another();
  ASSERT_EQ(found.size(), 6U) << testing::PrintToString(found);
  EXPECT_THAT(found[0], HasSubstr("journal.directory: respand may not write to " + (folder / "journal")));
  EXPECT_THAT(found[0], HasSubstr("sudo chown -R respand"));
  EXPECT_THAT(found[3], HasSubstr("socket.path: respand may not make a socket in"));
  EXPECT_THAT(found[5], HasSubstr("spool.directory: respand may not take files out of"));
  config.journal.directory = folder / "journal/deep/er";
  EXPECT_THAT(as_another()[0], HasSubstr("is not there, and respand may not make it in " + (folder / "journal")));
}

TEST_F(HostCheckTest, FoldersThatAnybodyMayWriteTo) {
  make("journal", 0777);
  EXPECT_THAT(as_owner(), ElementsAre(HasSubstr("journal.directory: others than respand may write to")));
}

TEST_F(HostCheckTest, TheSpoolsModes) {
  make("spool", 0777);
  EXPECT_THAT(as_owner(), ElementsAre(HasSubstr("can remove each other's files (0777): sudo chmod 3770")));
  make("spool", 01770);
  EXPECT_THAT(as_owner(), ElementsAre(HasSubstr("umask 027")));
  make("spool", 03770);
  EXPECT_THAT(as_owner(), IsEmpty());
  who.groups = {group};
  for (const char* name : {"journal", "dead", "costs", "run"}) {
    make(name, 0770);
  }
  EXPECT_THAT(as_another(), testing::Contains(HasSubstr("is sticky (3770) and belongs to")));
}

TEST_F(HostCheckTest, MissingPlaces) {
  config.spool.directory = folder / "nowhere";
  EXPECT_THAT(as_owner(), IsEmpty()) << "off where it is not written and not there";
  config.spool.directory_given = true;
  config.socket.path = folder / "gone/respand.sock";
  EXPECT_THAT(as_owner(), ElementsAre(HasSubstr("socket.path: the folder " + (folder / "gone") + " is not there"),
                                      HasSubstr("spool.directory: " + (folder / "nowhere") + " is not there")));
}

TEST_F(HostCheckTest, AGroupThatIsNotThere) {
  config.socket.group = "no-such-group-at-all";
  EXPECT_THAT(as_owner(), ElementsAre("socket.group: there is no group no-such-group-at-all: sudo groupadd --system "
                                      "no-such-group-at-all"));
}

TEST_F(HostCheckTest, RoomForTheJournal) {
  struct ::statvfs disk {};
  ASSERT_EQ(::statvfs(folder.path().c_str(), &disk), 0);
  config.journal.max_size = Bytes{2 * std::uint64_t{disk.f_blocks} * disk.f_frsize};
  EXPECT_THAT(as_owner(), ElementsAre(HasSubstr("is more than the disk under " + (folder / "journal"))));
}

TEST(Identity, ReadsAMode) {
  const Identity who{.name = "x", .uid = 7, .groups = {8, 9}};
  struct ::stat info {};
  info.st_mode = 0640;
  info.st_uid = 7;
  EXPECT_TRUE(who.may(info, R_OK | W_OK));
  EXPECT_FALSE(who.may(info, X_OK));
  info.st_uid = 1;
  EXPECT_FALSE(who.may(info, R_OK));
  info.st_gid = 9;
  EXPECT_TRUE(who.may(info, R_OK));
  EXPECT_FALSE(who.may(info, W_OK));
  EXPECT_TRUE((Identity{.name = "root", .uid = 0, .groups = {}}).may(info, R_OK | W_OK | X_OK));
}

}  // namespace
}  // namespace respand::cli
