// The commands as a stranger meets them: exit statuses and messages.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon.h"
#include "tests/support/json.h"

namespace respand::test {
namespace {

using testing::HasSubstr;

TEST(Command, HelpForAllAndEach) {
  const RunResult all = run_respand({"--help"});
  EXPECT_EQ(all.status, 0);
  for (const std::string command : {"run", "check", "costs", "send", "journal", "sink", "version"}) {
    EXPECT_THAT(all.out, HasSubstr(command));
    const RunResult help = run_respand({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_GT(help.out.size(), 50U) << command;
  }
}

TEST(Command, ABadCommandLineIs64) {
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{}, {"rum"}, {"run", "--confg", "x"}, {"sink", "--delay", "fast"}}) {
    const RunResult ran = run_respand(arguments);
    EXPECT_EQ(ran.status, 64) << (arguments.empty() ? "" : arguments[0]);
    EXPECT_FALSE(ran.err.empty());
  }
}

TEST(Command, AnUnknownCommandIsNamed) {
  const RunResult ran = run_respand({"rum"});
  EXPECT_EQ(ran.status, 64);
  EXPECT_THAT(ran.err, HasSubstr("unknown command 'rum'"));
}

struct Wrong {
  std::vector<std::string> arguments;
  int status;
  std::string said;
};

TEST(Command, SaysWhatIsWrongWhereAndWhatToDo) {
  const TempDir folder;
  write_file(folder / "file", "");
  for (const Wrong& wrong : std::vector<Wrong>{
           {{}, 64, "Usage: respand"},
           {{"journal"}, 64, "respand journal: which? info, verify, export, repair"},
           {{"journal", "foo"}, 64, "unknown command 'foo'; journal has info, verify, export, repair"},
           {{"dead-letters", "foo"}, 64, "dead-letters has list, show, add, replay, export, purge"},
           {{"help", "foo"}, 64, "unknown command 'foo'"},
           {{"dead-letters", "show"}, 64, "respand dead-letters show: ID is missing"},
           {{"dead-letters", "show", "abc"}, 64, "'abc' is no ID: respand dead-letters list shows them"},
           {{"dead-letters", "replay"}, 64, "which? --id, --reason or --all"},
           {{"dead-letters", "purge"}, 64, "which? --id, --reason, --older-than or --all"},
           {{"dead-letters", "add", "--sequence", "0"}, 64, "--sequence: expected a whole number from 1, not '0'"},
           {{"costs", "price"}, 64, "respand costs price: MODEL is missing"},
           {{"costs", "--top", "x"}, 64, "respand costs: --top: expected a number, not 'x'"},
           {{"tap", "--limit", "abc"}, 64, "respand tap: --limit: expected a whole number from 1, not 'abc'"},
           {{"tap", "-n", "0"}, 64, "expected a whole number from 1, not '0'"},
           {{"top", "-n", "-1"}, 64, "expected a whole number from 1, not '-1'"},
           {{"status", "--control", folder / "file"}, 1, "is not a socket"},
           {{"status", "--control", folder / "none"}, 75, "is respand running?"},
           {{"send", "--socket", folder / "file", "-"}, 64, "is not a socket"},
           {{"journal", "info", "-d", folder / "none"}, 1, "is journal.directory of --config meant"},
           {{"journal", "info", "-d", folder.path()}, 1, "there is no journal in"},
           {{"run", "--config", folder / "none"}, 78, "none: no such file; write one from"}}) {
    const RunResult ran = run_respand(wrong.arguments);
    EXPECT_EQ(ran.status, wrong.status) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(wrong.said));
  }
}

TEST(Command, VersionAndHelpAreWhereTheyAreLookedFor) {
  const RunResult version = run_respand({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, testing::StartsWith("respand "));
  const RunResult help = run_respand({"help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_EQ(help.out, run_respand({"--help"}).out);
  const RunResult of_one = run_respand({"help", "dead-letters", "replay"});
  EXPECT_EQ(of_one.status, 0);
  EXPECT_THAT(of_one.out, HasSubstr("Usage: respand dead-letters replay"));
  EXPECT_THAT(of_one.out, HasSubstr("Which (at least one):"));
  EXPECT_THAT(of_one.out, testing::Not(HasSubstr("Option Group")));
}

TEST(Command, WhatIsAskedForByNumberAndIsNotThereIsAFailure) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const auto letters = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "dead-letters");
    more.insert(more.end(), {"--config", daemon.config_path()});
    return run_respand(more);
  };
  const RunResult replay = letters({"replay", "--id", "7"});
  EXPECT_EQ(replay.status, 1);
  EXPECT_THAT(replay.err, HasSubstr("no letter 7; respand dead-letters list shows 0"));
  EXPECT_THAT(letters({"show", "7"}).err, HasSubstr("no letter 7; "));
  EXPECT_EQ(letters({"replay", "--reason", "422"}).status, 1);
  EXPECT_EQ(letters({"replay", "--all"}).status, 0);
  EXPECT_EQ(letters({"list"}).status, 0);
  const RunResult wrong_socket = run_respand({"status", "--control", daemon.socket_path()});
  EXPECT_EQ(wrong_socket.status, 1);
  EXPECT_EQ(wrong_socket.out, "");
  EXPECT_THAT(wrong_socket.err, HasSubstr("is the socket for records"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  std::filesystem::remove_all(daemon.dead_letters_path());
  const RunResult gone = letters({"list"});
  EXPECT_EQ(gone.status, 1);
  EXPECT_THAT(gone.err, HasSubstr("is dead_letters.directory of --config meant"));
}

TEST(Command, SendOfWhatCanNotBeReadCountsNothing) {
  SinkServer sink;
  Daemon daemon(sink.url(), Daemon::Setup{.socket = ", max_record: 64KiB"});
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  const RunResult none = run_respand({"send", "--socket", daemon.socket_path(), daemon.folder() / "none.ndjson"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("none.ndjson: "));
  EXPECT_THAT(none.err, testing::Not(HasSubstr("refused")));
  write_file(daemon.folder() / "big.json", record(1, 70'000));
  const RunResult big = run_respand({"send", "--socket", daemon.socket_path(), daemon.folder() / "big.json"});
  EXPECT_EQ(big.status, 1);
  EXPECT_THAT(big.err, HasSubstr("big.json:1: over socket.max_record (64KiB): it was not taken"));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
}

TEST(Command, PriceSaysWhatAndWhy) {
  const TempDir folder;
  const std::string prices = folder.path() + "/prices.yaml";
  const std::string file = folder.path() + "/respand.yaml";
  write_file(prices, "models:\n  nextbit256/cydonia-2b: {prompt: 0.20, completion: 0.60}\n");
  write_file(file, "records: {prices: " + prices + "}\n");
  const auto price = [&](const std::string& model) { return run_respand({"costs", "price", model, "--config", file}); };
  const RunResult built_in = price("openai/gpt-4o-2024-08-06");
  EXPECT_EQ(built_in.status, 0) << built_in.err;
  EXPECT_THAT(built_in.out, HasSubstr("openai/gpt-4o, US dollars per million tokens"));
  EXPECT_THAT(built_in.out, HasSubstr("input             2.5\noutput            10\ncache read        1.25\n"));
  EXPECT_THAT(built_in.out, HasSubstr("'openai' in front is the provider openai: left off"));
  EXPECT_THAT(built_in.out, HasSubstr("from: the built-in prices.yaml, line "));
  const RunResult own = price("nextbit256/cydonia-2b");
  EXPECT_EQ(own.status, 0) << own.err;
  EXPECT_THAT(own.out, HasSubstr("input             0.2\noutput            0.6\n"));
  EXPECT_THAT(own.out, HasSubstr("from: " + prices + ", line 2"));
  const RunResult none = price("gpt-4o-mini-custom");
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.err, HasSubstr("no price for 'gpt-4o-mini-custom'"));
  EXPECT_THAT(none.err, HasSubstr("'gpt-4o-mini-custom' (as it is) of anybody: not listed"));
  write_file(prices, "models:\n  a: {promt: 1}\n");
  const RunResult bad = price("a");
  EXPECT_EQ(bad.status, 78);
  EXPECT_THAT(bad.err, HasSubstr("prices.yaml:2:7: unknown key 'promt' in a price: did you mean 'prompt'?"));
}

TEST(Command, PriceIsOfATimeATierAndASeller) {
  const auto price = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"costs", "price"});
    return run_respand(more);
  };
  EXPECT_THAT(price({"claude-sonnet-5", "--at", "2026-08-01"}).out, HasSubstr("input             2\n"));
  EXPECT_THAT(price({"claude-sonnet-5", "--at", "2026-09-01"}).out, HasSubstr("input             3\n"));
  EXPECT_THAT(price({"gpt-4o", "--tier", "priority"}).out, HasSubstr("input             4.25\n"));
  const RunResult flex = price({"gpt-4o", "--tier", "flex"});
  EXPECT_EQ(flex.status, 1);
  EXPECT_THAT(flex.err, HasSubstr("no price for the service tier 'flex'"));
  EXPECT_THAT(price({"o4-mini", "--provider", "azure"}).out, HasSubstr("azure/o4-mini"));
  EXPECT_THAT(price({"my-deployment", "--provider", "azure", "--answer", "gpt-4o-2024-08-06"}).out,
              HasSubstr("the answer names 'gpt-4o-2024-08-06'"));
  EXPECT_EQ(price({"gpt-4o", "--at", "yesterday-ish"}).status, 64);
}

TEST(Command, PricesSaysWhatAListWouldChange) {
  const TempDir folder;
  const std::string list = folder.path() + "/litellm.json";
  write_file(
      list, R"({"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 3e-06, "output_cost_per_token": 1e-05},
    "azure/eu/gpt-4o": {"litellm_provider": "azure", "input_cost_per_token": 2.75e-06, "output_cost_per_token": 1.1e-05}})");
  const RunResult changes = run_respand({"costs", "prices", "--check", list});
  EXPECT_EQ(changes.status, 0) << changes.err;
  EXPECT_THAT(changes.out,
              HasSubstr("changed  openai/gpt-4o: input 3 · output 10 (was input 2.5 · output 10 · cache read 1.25)\n"));
  EXPECT_THAT(changes.out, HasSubstr("new      azure/eu/gpt-4o: input 2.75 · output 11\n"));
  EXPECT_THAT(changes.out, HasSubstr("1 new, 1 changed, "));
  write_file(list, R"([{"id": "p", "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": -1}}]}])");
  const RunResult bad = run_respand({"costs", "prices", "--check", list});
  EXPECT_EQ(bad.status, 78);
  EXPECT_THAT(bad.err, HasSubstr("$[0].models[0].prices.input_mtok: expected US dollars"));
}

TEST(Command, VersionNamesTheLibraries) {
  const RunResult ran = run_respand({"version"});
  EXPECT_EQ(ran.status, 0);
  EXPECT_THAT(ran.out, HasSubstr("respand "));
  for (const std::string library : {"libcurl/", "OpenSSL/", "nghttp2/", "Boost/", "CLI11/", "RapidJSON/", "SQLite/",
                                    "xxHash/", "yaml-cpp/", "zlib/", "zstd/"}) {
    EXPECT_THAT(ran.out, HasSubstr(library));
  }
  EXPECT_THAT(ran.out, HasSubstr(", commit "));
}

TEST(Command, CheckSaysEveryMistakeWithItsPlaceAnd78) {
  const TempDir folder;
  write_file(folder / "bad.yaml",
             "api: {api_key: k}\njournal:\n  max_sise: 4GiB\n  sync: sometimes\ndelivery:\n  retry: {initial: 90s}\n");
  for (const std::string command : {"check", "run"}) {
    const RunResult ran = run_respand({command, "--config", folder / "bad.yaml"});
    EXPECT_EQ(ran.status, 78);
    EXPECT_THAT(ran.err, HasSubstr("bad.yaml:3:3: "));
    EXPECT_THAT(ran.err, HasSubstr("max_size"));
    EXPECT_THAT(ran.err, HasSubstr("bad.yaml:4:9: "));
    EXPECT_THAT(ran.err, HasSubstr("bad.yaml:6:"));
  }
  const RunResult missing = run_respand({"check", "--config", folder / "none.yaml"});
  EXPECT_EQ(missing.status, 78);
  EXPECT_THAT(missing.err, HasSubstr("none.yaml"));
}

TEST(Command, CheckPrintsTheEffectiveConfigurationWithoutTheKey) {
  const TempDir folder;
  write_file(folder / "good.yaml", "api: {api_key: \"${DEMO_KEY}\"}\n");
  const RunResult ran =
      run_respand({"check", "--print", "--config", folder / "good.yaml"}, {.environment = {"DEMO_KEY=very-secret"}});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("max_size: 4GiB"));
  EXPECT_EQ((ran.out + ran.err).find("very-secret"), std::string::npos);
}

TEST(Command, CheckPrintsTheSchemaWithoutAFile) {
  const RunResult ran = run_respand({"check", "--schema", "--config", "/nonexistent/respand.yaml"});
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_TRUE(ran.out.starts_with('{') && ran.out.ends_with("}\n")) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("json-schema.org/draft-07"));
  EXPECT_THAT(ran.out, HasSubstr("\"max_in_flight\""));
}

TEST(Command, TheShippedConfigurationIsGood) {
  const RunResult ran =
      run_respand({"check", "--config", RESPAND_SOURCE "/config/respand.yaml"}, {.environment = {"RESPAN_API_KEY=k"}});
  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(Command, SendWaitsForTheAcknowledgementsAndSaysWhatWasRefused) {
  SinkServer sink;
  Daemon daemon(sink.url());
  ASSERT_NO_FATAL_FAILURE(daemon.start());
  write_file(daemon.folder() / "lines.ndjson", record(1) + "\n{]\n" + record(2) + "\n");
  const RunResult mixed = run_respand({"send", "--socket", daemon.socket_path(), daemon.folder() / "lines.ndjson"});
  EXPECT_EQ(mixed.status, 1);
  EXPECT_THAT(mixed.err, HasSubstr("lines.ndjson:2:"));
  const RunResult examples =
      run_respand({"send", "--socket", daemon.socket_path(), RESPAND_SOURCE "/config/examples/nextbit.json",
                   RESPAND_SOURCE "/config/examples/reducto.json"});
  EXPECT_EQ(examples.status, 0) << examples.err;
  ASSERT_TRUE(sink.wait_for_records(4));
  ASSERT_NO_FATAL_FAILURE(daemon.stop());
  const RunResult away = run_respand({"send", "--socket", daemon.socket_path(), daemon.folder() / "lines.ndjson"});
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
