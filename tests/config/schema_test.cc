// The JSON Schema of the configuration: it holds every key, takes what the loader takes, and refuses what an editor
// should underline.

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/schema.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "config/json.h"
#include "config/node.h"
#include "respand/config/json_schema.h"
#include "tests/config/world.h"

namespace respand::config {
namespace {

// RapidJSON reads sixteen bytes at a time, also beyond the end.
std::string padded(std::string json) { return json.append(32, '\0'); }

class Schema : public testing::Test {
 protected:
  Schema() {
    text_.Parse(padded(json_schema()).c_str());
    EXPECT_FALSE(text_.HasParseError()) << json_schema();
    schema_ = std::make_unique<rapidjson::SchemaDocument>(text_);
  }

  // As an editor sees it: before anything is replaced.
  [[nodiscard]] bool takes(std::string_view yaml) const {
    Report report("f");
    const auto root = parse(yaml, report);
    EXPECT_TRUE(root.has_value()) << yaml;
    const Environment nothing = World().environment();
    Reader reader(nothing, report, "f");
    std::string json;
    EXPECT_TRUE(root && put_json(*root, reader, json)) << yaml;
    rapidjson::Document document;
    document.Parse(padded(json).c_str());
    EXPECT_FALSE(document.HasParseError()) << json;
    rapidjson::SchemaValidator validator(*schema_);
    return document.Accept(validator);
  }

  // What the schema says of a key; null where it has none.
  [[nodiscard]] const rapidjson::Value* find(const std::string& path) const {
    const rapidjson::Value* at = &text_["allOf"][0];
    std::istringstream steps(path);
    for (std::string step; std::getline(steps, step, '.');) {
      if (!at->HasMember("properties") || !(*at)["properties"].HasMember(step.c_str())) {
        return nullptr;
      }
      at = &(*at)["properties"][step.c_str()];
    }
    return at;
  }

  rapidjson::Document text_;
  std::unique_ptr<rapidjson::SchemaDocument> schema_;
};

// `path: value` as nested YAML in one line.
std::string nested(const std::string& path, const std::string& value) {
  std::string yaml = value;
  for (std::size_t end = path.size(); end != std::string::npos;) {
    const std::size_t dot = path.rfind('.', end - 1);
    yaml = cat("{", path.substr(dot + 1, end - dot - 1), ": ", yaml, "}");
    end = dot;
  }
  return yaml;
}

std::string default_file() {
  std::stringstream text;
  text << std::ifstream(RESPAND_CONFIG_DIR "/respand.yaml").rdbuf();
  return text.str();
}

TEST_F(Schema, HoldsEveryKeyWithWordsAndItsDefault) {
  ASSERT_GT(describe().size(), 60U);
  for (const KeyInfo& key : describe()) {
    const rapidjson::Value* const found = find(key.path);
    ASSERT_NE(found, nullptr) << key.path;
    const std::string about = (*found)["description"].GetString();
    EXPECT_NE(about.find(key.about), std::string::npos) << key.path;
    EXPECT_NE(about.find(key.default_text), std::string::npos) << key.path;
    EXPECT_TRUE(takes(nested(key.path, ""))) << key.path;
    EXPECT_TRUE(takes(nested(key.path, key.default_text))) << key.path << ": " << key.default_text;
  }
}

TEST_F(Schema, TakesTheShippedFileWithAndWithoutItsComments) {
  const std::string file = default_file();
  ASSERT_FALSE(file.empty());
  EXPECT_TRUE(takes(file));
  EXPECT_TRUE(takes(std::regex_replace(file, std::regex("(^|\n)( *)#(?=[a-z])"), "$1$2")));
}

TEST_F(Schema, TakesWhatTheLoaderTakes) {
  const World world;
  for (const std::string yaml : {
           "",
           "api: {base_url: 'http://127.0.0.1:1', http_version: 1.1}",
           "api: {http_version: '1.1', batch: {path: request-logs/batch/create, linger: 0}}",
           "api: {proxy: environment}",
           "socket: {mode: 0660, group: 27, allow_uids: [0, '1000'], max_connections: '12'}",
           "socket: {mode: \"0600\", group: adm, rate_limit: {records: 5, bytes: 0}}",
           "journal: {max_size: 8589934592, sync: interval, sync_interval: 100ms}",
           "journal: {max_size: 8GiB}",
           "delivery: {retry: {max_age: 0, statuses: {permanent: [409], transient: []}}, fresh_share: 0.25}",
           "records: {sample: {rate: '0.5', keep_errors: true}, defaults: {metadata: {host: web-1}}}",
           "records: {sample: {keep_errors: 'false'}, redact: [/a/b], redact_text: [email], add: [cost]}",
           "costs: {budgets: [{match: {customer: 5}, per: day, usd: 0.5}, {per: month, usd: '2000'}]}",
           "datagram:",
           "datagram: {path: ''}",
           "http: {listen: '127.0.0.1:8126'}",
           "log: {level: warning, format: json}",
       }) {
    EXPECT_TRUE(takes(yaml)) << yaml;
    EXPECT_EQ(texts(world.load(yaml).problems), std::vector<std::string>()) << yaml;
  }
}

TEST_F(Schema, RefusesWhatTheLoaderRefuses) {
  const World world;
  for (const std::string yaml : {
           "apis: {}",
           "api: []",
           "[]",
           "api: {base_ulr: 'https://x'}",
           "api: {http_version: 3}",
           "api: {batch: {max_records: 0}}",
           "socket: {max_connections: 65537}",
           "socket: {max_connections: many}",
           "socket: {allow_uids: root}",
           "socket: {path: run/respand.sock}",
           "socket: {mode: rw}",
           "journal: {max_size: 8MB}",
           "journal: {sync: sometimes}",
           "journal: {sync_interval: 100}",
           "delivery: {fresh_share: 2}",
           "delivery: {retry: {statuses: {permanent: [200]}}}",
           "records: {add: [price]}",
           "records: {redact: [metadata]}",
           "records: {defaults: [a]}",
           "costs: {budgets: [{per: day}]}",
           "costs: {budgets: [{per: week, usd: 1}]}",
           "costs: {budgets: [{per: day, usd: 1, match: {team: x}}]}",
           "log: {level: warn}",
       }) {
    EXPECT_FALSE(takes(yaml)) << yaml;
    EXPECT_NE(texts(world.load(yaml).problems), std::vector<std::string>()) << yaml;
  }
}

// The fragment of a key takes a variable wherever the loader does; the text is not replaced before an editor sees it.
TEST_F(Schema, TakesAVariableInPlaceOfAValue) {
  for (const std::string path : {"socket.path", "socket.max_connections", "journal.max_size", "journal.sync",
                                 "records.sample.rate", "log.level", "delivery.retry.max"}) {
    const rapidjson::Value* const key = find(path);
    ASSERT_NE(key, nullptr) << path;
    const rapidjson::SchemaDocument of_key(*key);
    rapidjson::SchemaValidator validator(of_key);
    EXPECT_TRUE(rapidjson::Document().SetString("${NAME:-x}").Accept(validator)) << path;
    rapidjson::SchemaValidator strict(of_key);
    EXPECT_FALSE(rapidjson::Document().SetString("$NAME").Accept(strict)) << path;
  }
}

}  // namespace
}  // namespace respand::config
