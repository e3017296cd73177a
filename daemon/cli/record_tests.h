#pragma once
// Unit tests of a configuration, written in YAML: a record goes in, and what would be posted is looked at. The record
// goes the way that it goes in the daemon (encode/record_encoder.h), up to the journal. Used by `respand test`; main
// thread.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.h"
#include "respand/base/result.h"
#include "respand/config/config.h"

namespace respand::cli {

struct RecordTest {
  std::string name;
  config::Place place;
  std::string in;                     // JSON
  const config::Node* out = nullptr;  // members that what is posted has; null: any
  std::vector<std::string> masked;    // JSON pointers: not as in `in`
  std::vector<std::string> absent;    // not there
  std::string cost;                   // empty: any; "none": no such member
  std::string generation_time;        // likewise
  std::string sampled;                // "true", "false"; empty: any
  std::string key;      // the name of that under which it goes out, "none": the configuration's; empty: any
  std::string uid;      // who hands it in; empty: not known
  std::string through;  // "socket", "spool", "http"; empty: socket
  std::string refused;  // a part of the reason; empty: the record is taken
};

struct TestFile {
  config::Node root;          // what the tests point into
  std::string configuration;  // a path; empty: none is named
  std::vector<RecordTest> tests;
};

// Mistakes are said in the report. Nothing where there are some.
[[nodiscard]] std::optional<TestFile> read_tests(std::string_view yaml, config::Report& report);

// What is not as a test wants it, one line each; empty: it holds.
using Failures = std::vector<std::string>;
// Runs them one after the other.
void run_tests(const config::Config& config, const std::vector<RecordTest>& tests,
               const std::function<void(const RecordTest&, const Failures&)>& done);

}  // namespace respand::cli
