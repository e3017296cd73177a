// What the log is told of the circuit: a line a minute at most, each cause of a pause, and the end of what it has heard
// of.

#include "delivery/circuit_notices.h"
#include "tests/delivery/start.h"

#include <gtest/gtest.h>

#include <string>

namespace respand::delivery {
namespace {

using std::chrono::seconds;

const Cause kWrongKey{.status = 401};
const Cause kWrongPath{.status = 404};

// The event that is to be written; "" for none.
std::string said(CircuitNotices& notices) {
  const Notice notice = notices.take();
  return notice.event == nullptr ? "" : notice.event;
}

TEST(CircuitNoticesTest, ALineIsTakenOnce) {
  CircuitNotices notices;
  EXPECT_EQ(said(notices), "");
  notices.opened("503: busy", seconds{2}, kStart);
  const Notice notice = notices.take();
  EXPECT_STREQ(notice.event, "the API fails, delivery goes on with single probes");
  EXPECT_EQ(notice.level, log::Level::kWarning);
  EXPECT_EQ(notice.why, "503: busy");
  EXPECT_EQ(notice.wait, seconds{2});
  EXPECT_EQ(said(notices), "");
}

TEST(CircuitNoticesTest, HoldsAndOutagesAreSaidOnceAMinuteEach) {
  CircuitNotices notices;
  notices.held("429", seconds{1}, kStart);
  EXPECT_NE(said(notices), "");
  notices.opened("503", seconds{1}, kStart);
  EXPECT_NE(said(notices), "") << "they do not hold each other back";
  for (const Duration after : {seconds{0}, seconds{59}}) {
    notices.held("429", seconds{1}, kStart + after);
    notices.opened("503", seconds{1}, kStart + after);
    EXPECT_EQ(said(notices), "");
  }
  notices.held("429", seconds{1}, kStart + seconds{60});
  EXPECT_NE(said(notices), "");
}

TEST(CircuitNoticesTest, APauseIsSaidForEachCauseAndEachTime) {
  CircuitNotices notices;
  notices.paused(kWrongKey, false, "401", seconds{1});
  EXPECT_EQ(notices.take().level, log::Level::kError);
  notices.paused(kWrongKey, true, "401", seconds{2});
  EXPECT_EQ(said(notices), "") << "the same again";
  notices.paused(kWrongPath, true, "404", seconds{4});
  EXPECT_NE(said(notices), "");
  notices.paused(kWrongPath, false, "404", seconds{1});
  EXPECT_NE(said(notices), "") << "another pause";
}

TEST(CircuitNoticesTest, TheEndIsSaidOfWhatWasSaid) {
  CircuitNotices notices;
  notices.resumed("");
  EXPECT_EQ(said(notices), "");
  notices.held("429", seconds{1}, kStart);
  static_cast<void>(said(notices));
  notices.resumed("429");
  EXPECT_EQ(said(notices), "") << "a hold is no outage";
  notices.opened("503", seconds{1}, kStart);
  notices.resumed("503");
  EXPECT_EQ(said(notices), "delivery resumed");
  notices.resumed("503");
  EXPECT_EQ(said(notices), "") << "once";
  notices.opened("503", seconds{1}, kStart + seconds{1});  // held back
  notices.resumed("503");
  EXPECT_EQ(said(notices), "") << "the log has not heard of it";
}

}  // namespace
}  // namespace respand::delivery
