// Every fuzz target over its corpus, and over seeded mutations of it: what libFuzzer found once is tried by every
// preset, with any compiler.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "respand/base/text.h"
#include "tests/fuzz/input.h"

// TARGETS is TARGET(name) for each, from CMakeLists.txt.
#define TARGET(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
TARGETS
#undef TARGET

namespace respand::fuzz {
namespace {

using Function = int (*)(const std::uint8_t* data, std::size_t size);
struct Target {
  const char* name;
  Function run;
};

constexpr Target kTargets[] = {
#define TARGET(name) {#name, fuzz_##name},
    TARGETS
#undef TARGET
};

struct File {
  std::string name;
  std::string bytes;
};

std::vector<File> corpus_of(const std::string& target) {
  std::vector<File> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(CORPUS) + "/" + target)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({entry.path().filename(), {std::istreambuf_iterator<char>(in), {}}});
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

// One to four small changes: a byte set, taken out, doubled or put in; a part of another file; a part doubled; a cut.
std::string mutated(std::string bytes, const std::vector<File>& files, Random& random) {
  for (std::uint64_t left = 1 + random.below(4); left > 0; --left) {
    const std::size_t at = random.below(bytes.size() + 1);
    const std::string& other = files[random.below(files.size())].bytes;
    switch (random.below(6)) {
      case 0:
        bytes.insert(at, 1, static_cast<char>(random.below(256)));
        break;
      case 1:
        bytes.erase(at, 1 + random.below(4));
        break;
      case 2:
        bytes.insert(at, other.substr(random.below(other.size() + 1), random.below(32)));
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, random.below(16)));
        break;
      case 4:
        bytes.replace(at, 1, 1, static_cast<char>(random.below(256)));
        break;
      default:
        bytes.resize(random.below(8) == 0 ? at : bytes.size());
        break;
    }
  }
  return bytes;
}

class FuzzCorpus : public testing::TestWithParam<Target> {
 protected:
  static void run(const std::string& bytes, const std::string& what) {
    trying = what;
    GetParam().run(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    trying = {};
  }
};

TEST_P(FuzzCorpus, EveryFileAndNothing) {
  const auto files = corpus_of(GetParam().name);
  ASSERT_FALSE(files.empty());
  run("", "nothing");
  for (const File& file : files) {
    run(file.bytes, cat(GetParam().name, "/", file.name));
  }
}

TEST_P(FuzzCorpus, Mutations) {
  const auto files = corpus_of(GetParam().name);
  SeededRandom random(20261124);
  // A journal or a connection costs a hundred times what a line does.
  const bool slow = std::set<std::string>{"ack_lines", "journal"}.contains(GetParam().name);
  for (int round = 0; round < (slow ? ROUNDS / 20 : ROUNDS); ++round) {
    const File& file = files[random.below(files.size())];
    run(mutated(file.bytes, files, random), cat("mutation ", round, " of ", GetParam().name, "/", file.name));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(kTargets),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace respand::fuzz
