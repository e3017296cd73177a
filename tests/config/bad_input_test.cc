// Every mistake has its place and says what would be right; all mistakes of a file are said at once.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/config/world.h"

namespace respand::config {
namespace {

using testing::ElementsAre;

struct Case {
  std::string_view yaml;
  std::string_view problem;
};

void expect_each(std::initializer_list<Case> cases) {
  const World world;
  for (const Case& bad : cases) {
    SCOPED_TRACE(bad.yaml);
    EXPECT_THAT(texts(world.load(bad.yaml).problems), ElementsAre(bad.problem));
  }
}

TEST(BadInput, UnknownKeys) {
  const std::string sections =
      "known are api, destination, source, nats, socket, datagram, http, spool, journal, delivery, dead_letters, "
      "records, costs, control, metrics, log";
  const std::string merge = cat("1:1: unknown key '<<': ", sections);
  const std::string dotted = cat("1:1: unknown key 'api.path': ", sections);
  const std::string sample = cat("1:1: unknown key 'sample': ", sections);
  expect_each({
      {"jornal: {}", "1:1: unknown key 'jornal': did you mean 'journal'?"},
      {"journal:\n  max-size: 1GiB", "2:3: unknown key 'max-size' in journal: did you mean 'max_size'?"},
      {"delivery: {retry: {minimum: 1s}}",
       "1:20: unknown key 'minimum' in delivery.retry: known are initial, max, max_age, max_attempts, statuses"},
      {"spool: {é: 1}", "1:9: unknown key 'é' in spool: known are directory, settle, rejected_max_size, key"},
      {"costs: {keep: 1}",
       "1:9: unknown key 'keep' in costs: known are directory, retention, budgets, dimensions, deduplicate"},
      {"costs: {dimensions: [team]}",
       "1:22: costs.dimensions: expected a JSON pointer to one member such as /metadata/team, not 'team'"},
      {"costs: {dimensions: [/a/model]}", "1:22: costs.dimensions: `respand costs --by model` would mean two things"},
      {"costs: {dimensions: [/a, /b, /c, /d]}", "1:21: costs.dimensions: a list of at most 3 values"},
      {"costs: {dimensions: [/metadata/host, host]}",
       "1:38: costs.dimensions: `respand costs --by host` would mean two things"},
      {"api.path: x", dotted},
      {"<<: {api: 1}", merge},
      {"sample: 1", sample},
  });
}

TEST(BadInput, KeysThatAreNoNamesOrStandTwice) {
  expect_each({
      {"log: {level: info}\nlog: {level: debug}", "2:1: duplicate key 'log', first in line 1"},
      {"spool: {settle: 1s, settle: nonsense}", "1:21: duplicate key 'settle', first in line 1"},
      {"? [a]\n: 1", "1:3: a key must be a name, not a list"},
      {"log: {~: 1}", "1:7: a key must be a name, not nothing"},
  });
}

// Batches that would be taken for one record each, and records that would come in again for ever.
TEST(BadInput, WhatWouldLoseRecords) {
  const auto one = [](std::string_view place, std::string_view path) {
    return cat(place, ": api.batch.path: ", path,
               " takes one record, and would take a batch for one: Respan, and another respand, take batches at "
               "request-logs/batch/create");
  };
  const std::string loop =
      "1:17: api.base_url is this respand's own http.listen: records would come in again for ever and never get to the "
      "API; give the address of the API, or of another respand";
  expect_each({
      {"api: {batch: {path: request-logs/create/}}", one("1:21", "request-logs/create")},
      {"api: {batch: {path: /request-logs}}", one("1:21", "request-logs")},
      {"api: {path: mine/, batch: {path: mine}}", one("1:34", "mine")},
      {"api: {base_url: \"http://127.0.0.1:1\"}\nhttp: {listen: \"127.0.0.1:1\"}", loop},
      {"api: {base_url: \"http://localhost:1/api\"}\nhttp: {listen: \"127.0.0.1:1\"}", loop},
      {"api: {base_url: \"http://127.0.0.1:1\"}\nhttp: {listen: \"[::]:1\", unknown_key: reject}", loop},
      {"api: {base_url: \"http://10.0.0.1:1\"}\nhttp: {listen: \"10.0.0.1:1\", unknown_key: reject}", loop},
  });
}

TEST(BadInput, BudgetsEachAtItsPlace) {
  const std::string usd = "expected an amount of US dollars above 0, below 1000000000, with at most 6 decimals, not '";
  expect_each({
      {"costs: {budgets: 1}",
       "1:18: costs.budgets: expected a list of budgets such as [{match: {customer: x}, per: day, usd: 50}], not text"},
      {"costs: {budgets: [5]}",
       "1:19: costs.budgets: expected a map such as {match: {customer: x}, per: day, usd: 50}, not text"},
      {"costs: {budgets: [{per: day}]}", "1:19: costs.budgets: a budget needs both per and usd"},
      {"costs: {budgets: [{usd: 5}]}", "1:19: costs.budgets: a budget needs both per and usd"},
      {"costs: {budgets: [{per: week, usd: 5}]}", "1:25: costs.budgets: expected hour, day or month, not 'week'"},
      {"costs: {budgets: [{per: day, euro: 5}]}",
       "1:30: costs.budgets: unknown key 'euro': known are match, per and usd"},
      {"costs: {budgets: [{match: {user: x}, per: day, usd: 5}]}",
       "1:28: costs.budgets: unknown key 'user': known are model, provider, customer and environment"},
      {"costs: {budgets: [{match: x, per: day, usd: 5}]}",
       "1:27: costs.budgets: expected a map of model, provider, customer and environment, not text"},
      {"costs: {budgets: [{per: day, usd: 5}, {usd: 5.0, per: day}]}",
       "1:39: costs.budgets: this budget is in the list twice"},
      {"costs: {budgets: [{per: day, per: day, usd: 5}]}",
       "1:30: costs.budgets: a key must be a name, and stand there once"},
      {"costs: {retention: 23h}", "1:20: costs.retention: expected a duration from 1d to 36500d, not '23h'"},
  });
  for (const std::string text : {"0", "0.0", "-1", "1e3", "1.", ".5", "1000000000", "0.0000001", "x"}) {
    const World world;
    const std::string yaml = cat("costs: {budgets: [{per: day, usd: ", text, "}]}");
    EXPECT_THAT(texts(world.load(yaml).problems), ElementsAre(cat("1:35: costs.budgets: ", usd, text, "'"))) << text;
  }
}

TEST(BadInput, WrongKinds) {
  expect_each({
      {"[api]", "1:1: expected a map of keys, not a list"},
      {"hello", "1:1: expected a map of keys, not text"},
      {"api: https://x", "1:6: api: expected a map of keys, not text"},
      {"api: {batch: [1]}", "1:14: api.batch: expected a map of keys, not a list"},
      {"journal:\n  max_size: {a: b}", "2:13: journal.max_size: expected a size from 1MiB to 64TiB, not a map"},
      {"socket: {allow_uids: 5}", "1:22: socket.allow_uids: expected a list of user ids such as [0, 1000], not text"},
      {"records: {defaults: x}",
       "1:21: records.defaults: expected a map of fields such as {metadata: {host: web-1}}, not text"},
      {"records: {redact: [[a]]}", "1:20: records.redact: expected text, not a list"},
      {"records: {redact: [~]}", "1:20: records.redact: expected text, not nothing"},
  });
}

TEST(BadInput, Units) {
  expect_each({
      {"journal: {max_size: 8GB}", "1:21: journal.max_size: expected a size from 1MiB to 64TiB, not '8GB': write 8GiB"},
      {"journal: {max_size: 8 gb}",
       "1:21: journal.max_size: expected a size from 1MiB to 64TiB, not '8 gb': write 8GiB"},
      {"journal: {max_size: 1.5GiB}", "1:21: journal.max_size: expected a size from 1MiB to 64TiB, not '1.5GiB'"},
      {"journal: {max_size: -8GiB}", "1:21: journal.max_size: expected a size from 1MiB to 64TiB, not '-8GiB'"},
      {"journal: {max_size: 99999999999999999999999}",
       "1:21: journal.max_size: expected a size from 1MiB to 64TiB, not '99999999999999999999999'"},
      {"spool: {settle: 30}", "1:17: spool.settle: expected a duration from 10ms to 1h, not '30': write 30s"},
      {"spool: {settle: 30 seconds}",
       "1:17: spool.settle: expected a duration from 10ms to 1h, not '30 seconds': write 30s"},
      {"spool: {settle: 2H}", "1:17: spool.settle: expected a duration from 10ms to 1h, not '2H'"},
      {"spool: {settle: soon}", "1:17: spool.settle: expected a duration from 10ms to 1h, not 'soon'"},
      {"spool: {settle: \"\"}", "1:17: spool.settle: expected a duration from 10ms to 1h, not ''"},
  });
}

TEST(BadInput, ChoicesAndModes) {
  expect_each({
      {"journal: {sync: yes}", "1:17: journal.sync: expected always, interval or never, not 'yes'"},
      {"log: {level: warn}", "1:14: log.level: expected debug, info, warning or error, not 'warn': write warning"},
      {"api: {http_version: 1.10}", "1:21: api.http_version: expected auto, 1.1, 2 or 2-prior-knowledge, not '1.10'"},
      {"socket: {mode: 0888}", "1:16: socket.mode: expected an octal file mode such as \"0660\", not '0888'"},
      {"socket: {mode: 1777}", "1:16: socket.mode: expected an octal file mode such as \"0660\", not '1777'"},
      {"socket: {mode: rw}", "1:16: socket.mode: expected an octal file mode such as \"0660\", not 'rw'"},
      {"socket: {group: \"a b\"}", "1:17: socket.group: expected the name or number of a group, not 'a b'"},
  });
}

TEST(BadInput, PathsAndAddresses) {
  const std::string long_path = "/" + std::string(107, 'x');
  const std::string long_socket = cat("datagram: {path: ", long_path, "}");
  const std::string long_socket_problem =
      cat("1:18: datagram.path: expected an absolute path of at most 107 bytes, not '", long_path.substr(0, 60), "…'");
  expect_each({
      {"costs: {directory: costs}",
       "1:20: costs.directory: expected an absolute path of at most 4000 bytes, not 'costs'"},
      {"costs: {directory: \"\"}", "1:20: costs.directory: expected an absolute path of at most 4000 bytes, not ''"},
      {"costs: {directory: \"/a\\0b\"}",
       "1:20: costs.directory: expected an absolute path of at most 4000 bytes, not '/a?b'"},
      {long_socket, long_socket_problem},
      {"api: {base_url: api.respan.ai}",
       "1:17: api.base_url: expected an address such as https://api.respan.ai/api, not 'api.respan.ai'"},
      {"api: {base_url: \"https://user:hunter2@h/api\"}",
       "1:17: api.base_url: expected an address such as https://api.respan.ai/api, without the password in it: write "
       "https://h/api"},
      {"metrics: {listen: 9464}",
       "1:19: metrics.listen: expected HOST:PORT with an IP address or localhost, such as 127.0.0.1:9464, not '9464'"},
      {"api: {base_url: \"https://\"}",
       "1:17: api.base_url: expected an address such as https://api.respan.ai/api, not 'https://'"},
      {"api: {base_url: \"https://h/?q\"}",
       "1:17: api.base_url: expected an address such as https://api.respan.ai/api, not 'https://h/?q'"},
      {"api: {base_url: \"https://h:0\"}",
       "1:17: api.base_url: expected an address such as https://api.respan.ai/api, not 'https://h:0'"},
      {"api: {base_url: \"file:///etc\"}",
       "1:17: api.base_url: expected an address such as https://api.respan.ai/api, not 'file:///etc'"},
      {"api: {path: https://x/y}",
       "1:13: api.path: expected a path under base_url such as request-logs/create/, not 'https://x/y'"},
      {"api: {path: /}", "1:13: api.path: expected a path under base_url such as request-logs/create/, not '/'"},
  });
  for (const std::string_view listen : {"8126", ":8126", "example.com:80", "127.0.0.1", "127.0.0.1:65536", "127.1:80",
                                        "[localhost]:80", "::1:80", "[::1]80", "127.0.0.1:80x"}) {
    const std::string yaml = cat("http: {listen: \"", listen, "\"}");
    const std::string problem =
        cat("1:16: http.listen: expected HOST:PORT with an IP address or localhost, such as 127.0.0.1:8126, not '",
            listen, "'");
    expect_each({{yaml, problem}});
  }
}

TEST(BadInput, Lists) {
  const std::string_view pointer = "a JSON pointer such as /metadata/token, with ~0 for ~ and ~1 for /";
  const std::string no_slash = cat("1:20: records.redact: expected ", pointer, ", not 'a'");
  const std::string bad_escape = cat("1:20: records.redact: expected ", pointer, ", not '/a~'");
  const std::string everything = cat("1:20: records.redact: expected ", pointer, ", not ''");
  expect_each({
      {"records: {redact: [a]}", no_slash},
      {"records: {redact: [/a~]}", bad_escape},
      {"records: {redact: [\"\"]}", everything},
      {"records: {redact: [/a, /a]}", "1:24: records.redact: this value is in the list twice"},
      {"records: {redact_text: [phone]}",
       "1:25: records.redact_text: expected email, api_key, bearer or credit_card, not 'phone'"},
      {"records: {redact_text: email}",
       "1:24: records.redact_text: expected a list of email, api_key, bearer and credit_card, not text"},
      {"records: {redact_text: [email, email]}", "1:32: records.redact_text: this value is in the list twice"},
      {"records: {add: [price]}",
       "1:17: records.add: expected timestamp, custom_identifier, generation_time or cost, not 'price'"},
      {"socket: {allow_uids: [root]}", "1:23: socket.allow_uids: expected the number of a user, not 'root'"},
      {"socket: {allow_gids: [adm]}", "1:23: socket.allow_gids: expected the number of a group, not 'adm'"},
      {"socket: {allow_uids: [4294967295]}",
       "1:23: socket.allow_uids: expected the number of a user, not '4294967295'"},
      {"delivery: {retry: {statuses: {permanent: [200]}}}",
       "1:43: delivery.retry.statuses.permanent: expected a status from 300 to 599, not '200'"},
      {"delivery: {retry: {statuses: {transient: [600]}}}",
       "1:43: delivery.retry.statuses.transient: expected a status from 300 to 599, not '600'"},
      {"delivery: {retry: {statuses: {permanent: 404}}}",
       "1:42: delivery.retry.statuses.permanent: expected a list of statuses from 300 to 599 such as [409], not text"},
      {"delivery: {retry: {statuses: {permanent: [404, 404]}}}",
       "1:48: delivery.retry.statuses.permanent: this value is in the list twice"},
      {"delivery: {retry: {statuses: [404]}}", "1:30: delivery.retry.statuses: expected a map of keys, not a list"},
  });
}

TEST(BadInput, DefaultsThatAreNoJson) {
  expect_each({
      {"records: {defaults: {a: .inf}}", "1:25: records.defaults: JSON has no infinity and no NaN: put it in quotes"},
      {"records: {defaults: {a: {b: 1, b: 2}}}", "1:32: records.defaults: this field is written twice"},
      {"records: {defaults: {[a]: 1}}",
       "1:22: records.defaults: the name of a field must be text of at most 256 bytes"},
      {"records: {defaults: {\"${A}\": 1}}",
       "1:22: records.defaults: ${NAME} is replaced in values, not in the names of fields"},
  });
}

TEST(BadInput, DefaultsOfTooManyFields) {
  const auto fields = [](int count) {
    std::string out = "{f: 0";
    for (int i = 1; i < count; ++i) {
      out += cat(", f", i, ": 0");
    }
    return out + "}";
  };
  const std::string_view why = "more than 64 fields, which would be looked up in every record";
  EXPECT_THAT(texts(World{}.load(cat("records: {defaults: ", fields(64), "}")).problems), testing::IsEmpty());
  EXPECT_THAT(texts(World{}.load(cat("records: {defaults: {a: ", fields(64), "}}")).problems), testing::IsEmpty());
  EXPECT_THAT(texts(World{}.load(cat("records: {defaults: {a: {b: ", fields(65), "}}}")).problems), testing::IsEmpty());
  expect_each({{cat("records: {defaults: ", fields(65), "}"), cat("1:21: records.defaults: ", why)},
               {cat("records: {defaults: {a: ", fields(65), "}}"), cat("1:25: records.defaults: ", why)}});
}

TEST(BadInput, Shares) {
  const std::string_view expected = "1:26: records.sample.rate: expected a number from 0 to 1 such as 0.25, not '";
  expect_each(
      {{"records: {sample: {rate: 1.1}}", cat(expected, "1.1'")},
       {"records: {sample: {rate: -0.1}}", cat(expected, "-0.1'")},
       {"records: {sample: {rate: 1e-1}}", cat(expected, "1e-1'")},
       {"records: {sample: {rate: nan}}", cat(expected, "nan'")},
       {"records: {sample: {rate: 25%}}", cat(expected, "25%': write 0.25")},
       {"records: {sample: {keep_errors: yes}}", "1:33: records.sample.keep_errors: expected true or false, not 'yes'"},
       {"records: {sample: 0.5}", "1:19: records.sample: expected a map of keys, not text"}});
}

TEST(BadInput, Contradictions) {
  expect_each({
      {"delivery:\n  retry: {initial: 2s, max: 1s}",
       "2:20: delivery.retry.initial (2s) is longer than delivery.retry.max (1s)"},
      {"delivery: {retry: {max: 100ms}}",
       "1:25: delivery.retry.initial (250ms) is longer than delivery.retry.max (100ms)"},
      {"delivery: {retry: {initial: 5s, max_age: 4s}}",
       "1:42: delivery.retry.max_age (4s) is shorter than delivery.retry.initial (5s): nothing would be tried twice"},
      {"delivery: {retry: {statuses: {permanent: [404, 409], transient: [500, 409]}}}",
       "1:65: delivery.retry.statuses: 409 is both permanent and transient"},
      {"api: {connect_timeout: 31s}",
       "1:24: api.connect_timeout (31s) is longer than api.request_timeout (30s), of which it is a part"},
      {"delivery: {workers: 4, max_in_flight: 3}",
       "1:39: delivery.max_in_flight (3) is less than delivery.workers (4): some could never send"},
      {"delivery: {max_connections: 1}",
       "1:29: delivery.max_connections (1) is less than delivery.workers (2): each has its own"},
      {"journal: {segment_size: 20MiB}",
       "1:25: journal.segment_size (20MiB) has no room for a record of socket.max_record (20MiB) and 64KiB around it: "
       "make it 21MiB, or socket.max_record smaller"},
      {"journal: {max_size: 127MiB}",
       "1:21: journal.max_size (127MiB) must be at least twice journal.segment_size (64MiB): one is written while "
       "another is "
       "delivered"},
      {"dead_letters: {max_size: 8MiB}",
       "1:26: dead_letters.max_size (8MiB) has no room for a record of socket.max_record (20MiB) and 64KiB around it"},
      {"control: {path: /run//respand/./respand.sock}",
       "1:17: control.path and socket.path are the same: /run/respand/respand.sock"},
      {"costs: {directory: /var/lib/respand/journal/}",
       "1:20: costs.directory and journal.directory are the same: /var/lib/respand/journal"},
      {"http: {listen: 127.0.0.1:9464}\nmetrics: {listen: 127.0.0.1:9464}",
       "2:19: metrics.listen and http.listen are the same: 127.0.0.1:9464"},
  });
}

TEST(BadInput, AWrongValueContradictsNothing) {
  expect_each({{"delivery: {retry: {initial: 90s, max: 2}}",
                "1:39: delivery.retry.max: expected a duration from 1ms to 1d, not '2': write 2s"}});
}

TEST(BadInput, FilesThatAreNamedMustBeReadable) {
  World world;
  world.files["/ca"] = "not a certificate";
  EXPECT_THAT(texts(world.load("api: {ca_file: /ca}\nrecords: {prices: /p}").problems),
              ElementsAre("1:16: api.ca_file: holds no certificate in PEM form",
                          "2:19: records.prices: cannot read /p: No such file or directory"));
}

TEST(BadInput, AllMistakesInTheOrderOfTheFile) {
  EXPECT_THAT(
      texts(World{{}}.load("journal:\n  max_size: 1MiB\n  sync: no\napi: {}\nspol:\n").problems),
      ElementsAre(
          "2:13: journal.max_size (1MiB) must be at least twice journal.segment_size (64MiB): one is written while "
          "another is delivered",
          "3:9: journal.sync: expected always, interval or never, not 'no'",
          "5:1: unknown key 'spol': did you mean 'spool'?",
          "no API key: put it into /etc/respand/api_key where systemd runs respand (its credential respan_api_key), or "
          "set api.api_key_file, or api.api_key to ${RESPAN_API_KEY}, or the environment variable RESPAN_API_KEY"));
}

TEST(BadInput, ProblemsAsText) {
  EXPECT_EQ((Problem{"/etc/x.yaml", 3, 7, "no"}).to_string(), "/etc/x.yaml:3:7: no");
  EXPECT_EQ((Problem{"/etc/x.yaml", 0, 0, "no"}).to_string(), "/etc/x.yaml: no");
  const auto loaded = load_file("/missing", World{}.environment());
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].to_string(),
            "/missing: no such file; write one from /usr/share/doc/respand/respand.yaml");
}

}  // namespace
}  // namespace respand::config
