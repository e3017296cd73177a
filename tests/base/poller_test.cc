// The poller: which descriptors end a wait, over the turns in which libcurl does not ask about them.

#include "respand/base/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace respand {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAtOnce{0};
constexpr milliseconds kLongEnough{20'000};

class PollerTest : public testing::Test {
 protected:
  // A connected pair; the first is the poller's.
  void connect() {
    int ends[2] = {};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    near_ = UniqueFd(ends[0]);
    far_ = UniqueFd(ends[1]);
    poller_.opened(near_.get());
  }
  void close() {
    poller_.closed(near_.get());
    near_ = UniqueFd();
    far_ = UniqueFd();
  }
  void send() { ASSERT_EQ(::write(far_.get(), "x", 1), 1); }
  void receive() {
    char byte = 0;
    ASSERT_EQ(::read(near_.get(), &byte, 1), 1);
  }
  [[nodiscard]] bool has_news(milliseconds longest) {
    const auto news = poller_.wait(longest);
    EXPECT_LE(news.size(), 1U);
    return !news.empty() && news.front().data.fd == near_.get() && (news.front().events & EPOLLIN) != 0;
  }

  Poller poller_;
  UniqueFd near_;
  UniqueFd far_;
};

TEST_F(PollerTest, HearsOfASocketWhileItIsWatched) {
  connect();
  poller_.watch(near_.get(), EPOLLIN);
  EXPECT_FALSE(has_news(kAtOnce));
  send();
  EXPECT_TRUE(has_news(kLongEnough));
  receive();
  poller_.forget(near_.get());
  send();
  EXPECT_FALSE(has_news(kLongEnough)) << "the wait ends once, and the socket leaves the set";
  EXPECT_FALSE(has_news(kAtOnce));
  poller_.watch(near_.get(), EPOLLIN);
  EXPECT_TRUE(has_news(kLongEnough)) << "what came meanwhile is still there";
}

TEST_F(PollerTest, ASocketThatIsForgottenAndWatchedAgainIsHeard) {
  connect();
  for (int request = 0; request < 3; ++request) {
    poller_.watch(near_.get(), EPOLLIN);
    send();
    EXPECT_TRUE(has_news(kLongEnough));
    receive();
    poller_.forget(near_.get());
    EXPECT_FALSE(has_news(kAtOnce));
  }
}

TEST_F(PollerTest, OnlyTheEventsThatAreWatchedEndAWait) {
  connect();
  poller_.watch(near_.get(), EPOLLIN | EPOLLOUT);
  EXPECT_EQ(poller_.wait(kLongEnough).size(), 1U) << "it can be written to";
  poller_.watch(near_.get(), EPOLLIN);
  EXPECT_TRUE(poller_.wait(kAtOnce).empty());
  poller_.watch(near_.get(), EPOLLOUT);
  poller_.forget(near_.get());
  EXPECT_TRUE(poller_.wait(kAtOnce).empty());
}

// The system gives the number of a closed socket to the next one.
TEST_F(PollerTest, ANewSocketUnderAnOldNumberIsHeard) {
  connect();
  const int number = near_.get();
  poller_.watch(number, EPOLLIN);
  poller_.forget(number);
  close();
  connect();
  ASSERT_EQ(near_.get(), number);
  poller_.watch(number, EPOLLIN);
  send();
  EXPECT_TRUE(has_news(kLongEnough));
}

// libcurl closes descriptors of its own (a resolver's) without a word.
TEST_F(PollerTest, ADescriptorThatNobodyAnnouncesIsPutInAnewEachTime) {
  connect();
  poller_.closed(near_.get());  // as if it had never been announced
  const int number = near_.get();
  for (int round = 0; round < 2; ++round) {
    poller_.watch(number, EPOLLIN);
    send();
    EXPECT_TRUE(has_news(kLongEnough));
    near_ = UniqueFd();
    int ends[2] = {};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    near_ = UniqueFd(ends[0]);
    far_ = UniqueFd(ends[1]);
    ASSERT_EQ(near_.get(), number);
  }
}

TEST_F(PollerTest, AWakeUpEndsTheWaitWithoutNews) {
  connect();
  poller_.watch(near_.get(), EPOLLIN);
  poller_.wake();
  EXPECT_TRUE(poller_.wait(std::chrono::hours{1}).empty());
}

}  // namespace
}  // namespace respand
