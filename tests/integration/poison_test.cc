// Records that the API always answers with 500 cost the healthy ones nothing: with the smallest journal that can be
// configured, all healthy records are taken in and delivered, under each policy and after a restart, and the journal's
// size is bounded by the open records.

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

constexpr std::size_t kGroup = 300;  // on their way at once: far less than the journal holds
constexpr std::size_t kSegment = 1U << 20;
constexpr std::string_view kPoison = "always-500";

sink::Rules poisoned() {
  sink::Rules rules;
  rules.poison = kPoison;
  return rules;
}

class PoisonTest : public testing::TestWithParam<std::string_view> {
 protected:
  // Hands over and has delivered so many healthy records.
  void run_healthy(std::uint64_t count) {
    for (std::uint64_t sent = 0; sent < count; sent += kGroup) {
      std::string lines;
      for (std::size_t i = 0; i < kGroup; ++i) {
        lines += record(++number_, 1000) + "\n";
      }
      const auto answers = daemon_.send_acknowledged(lines);
      ASSERT_FALSE(answers.empty());
      ASSERT_EQ(answers.back(), cat(R"({"durable":)", kGroup, "}")) << "after " << number_;
      for (const std::string& answer : answers) {
        ASSERT_EQ(answer.find("error"), std::string::npos) << answer;
      }
      ASSERT_TRUE(sink_.wait_for_records(number_)) << daemon_.process().err();
      check_bound();
    }
  }
  void check_bound() {
    const double open = daemon_.metric("respand_backlog_bytes") + 48 * daemon_.metric("respand_backlog_records");
    const double held = daemon_.metric("respand_journal_bytes");
    EXPECT_LE(held, 2 * open + 4.0 * kSegment);
    most_ = std::max(most_, held);
  }

  SinkServer sink_{poisoned()};
  Daemon daemon_{sink_.url(),
                 Daemon::Setup{.more = "delivery: {retry: {initial: 20ms, max: 200ms}}",
                               .socket = ", max_record: 64KiB",
                               .journal = cat(", segment_size: 1MiB, max_size: 4MiB, when_full: ", GetParam())}};
  std::uint64_t number_ = 0;
  double most_ = 0;
};

TEST_P(PoisonTest, HealthyRecordsAreNeitherRefusedNorHeldUpNorDropped) {
  daemon_.start();
  const std::string poison = cat(R"({"model":")", kPoison, R"(","prompt_messages":[],"n":)");
  ASSERT_EQ(daemon_.send_acknowledged(cat(poison, "1}\n")).back(), R"({"durable":1})");
  ASSERT_NO_FATAL_FAILURE(run_healthy(kSanitized ? 5'000 : 12'000));
  EXPECT_EQ(daemon_.metric("respand_records_rejected_total"), 0);
  EXPECT_EQ(daemon_.metric("respand_records_dropped_total"), 0);
  EXPECT_EQ(daemon_.metric("respand_backlog_records"), 1);

  daemon_.stop();
  daemon_.start();
  ASSERT_EQ(daemon_.send_acknowledged(cat(poison, "2}\n")).back(), R"({"durable":1})");
  ASSERT_NO_FATAL_FAILURE(run_healthy(3'000));
  EXPECT_EQ(daemon_.metric("respand_records_rejected_total"), 0);
  EXPECT_EQ(daemon_.metric("respand_records_dropped_total"), 0);
  EXPECT_TRUE(daemon_.page("/readyz").body.find("journal") == std::string::npos) << daemon_.page("/readyz").body;
  std::printf("%s: the journal held at most %.0f bytes of 4 MiB\n", std::string(GetParam()).c_str(), most_);

  sink_.set_rules({});
  ASSERT_TRUE(daemon_.wait_for_metric("respand_backlog_records", 0)) << daemon_.process().err();
  std::size_t poisons = 0;
  for (const std::string& body : sink_.bodies()) {
    poisons += body.find(kPoison) != std::string::npos ? 1U : 0U;
  }
  EXPECT_EQ(poisons, 2U) << "each once";
  EXPECT_EQ(sink_.records(), number_ + 2);
  daemon_.expect_books_balance();
  daemon_.stop();
}

INSTANTIATE_TEST_SUITE_P(Policies, PoisonTest, testing::Values("block", "reject", "drop_oldest"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace respand::test
