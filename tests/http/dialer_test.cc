// A connection to whichever address answers first.

#include "http/dialer.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstring>

#include "http/server_access.h"
#include "respand/base/clock.h"
#include "respand/base/lookup.h"
#include "tests/support/patience.h"
#include "tests/support/port.h"

namespace respand::http {
namespace {

constexpr std::chrono::milliseconds kWait{20'000};  // a net below a test that hangs

class DialerTest : public testing::Test {
 protected:
  DialerTest() : reserved_(test::reserve_port(closed_)), listener_(test::reserve_port(open_)) {
    EXPECT_EQ(::listen(listener_.get(), 5), 0);
  }
  static SocketAddresses at(std::uint16_t port) { return *Lookup::numeric("127.0.0.1", port); }
  static SocketAddresses both(SocketAddresses first, const SocketAddresses& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  }
  // Passes on what the sockets say until there is a connection, or none can be.
  UniqueFd run(Dialer& dialer) {
    for (;;) {
      for (const epoll_event& news : poller_.wait(kWait)) {
        EXPECT_TRUE(dialer.owns(news.data.fd));
        dialer.on_event(news.data.fd, now_);
      }
      UniqueFd fd = dialer.take();
      if (fd || dialer.failed()) {
        return fd;
      }
    }
  }

  const MonoTime now_ = system_clock().mono();
  Poller poller_;
  std::uint16_t closed_ = 0;
  std::uint16_t open_ = 0;
  UniqueFd reserved_;
  UniqueFd listener_;
};

TEST_F(DialerTest, TakesTheNextAddressWhereOneRefuses) {
  Dialer dialer(both(at(closed_), at(open_)), poller_, now_);
  EXPECT_EQ(dialer.due(), now_ + Dialer::kHeadStart);
  EXPECT_TRUE(run(dialer));
}

TEST_F(DialerTest, SaysWhyWhereAllRefuse) {
  Dialer dialer(both(at(closed_), at(closed_)), poller_, now_);
  EXPECT_FALSE(run(dialer));
  EXPECT_TRUE(dialer.failed());
  EXPECT_EQ(dialer.why(), "Connection refused");
  EXPECT_EQ(dialer.due(), MonoTime::max());
}

TEST_F(DialerTest, NoAddressIsAFailure) {
  const Dialer dialer({}, poller_, now_);
  EXPECT_TRUE(dialer.failed());
}

// Nobody answers at a listener whose queue is full.
TEST_F(DialerTest, TheNextAddressIsTriedBesideOneThatSaysNothing) {
  std::uint16_t silent = 0;
  const UniqueFd full = test::reserve_port(silent);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  Dialer filler(at(silent), poller_, now_);
  ASSERT_TRUE(run(filler));
  Dialer dialer(both(at(silent), at(open_)), poller_, now_);
  EXPECT_EQ(dialer.due(), now_ + Dialer::kHeadStart);
  dialer.on_timer(now_ + Dialer::kHeadStart - Duration{1});
  EXPECT_EQ(dialer.due(), now_ + Dialer::kHeadStart);
  dialer.on_timer(now_ + Dialer::kHeadStart);
  EXPECT_EQ(dialer.due(), MonoTime::max()) << "there is no third";
  const UniqueFd fd = run(dialer);
  ASSERT_TRUE(fd);
}

// The words of the look-up stand behind those that libcurl begins with.
TEST(ServerAccessTest, ANameOfNobodySaysSo) {
  const std::string host = "a name.with a space";
  Lookup lookup(host, 443);
  Poller poller;
  poller.watch(lookup.fd(), EPOLLIN);
  ASSERT_EQ(poller.wait(kWait).size(), 1U);
  const auto found = lookup.take();
  ASSERT_TRUE(found);
  ASSERT_FALSE(*found);
  EXPECT_NE(ServerAccess::unresolved(host, found->error().message).find("Could not resolve host: a name"),
            std::string::npos);
}

}  // namespace
}  // namespace respand::http
