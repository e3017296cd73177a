// Who is at the other end of a socket, and who may be.

#include "respand/net/peer.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "respand/base/fd.h"

namespace respand::net {
namespace {

TEST(Access, UsersGroupsAndSupplementaryGroups) {
  const Peer peer{1000, 100, {4, 27}};
  EXPECT_TRUE(Access{}.admits(peer));
  EXPECT_TRUE(Access{}.admits(std::nullopt)) << "nobody is asked for";
  EXPECT_TRUE((Access{{1000}, {}}.admits(peer)));
  EXPECT_FALSE((Access{{100}, {}}.admits(peer))) << "a group is no user";
  EXPECT_TRUE((Access{{}, {100}}.admits(peer)));
  EXPECT_TRUE((Access{{}, {1, 27}}.admits(peer)));
  EXPECT_FALSE((Access{{}, {1000}}.admits(peer)));
  EXPECT_TRUE((Access{{7}, {4}}.admits(peer))) << "one of both is enough";
  EXPECT_FALSE((Access{{7}, {}}.admits(std::nullopt)));
}

TEST(Access, TheKernelTellsSupplementaryGroups) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd one(ends[0]);
  const UniqueFd other(ends[1]);
  const auto peer = peer_of(one.get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->uid, ::geteuid());
  std::vector<gid_t> own(static_cast<std::size_t>(::getgroups(0, nullptr)));
  ASSERT_GE(::getgroups(static_cast<int>(own.size()), own.data()), 0);
  EXPECT_EQ(peer->groups, own);
}

}  // namespace
}  // namespace respand::net
