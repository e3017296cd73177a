// DocumentWalk and FaultFinder against RapidJSON: the same texts are accepted, with the same events, and a text that is
// refused is refused by both. oracle_test.cc holds the parser against a RapidJSON that has none of our scanners.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "random_document.h"
#include "record/fault_finder.h"
#include "respand/base/random.h"
#include "samples.h"
#include "tests/support/sanitized.h"
#include "walk_reference.h"

namespace respand::record {
namespace {

using namespace std::string_view_literals;

class WalkOracle : public ::testing::Test {
 protected:
  // Whether both accept it.
  bool agree(std::string_view text) {
    const auto wanted = reference_events(text, kMaxDepth);
    const auto got = walk_events(text, walk_);
    EXPECT_EQ(got.has_value(), wanted.has_value()) << text;
    EXPECT_TRUE(!got || !wanted || *got == *wanted) << text;
    EXPECT_EQ(fault_finder_.find(text).has_value(), !wanted.has_value()) << text;
    return wanted.has_value();
  }
  // Every text that is cut off, and every text in which one byte is one of these.
  void agree_on_changes(const std::string& text, std::string_view bytes) {
    for (std::size_t size = 0; size < text.size() && !HasFailure(); ++size) {
      agree(std::string_view(text).substr(0, size));
    }
    for (std::size_t at = 0; at < text.size() && !HasFailure(); ++at) {
      std::string changed = text;
      for (const char byte : bytes) {
        changed[at] = byte;
        agree(changed);
      }
      changed.erase(at, 1);
      agree(changed);
    }
  }

 private:
  DocumentWalk walk_{kMaxDepth};
  FaultFinder fault_finder_{kMaxDepth};
};

std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) {
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// Those at which a reader of JSON decides something, and a byte of each kind that UTF-8 has.
constexpr std::string_view kTelling = "{}[]:,\"\\u09aAdDtfn-+.eE \t\n\0\x1F\x7F\x80\xC2\xE0\xED\xF0\xFF"sv;

TEST_F(WalkOracle, EveryByteOfSmallRecordsChanged) {
  const std::string bytes = all_bytes();
  for (const std::string_view record :
       {R"( { "a" : [ 1 , -2.5e+3, 0.10,-0 ] ,"b":{"c":null,"d":[true,false,{}]} } )",
        R"({"e":"\u00e9\ud83d\ude00\n\\\"x","k\u0065y":[[],[[]],{"":""}],"n":1e400})",
        "{\"\xC3\xA9\":\"\xE2\x82\xAC\xF0\x9F\x98\x80 and plain text behind it\"}", "{}", "[{}]", "\"a\"", "-1"}) {
    agree_on_changes(std::string(record), bytes);
  }
}

TEST_F(WalkOracle, EveryByteOfAUsualRecordChanged) {
  agree_on_changes(usual_record(), kTelling.substr(0, test::kSanitized ? 2 : 14));
}

TEST_F(WalkOracle, TheFuzzTargetsCorpora) {
  std::size_t files = 0;
  for (const char* const corpus : {"record", "element_framer", "line_framer", "document_walk", "batch_answer"}) {
    const std::string folder = std::string(RESPAND_SOURCE_DIR "/tests/fuzz/corpus/") + corpus;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      agree(text);
      if (text.size() < 1000) {
        agree_on_changes(text, kTelling.substr(0, 12));
      }
      ++files;
    }
  }
  EXPECT_GT(files, 30U);
}

TEST_F(WalkOracle, RandomDocumentsAndChangesToThem) {
  SeededRandom random(20261129);
  RandomDocument documents(random);
  std::size_t accepted_changes = 0;
  const int rounds = test::kSanitized ? 1'000 : 10'000;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    const std::string text = documents.object();
    ASSERT_TRUE(agree(text)) << "a document that is made to be accepted: " << text;
    for (int change = 0; change < 3; ++change) {
      std::string changed = text;
      const std::size_t at = random.below(changed.size());
      switch (random.below(4)) {
        case 0:
          changed[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          changed.insert(at, 1, kTelling[random.below(kTelling.size())]);
          break;
        case 2:
          changed.erase(at, 1 + random.below(3));
          break;
        default:
          changed.resize(at);
      }
      accepted_changes += agree(changed) ? 1U : 0U;
    }
  }
  EXPECT_GT(accepted_changes, 0U) << "some changes leave JSON";
}

TEST_F(WalkOracle, BracketsAroundTheLimitOfDepth) {
  for (std::size_t depth = kMaxDepth - 2; depth <= kMaxDepth + 1; ++depth) {
    const std::string arrays = R"({"a":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
    EXPECT_EQ(agree(arrays), depth <= kMaxDepth) << depth;
    std::string objects;
    for (std::size_t i = 1; i < depth; ++i) {
      objects += R"({"a":)";
    }
    objects += "{" + std::string(depth, '}');
    EXPECT_EQ(agree(objects), depth <= kMaxDepth) << depth;
  }
}

}  // namespace
}  // namespace respand::record
