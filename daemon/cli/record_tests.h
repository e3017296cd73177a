#pragma once
// Unit tests of a configuration, written in YAML: a record goes in, and the body that would be posted is checked. The
// record is encoded as in the daemon (encode/record_encoder.h), but nothing reaches a journal. Used by `respand test`;
// main thread.

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
  const config::Node* out = nullptr;  // members that the posted body must have; null: any
  std::vector<std::string> masked;    // JSON pointers to values that must differ from those in `in`
  std::vector<std::string> absent;    // JSON pointers to values that must not exist
  std::string cost;                   // empty: any; "none": no such member
  std::string generation_time;        // the same
  std::string sampled;                // "true", "false"; empty: any
  std::string key;      // the name of the key that it goes out under, "none": the configuration's; empty: any
  std::string uid;      // the user that hands it in; empty: not known
  std::string through;  // "socket", "spool", "http"; empty: socket
  std::string refused;  // a part of the reason; empty: the record is taken
};

struct TestFile {
  config::Node root;          // the document that the tests' pointers lead into
  std::string configuration;  // a path; empty: none is named
  std::vector<RecordTest> tests;
};

// Reads a file of tests. None where it has mistakes, which are then in the report.
[[nodiscard]] std::optional<TestFile> read_tests(std::string_view yaml, config::Report& report);

// What is not as the test wants it, a line each; empty: the test passes.
using Failures = std::vector<std::string>;
// Runs the tests one after the other, and calls `done` after each.
void run_tests(const config::Config& config, const std::vector<RecordTest>& tests,
               const std::function<void(const RecordTest&, const Failures&)>& done);

}  // namespace respand::cli
