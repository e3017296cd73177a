#pragma once
// World: a small journal with segments in every state (spare, half acknowledged, live, being written), what it holds,
// and which records a change of its files may cost. For the tests of damage and repair.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "journal/format.h"
#include "tests/journal/bench_of_records.h"

namespace respand::journal {

inline constexpr std::size_t kTinySegment = 512;

inline Settings tiny_settings() {
  Settings settings;
  settings.directory = "/journal";
  settings.segment_size = Bytes{kTinySegment};
  settings.max_size = Bytes{64 * kTinySegment};
  settings.references = kFewReferences;
  return settings;
}

// Where a record lies.
struct Extent {
  std::string file;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct World {
  fs::FaultFileSystem::Snapshot disk;
  std::map<std::uint64_t, std::string> all;   // sequence -> payload, whatever was ever put in
  std::map<std::uint64_t, std::string> open;  // not acknowledged
  std::map<std::uint64_t, Extent> where;      // of the open ones
  std::map<std::string, std::string> files;   // path -> content
};

enum class End : std::uint8_t { kStopped, kKilled };

inline std::string payload_of(std::uint64_t number) {
  return cat("record ", number, std::string(number * 7 % 60, 'p'));
}

// Where the open records lie in a file.
inline void note_records(World& world, const std::string& path, const std::string& content) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(content.data());
  for (std::size_t at = SegmentHeader::kSize; at + RecordHeader::kSize <= content.size(); at += kAlignment) {
    const RecordHeader header = decode_record(bytes + at);
    const auto open = world.open.find(header.sequence.value);
    if (open != world.open.end() && header.length == open->second.size() &&
        at + RecordHeader::kSize + header.length <= content.size() && intact(bytes + at)) {
      world.where[header.sequence.value] = {path, at,
                                            at + RecordHeader::kSize + header.length};  // padding does not count
    }
  }
}

inline World make_world(End end) {
  World world;
  fs::FaultFileSystem fs;
  {
    Life life(fs, tiny_settings());
    std::uint64_t number = 0;
    const auto put = [&](std::uint64_t count) {
      for (std::uint64_t i = 0; i < count; ++i) {
        ++number;
        EXPECT_TRUE(life.put({payload_of(number)}));
        world.all[number] = payload_of(number);
      }
    };
    put(20);
    const auto taken = life.take_all();
    for (std::uint64_t s = 1; s <= 9; ++s) {
      life.acknowledge(s);  // the first segment becomes spare
    }
    life.acknowledge(11);
    static_cast<void>(life.journal->step());
    put(4);  // into the recycled one, too
    world.open = world.all;
    std::erase_if(world.open, [](const auto& record) { return record.first <= 9 || record.first == 11; });
    if (end == End::kStopped) {
      life.journal->stop();
    } else {
      fs.crash_keeping_all();
    }
    for (const std::string& path : fs.files()) {
      world.files[path] = fs.content(path);
    }
    for (const auto& [path, content] : world.files) {
      note_records(world, path, content);
    }
    world.disk = fs.snapshot();
  }
  EXPECT_EQ(world.where.size(), world.open.size());
  return world;
}

using Sequences = std::set<std::uint64_t>;

// The open records that a change of [begin, end) of a file may cost.
inline Sequences hit(const World& world, const std::string& file, std::uint64_t begin, std::uint64_t end) {
  Sequences out;
  for (const auto& [sequence, extent] : world.where) {
    if (extent.file == file && extent.begin < end && begin < extent.end) {
      out.insert(sequence);
    }
  }
  return out;
}

inline std::vector<std::string> segments_of(const World& world) {
  std::vector<std::string> out;
  for (const auto& [path, content] : world.files) {
    if (path.find("/seg-") != std::string::npos) {
      out.push_back(path);
    }
  }
  return out;
}

}  // namespace respand::journal
