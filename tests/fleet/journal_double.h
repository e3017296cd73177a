#pragma once
// A journal's reader in memory. It outlives the edge: after restart() it gives out again what is not acknowledged. It
// checks that nothing is acknowledged twice, or that was not given out.

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "respand/base/text.h"
#include "respand/journal/attributes.h"
#include "respand/journal/reader.h"

namespace respand::fleet {

class JournalDouble final : public journal::JournalReader {
 public:
  struct Record {
    std::string attributes;
    std::string payload;
    ApiRoute route = ApiRoute::kRecords;
  };

  void add_reader(queue::Doorbell& bell, queue::Doorbell&) override { bell_ = &bell; }
  bool take(journal::Ref& out) noexcept override { return take_from(0, out); }
  bool take_routed(journal::WayId way, journal::Ref& out) noexcept override { return take_from(way, out); }
  Status append(const journal::Ref& ref, std::string& text) const override {
    std::string attributes;
    return append_request(ref, attributes, text);
  }
  Status append_request(const journal::Ref& ref, std::string& attributes, std::string& text) const override {
    if (const auto failure = failures.find(ref.sequence.value); failure != failures.end()) {
      return error(failure->second, "no");
    }
    const Record& record = records.at(ref.sequence.value);
    attributes = record.attributes;
    text += record.payload;
    return {};
  }
  std::uint64_t acknowledge(std::span<const journal::Ack> done) override {
    for (const journal::Ack& ack : done) {
      EXPECT_TRUE(given_.contains(ack.sequence.value)) << ack.sequence.value;
      EXPECT_TRUE(acknowledged.insert(ack.sequence.value).second) << ack.sequence.value;
    }
    return done.size();
  }
  bool rest_is_readable(const journal::Ref&) const override { return true; }
  void lost(const journal::Ref& ref, std::string_view) override {
    EXPECT_TRUE(lost_records.insert(ref.sequence.value).second);
    acknowledged.insert(ref.sequence.value);
  }

  // Adds a record, as the journal's thread publishes it.
  std::uint64_t add(std::string payload, std::string attributes = {}, ApiRoute route = ApiRoute::kRecords) {
    const std::uint64_t sequence = ++last_;
    records[sequence] = {std::move(attributes), std::move(payload), route};
    waiting_[index_of(route)].push_back(sequence);
    if (bell_ != nullptr) {
      bell_->ring();
    }
    return sequence;
  }
  void add_many(std::size_t count) {
    for (; count > 0; --count) {
      add(cat("{\"n\":", last_ + 1, "}"));
    }
  }
  // The reader is gone, and its bell with it.
  void forget_reader() { bell_ = nullptr; }
  void restart() {
    forget_reader();
    given_.clear();
    waiting_.clear();
    for (const auto& [sequence, record] : records) {
      if (!acknowledged.contains(sequence)) {
        waiting_[index_of(record.route)].push_back(sequence);
      }
    }
  }
  [[nodiscard]] bool is_open(Sequence sequence) const {
    return records.contains(sequence.value) && !acknowledged.contains(sequence.value);
  }
  [[nodiscard]] std::size_t open() const { return records.size() - acknowledged.size(); }

  std::map<std::uint64_t, Record> records;
  std::set<std::uint64_t> acknowledged;
  std::set<std::uint64_t> lost_records;
  std::map<std::uint64_t, ErrorCode> failures;

 private:
  bool take_from(std::size_t way, journal::Ref& out) {
    auto& waiting = waiting_[way];
    if (waiting.empty()) {
      return false;
    }
    const std::uint64_t sequence = waiting.front();
    waiting.pop_front();
    given_.insert(sequence);
    const Record& record = records.at(sequence);
    out = journal::Ref{};
    out.sequence = Sequence{sequence};
    out.length = static_cast<std::uint32_t>(record.attributes.size() + record.payload.size());
    out.received = WallTime{Duration{static_cast<Duration::rep>(sequence)}};
    out.route = record.route;
    out.way = journal::way_of(record.route);
    return true;
  }

  std::map<std::size_t, std::deque<std::uint64_t>> waiting_;
  std::set<std::uint64_t> given_;
  std::uint64_t last_ = 0;
  queue::Doorbell* bell_ = nullptr;
};

}  // namespace respand::fleet
