// A socket whose file was taken away gets it back.

#include "respand/net/path_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/sockets/bench.h"
#include "tests/support/socket.h"

namespace respand::sockets::test {
namespace {

bool is_socket(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

class SocketFile : public Bench {
 protected:
  void open_listeners() {
    settings.datagram_path = folder / "datagrams";
    open();
    intake.at_once = true;
    quiet();
  }
  // A new writer's record comes in.
  void expect_found() {
    const std::size_t before = intake.payloads.size();
    test::Peer peer;
    until([&] {
      peer = connect();
      return peer.connected();
    });
    send(peer, "{\"a\":1}\n");
    until([&] { return intake.payloads.size() == before + 1; });
    EXPECT_EQ(listeners->lost(), "");
  }
};

TEST_F(SocketFile, RemovedItIsMadeAnewAndWhoIsConnectedStays) {
  open_listeners();
  test::Peer old = connect();
  say(old, "{\"a\":1}\n");
  for (int n = 0; n < 3; ++n) {
    ASSERT_EQ(::unlink(settings.socket_path.c_str()), 0);
    expect_found();
  }
  struct stat info {};
  ASSERT_EQ(::lstat(settings.socket_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, settings.mode);
  say(old, "{\"a\":2}\n");
  EXPECT_EQ(intake.payloads.size(), 5U);
  EXPECT_FALSE(old.ended());
}

TEST_F(SocketFile, WhoWaitedToBeAcceptedIsTakenIn) {
  open_listeners();
  test::Peer waiting = connect();
  waiting.send_some("{\"a\":1}\n");
  ASSERT_EQ(::unlink(settings.socket_path.c_str()), 0);
  expect_found();
  until([&] { return intake.payloads.size() == 2; });
}

TEST_F(SocketFile, MovedAwayOrReplacedItIsMadeAnew) {
  open_listeners();
  std::filesystem::rename(settings.socket_path, folder / "elsewhere");
  expect_found();
  // A socket that a dead process left there.
  const UniqueFd stale = respand::test::bound_unix_socket(folder / "stale");
  std::filesystem::rename(folder / "stale", settings.socket_path);
  expect_found();
}

TEST_F(SocketFile, WhatStandsInItsPlaceIsLeftAloneUntilItIsGone) {
  open_listeners();
  ASSERT_EQ(::unlink(settings.socket_path.c_str()), 0);
  std::ofstream(settings.socket_path) << "mine";
  until([&] { return !listeners->lost().empty(); });
  EXPECT_NE(listeners->lost().find("is not a socket"), std::string::npos) << listeners->lost();
  EXPECT_EQ(std::filesystem::file_size(settings.socket_path), 4U);
  std::filesystem::remove(settings.socket_path);
  expect_found();
}

TEST_F(SocketFile, TheDatagramSocketToo) {
  open_listeners();
  ASSERT_EQ(::unlink(settings.datagram_path.c_str()), 0);
  until([&] { return is_socket(settings.datagram_path); });
  ASSERT_TRUE(respand::test::send_datagram(settings.datagram_path, "{\"a\":1}"));
  until([&] { return intake.payloads.size() == 1; });
}

TEST_F(SocketFile, AStopMakesNothingAnew) {
  open_listeners();
  bool stopped = false;
  listeners->stop([&] { stopped = true; });
  until([&] { return stopped; });
  quiet();
  EXPECT_FALSE(std::filesystem::exists(settings.socket_path));
}

}  // namespace
}  // namespace respand::sockets::test
