#pragma once
// World: a worker with everything around it under the test's control: a journal in memory, an API that is a function,
// and time that moves only when the worker waits. No threads. It checks the invariants that always hold: a record is
// acknowledged once, and only after it was delivered or its dead letter was synced.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "answers.h"
#include "delivery/worker.h"
#include "respand/base/text.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::delivery {

class FakeOutlet final : public journal::JournalReader {
 public:
  void add_reader(queue::Doorbell& records, queue::Doorbell& others) override {
    bells.push_back(&records);
    other_bells.push_back(&others);
  }
  bool take(journal::Ref& out) noexcept override {
    if (waiting.empty()) {
      if (const auto then = std::exchange(on_empty, nullptr)) {
        then();
      }
      return false;
    }
    out = waiting.front();
    waiting.pop_front();
    ++taken;
    return true;
  }
  bool take_fresh(journal::Ref& out) noexcept override {
    if (fresh.empty()) {
      return false;
    }
    out = fresh.front();
    fresh.pop_front();
    ++taken;
    return true;
  }
  bool take_routed(journal::WayId way, journal::Ref& out) noexcept override {
    std::deque<journal::Ref>& waiting_there = routed[way];
    if (waiting_there.empty()) {
      return false;
    }
    out = waiting_there.front();
    waiting_there.pop_front();
    ++taken;
    return true;
  }
  double fresh_demand() const noexcept override { return demand; }
  Status append(const journal::Ref& ref, std::string& text) const override {
    if (const auto found = unreadable.find(ref.sequence.value); found != unreadable.end()) {
      return error(found->second, "for a test");
    }
    const std::string payload = payload_of(ref.sequence.value);
    text += payload;
    text.append(ref.length - payload.size(), ' ');
    return {};
  }
  bool rest_is_readable(const journal::Ref&) const override { return !disk_is_away; }
  std::uint64_t acknowledge(std::span<const journal::Ack> done) override {
    ++acknowledgements;
    std::uint64_t newly = 0;
    for (const journal::Ack& one : done) {
      before_acknowledge(one.sequence.value);
      if (dropped.erase(one.sequence.value) == 0) {
        EXPECT_TRUE(acknowledged.insert(one.sequence.value).second) << one.sequence.value << " acknowledged twice";
        ++newly;
      }
    }
    return newly;
  }
  void lost(const journal::Ref& ref, std::string_view) override {
    EXPECT_TRUE(lost_ones.insert(ref.sequence.value).second);
  }

  static std::string payload_of(std::uint64_t sequence) { return cat("{\"n\":", sequence, "}"); }
  void add(std::uint64_t sequence, WallTime received, std::uint32_t length = 32) {
    waiting.push_back({nullptr, 0, length, Sequence{sequence}, received});
  }
  void add_fresh(std::uint64_t sequence, WallTime received, std::uint32_t length = 32) {
    fresh.push_back({nullptr, 0, length, Sequence{sequence}, received});
  }
  [[nodiscard]] std::size_t open() const { return taken - acknowledged.size() - lost_ones.size(); }

  std::vector<queue::Doorbell*> bells;
  std::vector<queue::Doorbell*> other_bells;
  std::deque<journal::Ref> waiting;
  std::deque<journal::Ref> fresh;
  std::map<journal::WayId, std::deque<journal::Ref>> routed;
  double demand = 0;
  std::map<std::uint64_t, ErrorCode> unreadable;
  bool disk_is_away = false;
  std::set<std::uint64_t> acknowledged;
  std::set<std::uint64_t> lost_ones;
  std::set<std::uint64_t> dropped;  // by the journal (drop_oldest), before they were acknowledged
  std::size_t taken = 0;
  std::size_t acknowledgements = 0;
  std::function<void()> on_empty;  // once, after the next take() that finds nothing
  std::function<void(std::uint64_t)> before_acknowledge = [](std::uint64_t) {};
};

// A client whose requests are answered after `latency`, as `api` says. Waiting moves the clock.
class FakeClient final : public http::Client {
 public:
  using Api = std::function<http::Answer(std::uint64_t sequence, MonoTime now)>;
  FakeClient(ManualClock& clock, Api api) : api_(std::move(api)), clock_(clock) {}

  void start(std::uint64_t id, std::string payload) override {
    begin({id, {std::stoull(payload.substr(5))}, false, std::move(payload)});
  }
  void start_batch(std::uint64_t id, std::string payload, std::size_t) override {
    EXPECT_TRUE(payload.starts_with("{\"logs\":[{") && payload.ends_with("]}")) << payload;
    std::vector<std::uint64_t> sequences;
    for (std::size_t at = payload.find("\"n\":"); at != std::string::npos; at = payload.find("\"n\":", at + 1)) {
      sequences.push_back(std::stoull(payload.substr(at + 4, 20)));
    }
    batches.push_back(sequences);
    begin({id, std::move(sequences), true, std::move(payload)});
  }
  void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<http::Answer>& out) override {
    ++polls;
    if (land(out) || !before_wait()) {
      return;
    }
    if (before_sleep) {
      before_sleep();
    }
    if (std::exchange(awake_, false)) {
      return;
    }
    const MonoTime first = flying_.empty() ? MonoTime::max() : flying_.begin()->first;
    const MonoTime until = std::min({deadline, first, stop_at});
    if (until > clock_.mono()) {
      clock_.advance(until - clock_.mono());
    }
    static_cast<void>(land(out));
  }
  void wake() override { awake_ = true; }
  std::size_t in_flight() const override { return flying_.size(); }
  std::size_t capacity() const override { return most; }
  void set_target(const http::Target& target) override { targets.push_back(target); }
  bool has_key(std::string_view) const override { return keys_are_known; }

  Duration latency = std::chrono::milliseconds{20};
  std::size_t most = 32;
  bool keys_are_known = true;
  MonoTime stop_at = MonoTime::max();  // no wait goes beyond
  std::function<void()> before_sleep;
  std::function<http::Answer(const std::vector<std::uint64_t>& sequences, MonoTime now)> batch_api =
      [](const auto&, MonoTime) { return status(200); };
  std::map<std::uint64_t, int> started;  // by sequence, alone or in a batch
  std::vector<std::vector<std::uint64_t>> batches;
  std::vector<MonoTime> starts;
  std::vector<http::Target> targets;
  std::size_t most_in_flight = 0;
  std::uint64_t bytes = 0;
  std::uint64_t most_bytes = 0;
  std::size_t polls = 0;

 private:
  struct Flying {
    std::uint64_t id;
    std::vector<std::uint64_t> sequences;
    bool batch;
    std::string payload;
  };
  void begin(Flying flying) {
    EXPECT_TRUE(ids_.insert(flying.id).second) << "an id in use";
    for (const std::uint64_t sequence : flying.sequences) {
      ++started[sequence];
    }
    starts.push_back(clock_.mono());
    bytes += flying.payload.size();
    most_bytes = std::max(most_bytes, bytes);
    flying_.emplace(clock_.mono() + latency, std::move(flying));
    most_in_flight = std::max(most_in_flight, flying_.size());
  }
  bool land(std::vector<http::Answer>& out) {
    const std::size_t before = out.size();
    while (!flying_.empty() && flying_.begin()->first <= clock_.mono()) {
      Flying flying = std::move(flying_.begin()->second);
      flying_.erase(flying_.begin());
      http::Answer answer =
          flying.batch ? batch_api(flying.sequences, clock_.mono()) : api_(flying.sequences.front(), clock_.mono());
      answer.id = flying.id;
      answer.elapsed = latency;
      bytes -= flying.payload.size();
      answer.payload = std::move(flying.payload);
      ids_.erase(flying.id);
      out.push_back(std::move(answer));
    }
    return out.size() > before;
  }

  Api api_;
  ManualClock& clock_;
  std::multimap<MonoTime, Flying> flying_;
  std::set<std::uint64_t> ids_;
  bool awake_ = false;
};

class World {
 public:
  explicit World(
      FakeClient::Api api = [](std::uint64_t, MonoTime) { return status(200); }, Retry retry = {},
      std::uint32_t max_in_flight = 256, std::size_t max_open = 8192,
      const std::optional<Batching::Settings>& batch = std::nullopt)
      : upstream({1, max_in_flight, {}, retry, 7, max_in_flight}),
        dead_letters({"/dead", mebibytes(64)}, disk, clock),
        batching(batch.value_or(Batching::Settings{}), batch.has_value()),
        client(new FakeClient(clock, std::move(api))),
        worker(
            {0, max_open, retry, std::chrono::seconds{10}},
            {outlet, upstream, dead_letters, refusals, stuck, give_ups, registry, clock, batch ? &batching : nullptr},
            std::unique_ptr<http::Client>(client), 11) {}

  void add(std::uint64_t count, std::uint32_t length = 32) {
    for (; count > 0; --count) {
      outlet.add(++last, clock.wall(), length);
    }
  }
  // Steps for this span of virtual time, or until all is acknowledged.
  void run_for(Duration span) {
    client->stop_at = clock.mono() + span;
    while (clock.mono() < client->stop_at && (outlet.open() > 0 || !outlet.waiting.empty() || !outlet.fresh.empty())) {
      worker.step();
    }
    client->stop_at = MonoTime::max();
  }
  [[nodiscard]] std::string dead() const { return disk.exists(kFile) ? disk.content(kFile) : ""; }
  [[nodiscard]] std::size_t dead_lines() const {
    const std::string text = dead();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  [[nodiscard]] double counter(std::string_view name, metrics::Labels labels = {}) {
    return registry.counter(name, "", labels).value();
  }

  static constexpr const char* kFile = "/dead/2026-09-21.ndjson";
  ManualClock clock;
  FakeOutlet outlet;
  fs::FaultFileSystem disk;
  metrics::Registry registry;
  UpstreamGate upstream;
  DeadLetters dead_letters;
  RefusalRun refusals;
  StuckRecords stuck;
  GiveUpRequests give_ups{1};
  Batching batching;
  FakeClient* client;  // the worker's
  Worker worker;
  std::uint64_t last = 0;
};

}  // namespace respand::delivery
