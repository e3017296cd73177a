// The commands as a stranger meets them: exit statuses and messages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

struct Ran {
  int status = -1;
  std::string out;
  std::string err;
};

Ran run(const std::vector<std::string>& arguments, const Process::Options& options = {}) {
  Process process(RESPAND_BINARY, arguments, options);
  const auto exit = process.wait();
  return {exit ? exit->status : -1, process.out(), process.err()};
}

TEST(Command, HelpForAllAndEach) {
  const Ran all = run({"--help"});
  EXPECT_EQ(all.status, 0);
  for (const std::string command : {"run", "check", "costs", "send", "journal", "sink", "version"}) {
    EXPECT_THAT(all.out, HasSubstr(command));
    const Ran help = run({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_GT(help.out.size(), 50U) << command;
  }
}

TEST(Command, ABadCommandLineIs64) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{}, {"rum"}, {"run", "--confg", "x"}, {"sink", "--delay", "fast"}}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.status, 64) << (arguments.empty() ? "" : arguments[0]);
    EXPECT_FALSE(ran.err.empty());
  }
}

TEST(Command, AnUnknownCommandIsNamed) {
  const Ran ran = run({"rum"});
  EXPECT_EQ(ran.status, 64);
  EXPECT_THAT(ran.err, HasSubstr("unknown command 'rum'"));
}

TEST(Command, PriceSaysWhatAndWhy) {
  const TempDir folder;
  const std::string prices = folder.path() + "/prices.yaml";
  const std::string file = folder.path() + "/respand.yaml";
  write_file(prices, "models:\n  nextbit256/cydonia-2b: {prompt: 0.20, completion: 0.60}\n");
  write_file(file, "records: {prices: " + prices + "}\n");
  const auto price = [&](const std::string& model) { return run({"costs", "price", model, "--config", file}); };
  const Ran built_in = price("openai/gpt-4o-2024-08-06");
  EXPECT_EQ(built_in.status, 0) << built_in.err;
  EXPECT_THAT(built_in.out, HasSubstr("prompt        2.5\ncompletion    10\ncached prompt 1.25\n"));
  EXPECT_THAT(built_in.out, HasSubstr("the provider in front (openai/) was left off"));
  EXPECT_THAT(built_in.out, HasSubstr("the date at the end (-2024-08-06) was left off"));
  const Ran own = price("nextbit256/cydonia-2b");
  EXPECT_EQ(own.status, 0) << own.err;
  EXPECT_THAT(own.out, HasSubstr("prompt        0.2\ncompletion    0.6\n"));
  EXPECT_THAT(own.out, HasSubstr("from: " + prices));
  const Ran none = price("gpt-4o-mini-custom");
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("no price for 'gpt-4o-mini-custom'"));
  write_file(prices, "models:\n  a: {promt: 1}\n");
  const Ran bad = price("a");
  EXPECT_EQ(bad.status, 78);
  EXPECT_THAT(bad.err, HasSubstr("prices.yaml:2:7: unknown key 'promt' in a price: did you mean 'prompt'?"));
}

TEST(Command, VersionNamesTheLibraries) {
  const Ran ran = run({"version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, HasSubstr("respand "));
  EXPECT_THAT(ran.out, HasSubstr("libcurl"));
}

TEST(Command, CheckSaysEveryMistakeWithItsPlaceAnd78) {
  const TempDir folder;
  write_file(folder / "bad.yaml",
             "api: {api_key: k}\njournal:\n  max_sise: 4GiB\n  sync: sometimes\ndelivery:\n  retry: {initial: 90s}\n");
  for (const std::string command : {"check", "run"}) {
    const Ran ran = run({command, "--config", folder / "bad.yaml"});
    EXPECT_EQ(ran.status, 78);
    EXPECT_THAT(ran.err, HasSubstr("bad.yaml:3:3: "));
    EXPECT_THAT(ran.err, HasSubstr("max_size"));
    EXPECT_THAT(ran.err, HasSubstr("bad.yaml:4:9: "));
    EXPECT_THAT(ran.err, HasSubstr("bad.yaml:6:"));
  }
  const Ran missing = run({"check", "--config", folder / "none.yaml"});
  EXPECT_EQ(missing.status, 78);
  EXPECT_THAT(missing.err, HasSubstr("none.yaml"));
}

TEST(Command, CheckPrintsTheEffectiveConfigurationWithoutTheKey) {
  const TempDir folder;
  write_file(folder / "good.yaml", "api: {api_key: \"${DEMO_KEY}\"}\n");
  const Ran ran =
      run({"check", "--print", "--config", folder / "good.yaml"}, {.environment = {"DEMO_KEY=very-secret"}});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("max_size: 4GiB"));
  EXPECT_EQ((ran.out + ran.err).find("very-secret"), std::string::npos);
}

TEST(Command, TheShippedConfigurationIsGood) {
  const Ran ran =
      run({"check", "--config", RESPAND_SOURCE "/config/respand.yaml"}, {.environment = {"RESPAN_API_KEY=k"}});
  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(Command, SendWaitsForTheAcknowledgementsAndSaysWhatWasRefused) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "lines.ndjson", record(1) + "\n{]\n" + record(2) + "\n");
  const Ran mixed = run({"send", "--socket", daemon.socket_path(), daemon.folder() / "lines.ndjson"});
  EXPECT_EQ(mixed.status, 1);
  EXPECT_THAT(mixed.err, HasSubstr("lines.ndjson:2:"));
  const Ran examples = run({"send", "--socket", daemon.socket_path(), RESPAND_SOURCE "/config/examples/nextbit.json",
                            RESPAND_SOURCE "/config/examples/reducto.json"});
  EXPECT_EQ(examples.status, 0) << examples.err;
  ASSERT_TRUE(sink.wait_for_records(4));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  const Ran away = run({"send", "--socket", daemon.socket_path(), daemon.folder() / "lines.ndjson"});
  EXPECT_EQ(away.status, 75);
  EXPECT_THAT(away.err, HasSubstr(daemon.socket_path()));
}

TEST(Command, TheTwoExampleRecordsArriveWithCostAndGenerationTime) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const std::string nextbit = read_file(RESPAND_SOURCE "/config/examples/nextbit.json");
  const std::string reducto = read_file(RESPAND_SOURCE "/config/examples/reducto.json");
  daemon.send_acknowledged(nextbit + reducto);
  ASSERT_TRUE(sink.wait_for_records(2));
  for (const auto& received : sink.received()) {
    EXPECT_EQ(member(received.body, "cost"), "0.001");
    EXPECT_EQ(member(received.body, "generation_time"), "1.2");
    EXPECT_EQ(received.authorization, "Bearer test-key");
    const bool first = member(received.body, "model") == "nextbit256/cydonia-2b";
    EXPECT_TRUE(same_but_for(first ? nextbit : reducto, received.body, {"timestamp", "custom_identifier"}));
  }
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

}  // namespace
}  // namespace respand::test
