#include "respand/base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace respand {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
int open_one() { return ::dup(STDERR_FILENO); }

TEST(UniqueFd, ClosesOnceAtTheEnd) {
  const int number = open_one();
  {
    UniqueFd fd(number);
    EXPECT_TRUE(fd);
    EXPECT_EQ(fd.get(), number);
  }
  EXPECT_FALSE(is_open(number));
  EXPECT_FALSE(UniqueFd());
}

TEST(UniqueFd, HandsItsOwnershipOn) {
  UniqueFd first(open_one());
  const int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what a move leaves is stated
  UniqueFd third(open_one());
  const int closed = third.get();
  third = std::move(second);
  EXPECT_FALSE(is_open(closed));
  EXPECT_EQ(third.get(), number);
  UniqueFd& same = third;
  third = std::move(same);
  EXPECT_TRUE(is_open(number));
  EXPECT_EQ(third.release(), number);
  EXPECT_TRUE(is_open(number));
  UniqueFd(number).reset();
  EXPECT_FALSE(is_open(number));
}

}  // namespace
}  // namespace respand
