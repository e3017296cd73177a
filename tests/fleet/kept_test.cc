// Kept messages on the disk: their form, their limits, and what damage and power cuts leave of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fleet/batch_message.h"
#include "fleet/kept_messages.h"
#include "fleet/kept_reader.h"
#include "respand/base/random.h"
#include "respand/base/text.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::fleet {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t kKeptRoom = std::uint64_t{1} << 20;

std::string kept_message(std::uint64_t number, std::size_t size = 100) {
  BatchWriter writer;
  writer.begin(7, "web-1");
  writer.add(
      {Sequence{number}, WallTime{}, journal::Kind::kCompletion, ApiRoute::kRecords, {}, std::string(size, 'x')});
  return writer.finish(false);
}

class KeptTest : public testing::Test {
 protected:
  void open(bool published_before = false) {
    kept_.reset();
    kept_ = std::make_unique<KeptMessages>(limits_, "/d/fleet", published_before, fs_, counters_, clock_);
  }
  void append(std::uint64_t number, std::size_t size = 100) {
    kept_->append({cat("id-", number), kept_message(number, size)}, number, false);
  }
  void append_all(std::uint64_t first, std::uint64_t last, std::size_t size = 100) {
    for (std::uint64_t number = first; number <= last; ++number) {
      append(number, size);
    }
  }
  // Ids of what can be read from the beginning on; each message is checked.
  std::vector<std::string> ids(bool* whole = nullptr) {
    KeptReader reader(kept_->files(), KeptReader::Reads::kMessages, kept_->taken());
    KeptReader::Message message;
    std::vector<std::string> out;
    if (whole != nullptr) {
      *whole = true;
    }
    for (;;) {
      switch (reader.next(kept_->end(), message)) {
        case KeptReader::Step::kMessage:
          out.push_back(message.id);
          EXPECT_TRUE(read_batch(message.message));
          break;
        case KeptReader::Step::kMissing:
          if (whole != nullptr) {
            *whole = false;
          }
          break;
        case KeptReader::Step::kFailed:
          reader.skip_file();
          break;
        case KeptReader::Step::kEnd:
          return out;
      }
    }
  }
  // The stream holds messages from `first` to `last`.
  void look(std::uint64_t first, std::uint64_t last) {
    nats::StreamInfo info;
    info.config.retention = "workqueue";
    info.config.discard = "new";
    info.first_sequence = first;
    info.last_sequence = last;
    kept_->look_at(info, true);
  }
  std::vector<std::string> names() { return fs_.list("/d/fleet/kept").value(); }

  KeptMessages::Limits limits_{hours{24}, kKeptRoom};
  ManualClock clock_;
  fs::FaultFileSystem fs_;
  metrics::Registry registry_;
  EdgeCounters counters_{registry_};
  std::unique_ptr<KeptMessages> kept_;
};

TEST_F(KeptTest, TheFormOnDiskIsTheDocumentedOne) {
  open();
  append(1, 1);
  const auto file = fs_.open("/d/fleet/kept/0000000000000001.kept", fs::OpenMode::kRead);
  ASSERT_TRUE(file);
  std::string bytes((*file)->size().value(), '\0');
  ASSERT_TRUE((*file)->read_at(0, std::as_writable_bytes(std::span(bytes))));
  EXPECT_EQ(bytes.substr(0, 8), "RSPNDKPT");
  std::int64_t made = 0;
  std::memcpy(&made, bytes.data() + 8, sizeof made);
  EXPECT_EQ(WallTime{Duration{made}}, clock_.wall());
  const std::string message = kept_message(1, 1);
  const std::string lengths = std::string("\4\0\0\0", 4) + static_cast<char>(message.size()) + std::string(3, '\0');
  EXPECT_EQ(bytes.substr(16, 12), lengths + "id-1");
  EXPECT_EQ(bytes.substr(28, 8), std::string("\x51\xE2\x14\xC5\x01\x25\xE1\x88", 8));
  EXPECT_EQ(bytes.substr(36), message);
}

TEST_F(KeptTest, ComeBackInOrderOverAStart) {
  open();
  append_all(1, 5);
  EXPECT_TRUE(kept_->whole());
  open();
  append_all(6, 7);
  EXPECT_THAT(names(), SizeIs(2)) << "a start begins a file";
  EXPECT_THAT(ids(), ElementsAre("id-1", "id-2", "id-3", "id-4", "id-5", "id-6", "id-7"));
  EXPECT_TRUE(kept_->whole());
}

TEST_F(KeptTest, NeverTakeMoreThanTheirSize) {
  open();
  for (std::uint64_t number = 1; number <= 200; ++number) {
    append(number, 20'000);
    std::uint64_t bytes = 0;
    for (const std::string& name : names()) {
      bytes += fs_.open(cat("/d/fleet/kept/", name), fs::OpenMode::kRead).value()->size().value();
    }
    ASSERT_EQ(bytes, kept_->files().bytes());
    ASSERT_LE(bytes, kKeptRoom);
  }
  EXPECT_GT(kept_->files().bytes(), kKeptRoom * 8 / 10);
  EXPECT_EQ(ids().back(), "id-200");
  EXPECT_FALSE(kept_->whole()) << "older ones went before a relay had them";
  append(201, kKeptRoom);
  EXPECT_EQ(kept_->refused(), 1U);
}

TEST_F(KeptTest, GoWithTheirAge) {
  open();
  append(1);
  for (std::uint64_t number = 2; number <= 60; ++number) {
    clock_.advance(hours{1});
    append(number);
    look(1, number);
  }
  EXPECT_EQ(ids().back(), "id-60");
  EXPECT_LE(ids().size(), 28U);
  EXPECT_GE(ids().size(), 24U);
  EXPECT_FALSE(kept_->whole());
}

// What a relay has acknowledged has left the work queue.
TEST_F(KeptTest, GoOnceRelaysHaveThem) {
  open();
  append_all(1, 10);
  look(1, 10);
  append_all(11, 12);
  look(10, 12);
  EXPECT_THAT(ids(), SizeIs(12)) << "message 10 is still in the stream";
  look(11, 12);
  EXPECT_THAT(ids(), ElementsAre("id-11", "id-12"));
  open();
  EXPECT_THAT(ids(), ElementsAre("id-11", "id-12"));
  look(13, 12);
  look(13, 12);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_TRUE(kept_->whole());
}

// An answer of the stream that is older than the last acknowledgements says nothing of them.
TEST_F(KeptTest, AnOldAnswerTakesNothing) {
  open();
  append_all(1, 10);
  look(8, 7);
  look(8, 7);
  EXPECT_THAT(ids(), SizeIs(10));
}

TEST_F(KeptTest, OtherKindsOfStreamsSayNothingOfRelays) {
  open();
  append_all(1, 10);
  look(1, 10);
  nats::StreamInfo info;
  info.config.retention = "limits";
  info.first_sequence = 11;
  info.last_sequence = 10;
  kept_->look_at(info, true);
  info.config.retention = "workqueue";
  info.config.discard = "old";
  info.config.max_bytes = 1000;
  kept_->look_at(info, true);
  info.config.discard = "new";
  info.config.max_age_ns = 1;
  kept_->look_at(info, true);
  EXPECT_THAT(ids(), SizeIs(10));
}

// Before nats.keep there was, perhaps, something that no relay has.
TEST_F(KeptTest, WhatWasPublishedBeforeIsMissing) {
  open(true);
  append(1);
  EXPECT_FALSE(kept_->whole());
  look(1, 5);
  look(6, 5);
  EXPECT_TRUE(kept_->whole());
}

TEST_F(KeptTest, SizeZeroKeepsNothingAndRemovesWhatThereIs) {
  open();
  append_all(1, 3);
  limits_.size = 0;
  open();
  append(4);
  EXPECT_THAT(names(), IsEmpty());
  limits_.size = kKeptRoom;
  open(true);
  EXPECT_FALSE(kept_->whole());
}

// The disk is full for a while: that is counted, and known after a start.
TEST_F(KeptTest, ADiskThatRefusesLeavesAGap) {
  open();
  append_all(1, 3);
  fs_.fail_at(1, {.os_error = ENOSPC});
  append(4);
  append(5);
  EXPECT_EQ(kept_->refused(), 2U);
  EXPECT_FALSE(kept_->whole());
  clock_.advance(KeptMessages::kAgain);
  append(6);
  EXPECT_THAT(ids(), ElementsAre("id-1", "id-2", "id-3", "id-6"));
  open();
  EXPECT_FALSE(kept_->whole()) << "a number is missing among the files";
  EXPECT_EQ(registry_.sum("respand_nats_not_kept_total"), 2);
}

TEST_F(KeptTest, DamageIsToldAndLeftOut) {
  open();
  append_all(1, 3);
  open();
  append_all(4, 5);
  const std::string first = "/d/fleet/kept/0000000000000001.kept";
  const std::uint64_t frame = (kept_->files().all().front().size - KeptFiles::kFileHead) / 3;
  bool whole = true;
  fs_.flip(first, KeptFiles::kFileHead + frame - 1);
  EXPECT_THAT(ids(&whole), ElementsAre("id-2", "id-3", "id-4", "id-5")) << "a message";
  EXPECT_FALSE(whole);
  fs_.flip(first, KeptFiles::kFileHead + frame + 2);
  EXPECT_THAT(ids(&whole), ElementsAre("id-4", "id-5")) << "a head: what follows can't be found";
  EXPECT_FALSE(whole);
}

// Each place where the power can be cut, and many states of the disk after it: what can be read is whole and in order,
// and after a kill -9 nothing is missing that was not refused.
TEST_F(KeptTest, AfterAPowerCutAnywhere) {
  limits_.size = 200'000;
  SeededRandom random(20261130);
  const auto story = [this] {
    open();
    append_all(1, 8, 9000);
    look(1, 8);
    append_all(9, 14, 9000);
    look(9, 14);
  };
  story();
  const std::uint64_t calls = fs_.operations();
  const fs::FaultFileSystem::Snapshot empty = fs::FaultFileSystem().snapshot();
  for (std::uint64_t nth = 1; nth <= calls + 1; ++nth) {
    for (const bool power_cut : {false, true}) {
      kept_.reset();
      fs_.restore(empty);
      fs_.power_off_at(nth);
      story();
      const std::uint64_t refused = kept_->refused();
      kept_.reset();
      power_cut ? fs_.crash(random) : fs_.crash_keeping_all();
      open();
      bool whole = true;
      const auto found = ids(&whole);
      std::uint64_t before = 0;
      for (const std::string& id : found) {
        const std::uint64_t number = std::stoul(id.substr(3));
        ASSERT_GT(number, before) << nth;
        before = number;
      }
      if (!power_cut && refused == 0) {
        ASSERT_TRUE(whole) << nth;
        ASSERT_TRUE(kept_->whole()) << nth;
        ASSERT_EQ(before, 14U) << nth;
      }
      append(15);
      ASSERT_EQ(ids().back(), "id-15") << nth;
    }
  }
}

}  // namespace
}  // namespace respand::fleet
