// Descriptors are shared out before the first writer comes.

#include "app/descriptors.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "respand/base/fd.h"

namespace respand::app {
namespace {

using testing::HasSubstr;

Result<Descriptors> shares(const config::Config& config, std::uint64_t limit) {
  return Descriptors::share_out(config, limit, 0);
}

TEST(Descriptors, WithPlentyNothingIsClamped) {
  config::Config config;
  const auto plenty = shares(config, 16'384);
  ASSERT_TRUE(plenty);
  EXPECT_EQ(plenty->shortage(config), "");
  EXPECT_EQ(plenty->bound(config), config);
  EXPECT_EQ(plenty->pages(), 64U);
}

TEST(Descriptors, WithFewWritersGetWhatIsLeftAndItIsSaid) {
  config::Config config;
  const auto few = shares(config, 64);
  ASSERT_TRUE(few) << few.error().message;
  const config::Config bounded = few->bound(config);
  EXPECT_GE(bounded.socket.max_connections, 4U);
  EXPECT_LE(bounded.socket.max_connections, 10U);
  EXPECT_GE(bounded.delivery.max_connections, config.delivery.workers) << "each worker has its own";
  EXPECT_LE(bounded.delivery.max_connections, 10U);
  EXPECT_THAT(few->shortage(config), HasSubstr("instead of 4096 (socket.max_connections), "));
  EXPECT_THAT(few->shortage(config), HasSubstr("instead of 64 (delivery.max_connections), because the limit of open "
                                               "files is 64"));
  // A reload that asks for more gets no more.
  config.socket.max_connections = 60'000;
  EXPECT_EQ(few->bound(config).socket.max_connections, bounded.socket.max_connections);
}

TEST(Descriptors, TheSharesNeverGoBeyondTheLimit) {
  for (const std::uint32_t workers : {1U, 2U, 64U}) {
    config::Config config;
    config.delivery.workers = workers;
    config.delivery.max_connections = 64;
    const std::uint64_t least = Descriptors::least(config, 0);
    std::uint64_t before = 0;
    for (std::uint64_t limit = least; limit < least + 10'000; limit += 7) {
      const auto found = shares(config, limit);
      ASSERT_TRUE(found);
      const config::Config bounded = found->bound(config);
      const std::uint64_t shared =
          bounded.socket.max_connections + bounded.delivery.max_connections + 2 * found->pages();
      EXPECT_LE(shared, limit - least + workers + 4 + 3 + 1) << limit;
      EXPECT_GE(bounded.socket.max_connections, before) << "more is never less";
      before = bounded.socket.max_connections;
    }
  }
}

TEST(Descriptors, BelowTheLeastItRefusesAndSaysWhatToDo) {
  const config::Config config;
  const std::uint64_t least = Descriptors::least(config, 0);
  EXPECT_LE(least, 64U);
  EXPECT_TRUE(shares(config, least));
  const auto refused = shares(config, least - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("the limit of open files is "));
  EXPECT_THAT(refused.error().message, HasSubstr("LimitNOFILE="));
  EXPECT_FALSE(Descriptors::share_out(config, least, 1)) << "what was open before counts";
}

TEST(Descriptors, OpenOnesAreCounted) {
  const std::uint64_t before = open_descriptors(1'000'000);
  const UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(open_descriptors(1'000'000), before + 1);
  EXPECT_EQ(open_descriptors(3), 0U);
}

}  // namespace
}  // namespace respand::app
