#pragma once
// What the tests of exactly-once stand on: files of many records, and a count of how often each was taken.

#include <string>
#include <vector>

#include "tests/spool/support.h"

namespace respand::spool {

using Strings = std::vector<std::string>;

class SpoolCrashTest : public SpoolTest {
 protected:
  // Records of about 2 KB, so that a file of a thousand fills several batches.
  static std::string record(std::uint64_t i) { return cat("{\"i\":", i, ",\"s\":\"", std::string(2000, 's'), "\"}"); }
  static std::string lines(std::uint64_t first, std::uint64_t end, bool bad_too = true) {
    std::string text;
    for (std::uint64_t i = first; i < end; ++i) {
      text += record(i) + "\n";
      if (bad_too && i % 100 == 7) {
        text += cat("bad line ", i, "\n\n");
      }
    }
    return text;
  }
  static std::string array(std::uint64_t first, std::uint64_t end) {
    std::string text = "[";
    for (std::uint64_t i = first; i < end; ++i) {
      text += (i == first ? "" : ",\n ") + record(i);
    }
    return text + "]";
  }
  void expect_each_once(std::uint64_t records) {
    const auto counts = tally(journal_);
    EXPECT_EQ(counts.size(), records);
    for (std::uint64_t i = 0; i < records; ++i) {
      const auto found = counts.find(record(i));
      ASSERT_NE(found, counts.end()) << "lost: " << i;
      ASSERT_EQ(found->second, 1) << "taken twice: " << i;
    }
    EXPECT_EQ(directory_.files(), Strings{});
  }
  void finish_all() {
    for (int i = 0; i < 3; ++i) {
      pass(kScanInterval);
    }
  }
};

}  // namespace respand::spool
