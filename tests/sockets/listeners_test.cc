// The listeners of the intake: which sockets they take, who may connect, and what happens where there is no place.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "respand/base/text.h"
#include "respand/net/bind.h"
#include "tests/sockets/bench.h"

namespace respand::sockets::test {
namespace {

namespace stdfs = std::filesystem;
using Strings = std::vector<std::string>;

class Listeners : public Bench {
 protected:
  static Result<net::UnixSocket> bind(const std::string& path, net::SocketType type = net::SocketType::kStream) {
    return net::UnixSocket::bind(path, type, 0660, {});
  }
};

TEST_F(Listeners, ALiveSocketIsNeverReplaced) {
  open();
  const auto again = bind(settings.socket_path);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
  EXPECT_NE(again.error().message.find(cat("process ", ::getpid())), std::string::npos) << again.error().message;
  EXPECT_FALSE(bind(settings.socket_path, net::SocketType::kDatagram).has_value()) << "also as another type";
  quiet();
  Peer peer = connect();
  say(peer, "{\"a\":1}\n");
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});
}

TEST_F(Listeners, ALiveSocketWithAFullQueueIsNeverReplaced) {
  open();  // The loop doesn't run, so nobody is accepted.
  std::vector<Peer> queue;
  do {
    queue.push_back(connect());
  } while (queue.back().connected() && queue.size() < 10'000);
  const auto again = bind(settings.socket_path);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kExists);
}

TEST_F(Listeners, AllowedUsersAndOthers) {
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

TEST_F(Listeners, OneConnectionTooMany) {
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

TEST_F(Listeners, WithoutDescriptorsTheLoopDoesNotSpin) {
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

TEST_F(Listeners, SocketsThatWereHandedOver) {
  auto stream = bind(folder / "handed");
  auto datagram = bind(folder / "handed.d", net::SocketType::kDatagram);
  ASSERT_TRUE(stream.has_value() && datagram.has_value());
  settings.socket_path.clear();
  settings.socket_fd = stream->take_fd().release();
  settings.datagram_fd = datagram->take_fd().release();
  open();
  Peer peer = Peer::connect_unix(folder / "handed");
  say(peer, "{\"a\":1}\n");
  EXPECT_EQ(intake.payloads, Strings{"{\"a\":1}"});
  run_until_quiet();
  bool done = false;
  listeners->stop([&] { done = true; });
  until([&] { return done; });
  EXPECT_TRUE(stdfs::exists(folder / "handed")) << "the path is not ours";
}

TEST_F(Listeners, NotEveryDescriptorWillDo) {
  settings.socket_path.clear();
  settings.socket_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_FALSE(SocketIntake(loop, settings, intake, registry, clock).start().has_value());
  settings.socket_fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);  // does not listen
  EXPECT_FALSE(SocketIntake(loop, settings, intake, registry, clock).start().has_value());
  settings.socket_fd.reset();
  settings.datagram_fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(SocketIntake(loop, settings, intake, registry, clock).start().has_value());
}

TEST_F(Listeners, AllListenersOpenOrNone) {
  settings.datagram_path = folder / "missing/deep/d";
  SocketIntake intake_of_none(loop, settings, intake, registry, clock);
  EXPECT_FALSE(intake_of_none.start().has_value());
  EXPECT_FALSE(stdfs::exists(settings.socket_path));
}

}  // namespace
}  // namespace respand::sockets::test
