// Costs with the real binary: filled in on the way, with prices that a SIGHUP brings.

#include <gmock/gmock.h>

#include "tests/integration/daemon.h"

namespace respand::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PricesTest, AreReloadedAndABadListChangesNothing) {
  const TempDir folder;
  const std::string list = folder / "prices.yaml";
  write_file(list, "models: {mine: {prompt: 1, completion: 2}}\n");
  SinkServer sink;
  Daemon daemon(sink.url(), "records: {prices: " + list + "}\n");
  daemon.start();
  auto cost = [&, sent = std::size_t{0}](const std::string& model) mutable {
    daemon.send_acknowledged(R"({"model":")" + model + R"(","prompt_tokens":1000000,"completion_tokens":500000})" +
                             "\n");
    EXPECT_TRUE(sink.wait_for_records(++sent));
    return sink.bodies().back();
  };
  EXPECT_THAT(cost("mine"), HasSubstr(R"("cost":2})")) << "1·1 + 0.5·2";
  EXPECT_THAT(cost("openai/gpt-4o"), HasSubstr(R"("cost":7.5})")) << "built in: 1·2.5 + 0.5·10";
  EXPECT_THAT(cost("unknown"), Not(HasSubstr("cost")));
  EXPECT_TRUE(daemon.wait_for_metric("respand_figures_missing_total", 1, {{"reason", "model_unknown"}}));

  write_file(list, "models: {mine: {prompt: 3, completion: 2}}\n");
  daemon.process().send_signal(SIGHUP);
  ASSERT_TRUE(daemon.process().wait_for_line(" reloaded ")) << daemon.process().err();
  EXPECT_THAT(cost("mine"), HasSubstr(R"("cost":4})")) << "1·3 + 0.5·2";

  write_file(list, "models: {mine: {promt: 5}}\n");
  daemon.process().send_signal(SIGHUP);
  const auto line = daemon.process().wait_for_line("was not reloaded");
  ASSERT_TRUE(line) << daemon.process().err();
  EXPECT_THAT(*line, HasSubstr("did you mean 'prompt'?"));
  EXPECT_THAT(*line, HasSubstr("prices.yaml:1:17"));
  EXPECT_THAT(cost("mine"), HasSubstr(R"("cost":4})"));
  daemon.stop();
}

}  // namespace
}  // namespace respand::test
