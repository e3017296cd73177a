// A multi handle and its events: a transfer runs to its end by what it says that it waits for.

#include "http/multi_handle.h"

#include <gtest/gtest.h>

#include "http/easy_handle.h"
#include "respand/http/client.h"

namespace respand::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{20'000};  // a net below a test that hangs

// A request to a port that nobody listens at.
EasyHandle refused() {
  EasyHandle easy(::curl_easy_init());
  ::curl_easy_setopt(easy.get(), CURLOPT_URL, "http://127.0.0.1:1/");
  ::curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  ::curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  return easy;
}

class MultiHandleTest : public testing::Test {
 protected:
  void SetUp() override { start_library(); }
  // Does what the handle waits for until a transfer has ended.
  static std::optional<MultiHandle::Ended> run(MultiHandle& multi) {
    const Clock& clock = system_clock();
    for (const MonoTime until = clock.mono() + kPatience; clock.mono() < until;) {
      const MonoTime now = clock.mono();
      if (multi.timer() <= now) {
        EXPECT_EQ(multi.act_on_timer(), CURLM_OK);
      } else {
        const Duration left = std::min(multi.timer(), until) - now;
        for (const epoll_event& news : multi.wait(std::chrono::ceil<milliseconds>(left))) {
          EXPECT_EQ(multi.act(news), CURLM_OK);
        }
      }
      if (auto ended = multi.take_ended()) {
        return ended;
      }
    }
    return std::nullopt;
  }
};

TEST_F(MultiHandleTest, IdleItWaitsForNothingAndHearsAWakeUp) {
  MultiHandle multi(system_clock());
  EXPECT_EQ(multi.timer(), MonoTime::max());
  EXPECT_FALSE(multi.take_ended());
  multi.wake();
  EXPECT_TRUE(multi.wait(std::chrono::hours{1}).empty()) << "and would not end without it";
}

TEST_F(MultiHandleTest, ATransferBeginsWithATimerAndEndsOnce) {
  MultiHandle multi(system_clock());
  const EasyHandle easy = refused();
  ASSERT_EQ(multi.add(easy.get()), CURLM_OK);
  EXPECT_LE(multi.timer(), system_clock().mono()) << "at once";
  const auto ended = run(multi);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->easy, easy.get());
  EXPECT_EQ(ended->code, CURLE_COULDNT_CONNECT);
  EXPECT_FALSE(multi.take_ended());
  multi.remove(easy.get());
}

TEST_F(MultiHandleTest, RenewedItIsIdleAndKeepsItsLimit) {
  MultiHandle multi(system_clock());
  multi.set_connections(3);
  const EasyHandle easy = refused();
  ASSERT_EQ(multi.add(easy.get()), CURLM_OK);
  multi.remove(easy.get());
  multi.renew();
  EXPECT_EQ(multi.timer(), MonoTime::max());
  EXPECT_EQ(multi.connections(), 3U);
  ASSERT_EQ(multi.add(easy.get()), CURLM_OK);
  EXPECT_TRUE(run(multi));
  multi.remove(easy.get());
}

}  // namespace
}  // namespace respand::http
