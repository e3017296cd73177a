#include "cli/record_tests.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "app/translate.h"
#include "config/json.h"
#include "journal/format.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/config/prices.h"
#include "respand/encode/record_encoder.h"

namespace respand::cli {
namespace {

using config::Node;

constexpr std::uint64_t kSeed = 1;  // of identifiers and sampling, so that each run is like the last one
constexpr std::size_t kMostShown = 200;

// The value that a JSON pointer leads to; null where there is none.
const Node* value_at(const Node& root, std::string_view pointer) {
  const Node* at = &root;
  while (at != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    std::string step(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(std::min(pointer.size(), step.size()));
    for (const auto& [escape, sign] : {std::pair("~1", "/"), {"~0", "~"}}) {
      for (std::size_t found = 0; (found = step.find(escape, found)) != std::string::npos; ++found) {
        step.replace(found, 2, sign);
      }
    }
    if (at->kind == Node::Kind::kList) {
      const auto index = static_cast<std::size_t>(std::strtoull(step.c_str(), nullptr, 10));
      at = index < at->items.size() ? &at->items[index] : nullptr;
    } else {
      at = config::member(*at, step);
    }
  }
  return at;
}

bool is_null(const Node& node) {
  return node.kind == Node::Kind::kNull || (!node.quoted && node.kind == Node::Kind::kScalar && node.text == "null");
}

bool same(const Node& a, const Node& b) {
  if (is_null(a) || is_null(b)) {
    return is_null(a) && is_null(b);
  }
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) {
    return false;
  }
  if (a.kind != Node::Kind::kMap) {
    return std::equal(a.items.begin(), a.items.end(), b.items.begin(), same);
  }
  return std::all_of(a.keys.begin(), a.keys.end(), [&](const Node& key) {
    const Node* const other = config::member(b, key.text);
    return other != nullptr && same(*config::member(a, key.text), *other);
  });
}

std::string shown(const Node* node) {
  if (node == nullptr) {
    return "nothing";
  }
  return node->kind == Node::Kind::kScalar ? cat("'", printable(node->text, kMostShown), "'")
                                           : std::string(config::name_of(node->kind));
}

// Reports where `got` differs from `want`. Maps of `want` may have fewer members.
void compare(const Node& want, const Node* got, const std::string& pointer, Failures& failures) {
  if (want.kind == Node::Kind::kMap && got != nullptr && got->kind == Node::Kind::kMap) {
    for (std::size_t i = 0; i < want.keys.size(); ++i) {
      compare(want.items[i], config::member(*got, want.keys[i].text), cat(pointer, "/", want.keys[i].text), failures);
    }
  } else if (got == nullptr || !same(want, *got)) {
    failures.push_back(cat(pointer, ": ", shown(got), " is posted, not ", shown(&want)));
  }
}

// Reads one test, and reports each mistake at its place.
class TestReader {
 public:
  explicit TestReader(config::Report& report) : report_(report) {}

  RecordTest read(const Node& node) {
    RecordTest test{.name = {},
                    .place = node.place,
                    .in = {},
                    .masked = {},
                    .absent = {},
                    .cost = {},
                    .generation_time = {},
                    .sampled = {},
                    .key = {},
                    .uid = {},
                    .through = {},
                    .refused = {}};
    if (node.kind != Node::Kind::kMap) {
      report_.problem(node.place, "a test is a map with name, in and what is expected");
      return test;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      read_member(node.keys[i], node.items[i], test);
    }
    if (test.in.empty()) {
      report_.problem(node.place, "a test needs in: a record");
    }
    test.name = test.name.empty() ? cat("line ", node.place.line) : test.name;
    return test;
  }

 private:
  void read_member(const Node& key, const Node& value, RecordTest& test) {
    const std::pair<std::string_view, std::string RecordTest::*> texts[] = {
        {"name", &RecordTest::name},       {"cost", &RecordTest::cost},
        {"sampled", &RecordTest::sampled}, {"generation_time", &RecordTest::generation_time},
        {"key", &RecordTest::key},         {"uid", &RecordTest::uid},
        {"through", &RecordTest::through}, {"refused", &RecordTest::refused}};
    for (const auto& [name, field] : texts) {
      if (key.text == name) {
        test.*field = text(key, value);
        return;
      }
    }
    if (key.text == "in") {
      test.in = record(value);
    } else if (key.text == "out") {
      test.out = &value;
    } else if (key.text == "masked" || key.text == "absent") {
      (key.text == "masked" ? test.masked : test.absent) = pointers(key, value);
    } else {
      report_.problem(key.place, cat("unknown '", printable(key.text, 60),
                                     "': a test has name, in, uid, through, out, masked, absent, sampled, cost, "
                                     "generation_time, key and refused"));
    }
    if (key.text == "out" && value.kind != Node::Kind::kMap) {
      report_.problem(value.place, "out: expected a map of what is posted");
    }
  }

  std::string text(const Node& key, const Node& value) {
    if (value.kind != Node::Kind::kScalar) {
      report_.problem(value.place, cat(key.text, ": expected text, not ", config::name_of(value.kind)));
    } else if (key.text == "sampled" && value.text != "true" && value.text != "false") {
      report_.problem(value.place, "sampled: expected true or false");
    } else if (key.text == "uid" && !is_uid(value.text)) {
      report_.problem(value.place, "uid: expected the number of a user");
    } else if (key.text == "through" && value.text != "socket" && value.text != "spool" && value.text != "http") {
      report_.problem(value.place, "through: expected socket, spool or http");
    }
    return value.text;
  }

  static bool is_uid(std::string_view text) {
    std::uint32_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    return error == std::errc() && end == text.data() + text.size();
  }

  // The record of a test: a YAML value, or a text that is JSON already.
  std::string record(const Node& value) {
    if (value.kind == Node::Kind::kScalar) {
      return value.text;
    }
    std::string json;
    const config::Environment environment = config::Environment::process();
    config::Reader reader(environment, report_, "in");
    static_cast<void>(config::put_json(value, reader, json));
    return json;
  }

  std::vector<std::string> pointers(const Node& key, const Node& value) {
    std::vector<std::string> all;
    for (const Node& item : value.items) {
      if (item.kind != Node::Kind::kScalar || !item.text.starts_with('/')) {
        report_.problem(item.place, cat(key.text, ": expected JSON pointers such as /metadata/token"));
      }
      all.push_back(item.text);
    }
    if (value.kind != Node::Kind::kList) {
      report_.problem(value.place, cat(key.text, ": expected a list of JSON pointers"));
    }
    return all;
  }

  config::Report& report_;
};

// What would be posted for one record.
struct Posted {
  bool taken = false;
  std::string reason;  // why it is not
  std::string json;
  bool sampled = true;
  std::string key;  // the name of the key that it goes out under; empty: the configuration's
};

// Encodes records as the daemon does; nothing reaches a journal.
class Bench final : public journal::Producer {
 public:
  explicit Bench(const config::Config& config)
      : config_(config), encoder_(settings(config, prices_), system_clock(), kSeed) {
    prices_.set(
        std::make_shared<const record::PriceTable>(config::load_prices(config, config::Environment::process()).lists));
  }
  void committed(std::unique_ptr<journal::Batch>, journal::CommitResult) noexcept override {}

  [[nodiscard]] Posted take(const RecordTest& test) {
    const std::string& record = test.in;
    encoder_.reconfigure(encode::RulesInForce(app::record_rules(config_), registry_,
                                              test.through == "spool" ? config_.spool.key : config_.socket.key));
    const record::ParsedRecord parsed = encoder_.parse(record);
    if (!parsed.ok) {
      return {.taken = false, .reason = std::string(parsed.refusal.message), .json = {}, .key = {}};
    }
    const std::size_t room = encoder_.prepare(record, parsed.fields);
    journal::Batch batch(*this, journal::Batch::encoded_size(0, room));
    encoder_.append(batch, record, parsed.fields, "");
    const auto bytes = batch.encoded();
    const journal::RecordHeader header = journal::decode_record(bytes.data());
    const char* const payload =
        reinterpret_cast<const char*>(bytes.data()) + journal::RecordHeader::kSize + header.attributes;
    return {.taken = true,
            .reason = {},
            .json = std::string(payload, header.length - header.attributes),
            .sampled = (header.flags & journal::kNotForDelivery) == 0,
            .key = std::string(encoder_.key_for(parsed.fields, sender(test)))};
  }

 private:
  // The sender has no key of its own: a request that bears a key of api.keys goes out under that one, whatever the
  // rules say, so there would be nothing to test.
  static encode::RecordEncoder::Sender sender(const RecordTest& test) {
    encode::RecordEncoder::Sender sender;
    sender.local = test.through != "http";
    if (!test.uid.empty()) {
      sender.uid = static_cast<std::uint32_t>(std::strtoul(test.uid.c_str(), nullptr, 10));
    }
    return sender;
  }
  static encode::RecordEncoder::Settings settings(const config::Config& config,
                                                  const SnapshotCell<record::PriceTable>& prices) {
    encode::RecordEncoder::Settings settings = app::spool_settings(config).encoder;
    settings.prices = &prices;
    settings.missing = nullptr;
    return settings;
  }

  const config::Config& config_;
  metrics::Registry registry_;
  SnapshotCell<record::PriceTable> prices_;
  encode::RecordEncoder encoder_;
};

void expect_figure(std::string_view name, const std::string& want, const Node& posted, Failures& failures) {
  if (want.empty()) {
    return;
  }
  const Node* const got = config::member(posted, name);
  const bool none = want == "none";
  const bool equal = got != nullptr && std::strtod(got->text.c_str(), nullptr) == std::strtod(want.c_str(), nullptr);
  if (none ? got != nullptr : !equal) {
    failures.push_back(cat(name, ": ", shown(got), " is posted, not ", want));
  }
}

// Checks everything else that a test wants of a record that was taken.
void judge(const RecordTest& test, const Posted& posted, Failures& failures) {
  config::Report ignored("posted");
  const auto out = config::parse(posted.json, ignored);
  const auto in = config::parse(test.in, ignored);
  if (!out || !in) {
    failures.emplace_back("what is posted can't be read");
    return;
  }
  if (test.out != nullptr) {
    compare(*test.out, &*out, "", failures);
  }
  for (const std::string& pointer : test.masked) {
    const Node* const before = value_at(*in, pointer);
    const Node* const after = value_at(*out, pointer);
    if (before == nullptr) {
      failures.push_back(cat(pointer, ": is not in the record"));
    } else if (after != nullptr && same(*before, *after)) {
      failures.push_back(cat(pointer, ": is posted as it came, not masked"));
    }
  }
  for (const std::string& pointer : test.absent) {
    if (const Node* const found = value_at(*out, pointer); found != nullptr) {
      failures.push_back(cat(pointer, ": ", shown(found), " is posted, and should not be there"));
    }
  }
  expect_figure("cost", test.cost, *out, failures);
  expect_figure("generation_time", test.generation_time, *out, failures);
  if (!test.key.empty() && (test.key == "none" ? std::string() : test.key) != posted.key) {
    failures.push_back(cat("it goes out under ", posted.key.empty() ? "the configuration's key" : posted.key, ", not ",
                           test.key == "none" ? "that" : test.key));
  }
  if (!test.sampled.empty() && (test.sampled == "true") != posted.sampled) {
    failures.emplace_back(posted.sampled ? "it is delivered, not left out by records.sample"
                                         : "it is left out by records.sample, not delivered");
  }
}

}  // namespace

std::optional<TestFile> read_tests(std::string_view yaml, config::Report& report) {
  auto root = config::parse(yaml, report);
  if (!root) {
    return std::nullopt;
  }
  TestFile file{.root = std::move(*root), .configuration = {}, .tests = {}};
  const Node* const tests = config::member(file.root, "tests");
  for (const Node& key : file.root.keys) {
    if (key.text != "tests" && key.text != "configuration") {
      report.problem(key.place, cat("unknown '", printable(key.text, 60), "': known are configuration and tests"));
    }
  }
  if (const Node* const path = config::member(file.root, "configuration")) {
    file.configuration = path->text;
  }
  if (tests == nullptr || tests->kind != Node::Kind::kList || tests->items.empty()) {
    report.problem(file.root.place, "expected tests: a list of tests");
    return std::nullopt;
  }
  TestReader reader(report);
  for (const Node& test : tests->items) {
    file.tests.push_back(reader.read(test));
  }
  return report.problem_count() == 0 ? std::optional(std::move(file)) : std::nullopt;
}

void run_tests(const config::Config& config, const std::vector<RecordTest>& tests,
               const std::function<void(const RecordTest&, const Failures&)>& done) {
  Bench bench(config);
  for (const RecordTest& test : tests) {
    const Posted posted = bench.take(test);
    Failures failures;
    if (!posted.taken) {
      const bool wanted = !test.refused.empty() && posted.reason.find(test.refused) != std::string::npos;
      if (!wanted) {
        failures.push_back(cat("the record is refused: ", printable(posted.reason, kMostShown)));
      }
    } else if (!test.refused.empty()) {
      failures.emplace_back("the record is taken, not refused");
    } else {
      judge(test, posted, failures);
    }
    done(test, failures);
  }
}

}  // namespace respand::cli
