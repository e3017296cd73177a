#include "respand/http1/reason_phrase.h"

#include <gtest/gtest.h>

namespace respand::http1 {
namespace {

TEST(ReasonPhrase, EveryStatusHasWords) {
  EXPECT_EQ(reason_phrase(100), "Continue");
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(421), "Misdirected Request");
  EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
  EXPECT_EQ(reason_phrase(299), "Success");
  EXPECT_EQ(reason_phrase(430), "Client Error");
  EXPECT_EQ(reason_phrase(599), "Server Error");
  EXPECT_EQ(reason_phrase(0), "Unknown");
  EXPECT_EQ(reason_phrase(1000), "Unknown");
}

}  // namespace
}  // namespace respand::http1
