// Paths, modes and owners of sockets, and who may connect.

#include "ingest/bind.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "respand/base/text.h"
#include "tests/ingest/bench.h"

namespace respand::ingest::test {
namespace {

namespace stdfs = std::filesystem;
using Strings = std::vector<std::string>;

std::uint32_t mode_of(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777U : 0;
}

std::size_t entries(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(stdfs::directory_iterator(folder), stdfs::directory_iterator()));
}

// A socket file that nobody listens on, as a killed process leaves it.
void leave_socket(const std::string& path, int type = SOCK_STREAM) {
  const UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

class Bind : public Bench {
 protected:
  static Result<UnixSocket> bind(const std::string& path, std::uint32_t mode = 0660,
                                 SocketType type = SocketType::kStream, const std::string& group = {}) {
    return UnixSocket::bind(path, type, mode, group);
  }
};

TEST_F(Bind, ModeIsExactWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{0077}, mode_t{0777}}) {
    const mode_t before = ::umask(mask);
    for (const std::uint32_t mode : {0600U, 0660U, 0666U, 0622U}) {
      const auto socket = bind(folder.path("s"), mode);
      ASSERT_TRUE(socket.has_value()) << socket.error().message;
      EXPECT_EQ(mode_of(folder.path("s")), mode);
    }
    ::umask(before);
  }
  EXPECT_EQ(entries(folder.path()), 0U) << "each was removed, and no temporary name is left";
}

TEST_F(Bind, AStaleSocketIsReplaced) {
  leave_socket(folder.path("s"));
  EXPECT_TRUE(bind(folder.path("s")).has_value());
  leave_socket(folder.path("d"), SOCK_DGRAM);
  EXPECT_TRUE(bind(folder.path("d"), 0660, SocketType::kDatagram).has_value());
}

TEST_F(Bind, ALiveSocketIsNeverReplaced) {
  open();
  const auto again = bind(settings.socket_path);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
  EXPECT_NE(again.error().message.find(cat("process ", ::getpid())), std::string::npos) << again.error().message;
  EXPECT_FALSE(bind(settings.socket_path, 0660, SocketType::kDatagram).has_value()) << "also as another type";
  quiet();
  Peer peer = connect();
  say(peer, "{\"a\":1}\n");
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});
}

TEST_F(Bind, ALiveSocketWithAFullQueueIsNeverReplaced) {
  open();  // The loop doesn't run, so nobody is accepted.
  std::vector<Peer> queue;
  do {
    queue.push_back(connect());
  } while (queue.back().connected() && queue.size() < 10'000);
  const auto again = bind(settings.socket_path);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
}

TEST_F(Bind, ALiveDatagramSocketIsNeverReplaced) {
  const auto first = bind(folder.path("d"), 0660, SocketType::kDatagram);
  ASSERT_TRUE(first.has_value());
  const auto again = bind(folder.path("d"), 0660, SocketType::kDatagram);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
}

TEST_F(Bind, WhatIsNoSocketIsLeftAlone) {
  std::ofstream(folder.path("file")) << "precious";
  stdfs::create_directory(folder.path("folder"));
  stdfs::create_symlink(folder.path("file"), folder.path("link"));
  stdfs::create_symlink(folder.path("nowhere"), folder.path("dangling"));
  for (const std::string_view name : {"file", "folder", "link", "dangling"}) {
    const auto socket = bind(folder.path(name));
    ASSERT_FALSE(socket.has_value()) << name;
    EXPECT_EQ(socket.error().code, ErrorCode::kExists) << name;
  }
  EXPECT_EQ(stdfs::file_size(folder.path("file")), 8U);
  EXPECT_EQ(entries(folder.path()), 4U);
}

TEST_F(Bind, OnlyTheLastFolderIsMade) {
  {
    const auto socket = bind(folder.path("run/s"));
    ASSERT_TRUE(socket.has_value()) << socket.error().message;
    EXPECT_EQ(mode_of(folder.path("run")) & 0700U, 0700U);
  }
  const auto deep = bind(folder.path("a/b/s"));
  ASSERT_FALSE(deep.has_value());
  EXPECT_EQ(deep.error().code, ErrorCode::kNotFound);
  EXPECT_NE(deep.error().message.find(folder.path("a/b")), std::string::npos) << deep.error().message;
  std::ofstream(folder.path("file")) << "x";
  EXPECT_FALSE(bind(folder.path("file/s")).has_value());
}

TEST_F(Bind, PathsUpToTheSystemsLimit) {
  const std::string room(kMaxSocketPath, 'n');
  const auto of_size = [&](std::size_t size) { return folder.path(room).substr(0, size); };
  for (const std::size_t size : {kMaxSocketPath - 1, kMaxSocketPath}) {
    const auto socket = bind(of_size(size));
    EXPECT_TRUE(socket.has_value()) << size << socket.error().message;
  }
  const auto longer = bind(of_size(kMaxSocketPath + 1));
  ASSERT_FALSE(longer.has_value());
  EXPECT_EQ(longer.error().code, ErrorCode::kInvalid);
  EXPECT_NE(longer.error().message.find("107"), std::string::npos) << longer.error().message;
  // The temporary name is not longer than the path, also where the name is short and the folder is deep.
  const std::string deep = folder.path(std::string(kMaxSocketPath - folder.path().size() - 4, 'd'));
  stdfs::create_directory(deep);
  EXPECT_TRUE(bind(deep + "/s").has_value());
  EXPECT_FALSE(bind("").has_value());
  EXPECT_FALSE(bind(folder.path("x/")).has_value());
}

TEST_F(Bind, RemovedOnlyIfItIsStillOurs) {
  {
    const auto socket = bind(folder.path("s"));
    ASSERT_TRUE(socket.has_value());
    stdfs::remove(folder.path("s"));
    leave_socket(folder.path("s"));
  }
  EXPECT_TRUE(stdfs::exists(folder.path("s")));
}

TEST_F(Bind, Groups) {
  const auto nobody = bind(folder.path("s"), 0660, SocketType::kStream, "no-such-group");
  ASSERT_FALSE(nobody.has_value());
  EXPECT_EQ(nobody.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(entries(folder.path()), 0U) << "nothing is left behind";
  const group* const own = ::getgrgid(::getgid());
  ASSERT_NE(own, nullptr);
  const auto socket = bind(folder.path("s"), 0640, SocketType::kStream, own->gr_name);
  ASSERT_TRUE(socket.has_value()) << socket.error().message;
  EXPECT_EQ(mode_of(folder.path("s")), 0640U);
}

TEST_F(Bind, AllowedUsersAndOthers) {
  settings.access.uids = {::getuid() + 1};
  open();
  Peer stranger = connect();
  quiet();
  EXPECT_TRUE(stranger.ended());
  EXPECT_EQ(metric("respand_connections_refused_total{reason=\"not_allowed\"}"), 1);
  listeners.reset();
  settings.access.uids = {::getuid() + 1, ::getuid()};
  open();
  Peer peer = connect();
  say(peer, "{\"a\":1}\n");
  EXPECT_EQ(intake.payloads.size(), 1U);
}

TEST_F(Bind, OneConnectionTooMany) {
  settings.connections = {.most = 3, .per_user = 3};
  open();
  std::vector<Peer> peers;
  for (int i = 0; i < 4; ++i) {
    peers.push_back(connect());
    quiet();
    EXPECT_EQ(peers.back().ended(), i == 3) << i;
  }
  EXPECT_EQ(metric("respand_connections{input=\"socket\"}"), 3);
  peers[0].close();
  quiet();
  Peer next = connect();
  say(next, "{\"a\":1}\n");
  EXPECT_EQ(intake.payloads.size(), 1U);
  EXPECT_EQ(metric("respand_connections_refused_total{reason=\"too_many\"}"), 1);
}

TEST_F(Bind, WithoutDescriptorsTheLoopDoesNotSpin) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "UBSan's check of objects opens a pipe, and calls every object bad where it can't";
#endif
  open();
  Peer peer = connect();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(peer.fd()) + 1;
  std::vector<UniqueFd> fillers;
  do {
    fillers.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  } while (fillers.back().get() >= 0 && fillers.back().get() < peer.fd());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  quiet();  // Would not end.
  EXPECT_GE(metric("respand_connections_refused_total{reason=\"no_descriptor\"}"), 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  fillers.clear();
  send(peer, "{\"a\":1}\n");
  until([&] { return !intake.payloads.empty(); });
}

TEST_F(Bind, SocketsThatWereHandedOver) {
  auto stream = bind(folder.path("handed"));
  auto datagram = bind(folder.path("handed.d"), 0660, SocketType::kDatagram);
  ASSERT_TRUE(stream.has_value() && datagram.has_value());
  settings.socket_path.clear();
  settings.socket_fd = stream->take_fd().release();
  settings.datagram_fd = datagram->take_fd().release();
  open();
  Peer peer = Peer::connect_unix(folder.path("handed"));
  say(peer, "{\"a\":1}\n");
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});
  run_until_quiet();
  bool done = false;
  listeners->stop([&] { done = true; });
  until([&] { return done; });
  EXPECT_TRUE(stdfs::exists(folder.path("handed"))) << "the path is not ours";
}

TEST_F(Bind, NotEveryDescriptorWillDo) {
  settings.socket_path.clear();
  settings.socket_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_FALSE(SocketIntake(loop, settings, intake, registry, clock).start().has_value());
  settings.socket_fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);  // does not listen
  EXPECT_FALSE(SocketIntake(loop, settings, intake, registry, clock).start().has_value());
  settings.socket_fd.reset();
  settings.datagram_fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(SocketIntake(loop, settings, intake, registry, clock).start().has_value());
}

TEST_F(Bind, AllListenersOpenOrNone) {
  settings.datagram_path = folder.path("missing/deep/d");
  SocketIntake intake_of_none(loop, settings, intake, registry, clock);
  EXPECT_FALSE(intake_of_none.start().has_value());
  EXPECT_FALSE(stdfs::exists(settings.socket_path));
}

}  // namespace
}  // namespace respand::ingest::test
