// A spool directory among mounts: one that can't be written to, and a rejected/ of another file system. Mounts are seen
// by this thread and what it starts only.

#include <gtest/gtest.h>

#include <sys/mount.h>

#include <filesystem>

#include "tests/integration/daemon.h"
#include "tests/support/compress.h"
#include "tests/support/small_disk.h"

namespace respand::test {
namespace {

// Something mounted for as long as it lives. Requires: a SmallDisk has taken this thread to a mount namespace of its
// own.
class Mount {
 public:
  Mount(const std::string& what, std::string where, const char* type, unsigned long flags)
      : where_(std::move(where)), done_(::mount(what.c_str(), where_.c_str(), type, flags, nullptr) == 0) {
    EXPECT_TRUE(done_) << where_;
  }
  ~Mount() { ::umount2(where_.c_str(), MNT_DETACH); }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  [[nodiscard]] bool again(unsigned long flags) const {
    return ::mount(nullptr, where_.c_str(), nullptr, flags, nullptr) == 0;
  }

 private:
  const std::string where_;
  const bool done_;
};

TEST(SpoolMounts, RejectedOnAnotherFileSystemKeepsWhatIsRefused) {
  const SmallDisk disk(SmallDisk::Kind::kTmpfs, mebibytes(1));
  SKIP_WITHOUT(disk);
  SinkServer sink;
  Daemon daemon(sink.url());
  const std::string folder = daemon.spool_path() + "/rejected";
  std::filesystem::create_directory(folder);
  const Mount mount("tmpfs", folder, "tmpfs", 0);
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string packed = gzipped(record(1) + "\n{bad\n");
  write_file(daemon.spool_path() + "/.a", packed);
  std::filesystem::rename(daemon.spool_path() + "/.a", daemon.spool_path() + "/a.ndjson.gz");
  write_file(daemon.spool_path() + "/b.ndjson", record(2) + "\n{bad\n");
  ASSERT_TRUE(sink.wait_for_records(2));
  ASSERT_TRUE(eventually([&] { return names_in(daemon.spool_path()) == std::vector<std::string>{"rejected"}; }))
      << daemon.process().err();
  EXPECT_EQ(names_in(folder),
            (std::vector<std::string>{"a.ndjson.gz", "a.ndjson.gz.errors", "b.ndjson", "b.ndjson.errors"}));
  EXPECT_EQ(read_file(folder + "/a.ndjson.gz"), packed);
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

// No file can be removed from it: its records are delivered once, sockets work, and the daemon reports the problem.
TEST(SpoolMounts, AReadOnlyDirectoryHoldsUpNobody) {
  const SmallDisk disk(SmallDisk::Kind::kTmpfs, mebibytes(1));
  SKIP_WITHOUT(disk);
  SinkServer sink;
  Daemon daemon(sink.url());
  write_file(daemon.spool_path() + "/a.json", record(1));
  const Mount mount(daemon.spool_path(), daemon.spool_path(), nullptr, MS_BIND);
  ASSERT_TRUE(mount.again(MS_REMOUNT | MS_BIND | MS_RDONLY));
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  EXPECT_EQ(daemon.send_acknowledged(record(2) + "\n").back(), R"({"durable":1})");
  ASSERT_TRUE(sink.wait_for_records(1));
  Process status(RESPAND_BINARY, {"status", "--config", daemon.config_path()});
  ASSERT_TRUE(status.wait());
  EXPECT_NE(status.out().find(daemon.spool_path()), std::string::npos) << status.out();
  EXPECT_NE(status.out().find("Read-only file system"), std::string::npos) << status.out();
  EXPECT_EQ(daemon.page("/readyz").status(), 200);
  ASSERT_TRUE(mount.again(MS_REMOUNT | MS_BIND));
  EXPECT_TRUE(eventually([&] { return names_in(daemon.spool_path()).empty(); }, std::chrono::minutes{3}))
      << daemon.process().err();
  EXPECT_TRUE(sink.wait_for_records(2));
  EXPECT_TRUE(daemon.wait_for_metric("respand_backlog_records", 0));
  EXPECT_EQ(sink.records(), 2U) << "each once";
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
