// The module with its threads: a journal that hands out records from several threads' point of view, a client that
// answers at once. For ThreadSanitizer as much as for the result.
#include "delivery/delivery.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "answers.h"
#include "shared_outlet.h"
#include "tests/support/fs/fault_file_system.h"

namespace respand::delivery {
namespace {

// Answers in the next poll; waits as the real one does.
class InstantClient final : public http::Client {
 public:
  explicit InstantClient(const std::atomic<int>& code) : code_(code) {}
  void start(std::uint64_t id, std::string payload) override {
    http::Answer answer = status(code_);
    answer.id = id;
    answer.payload = std::move(payload);
    ready_.push_back(std::move(answer));
  }
  void start_batch(std::uint64_t id, std::string payload, std::size_t) override { start(id, std::move(payload)); }
  void poll(MonoTime deadline, const std::function<bool()>& before_wait, std::vector<http::Answer>& out) override {
    if (ready_.empty() && before_wait()) {
      sleeper_.wait_until(std::min(deadline, system_clock().mono() + std::chrono::hours{1}));
    }
    std::move(ready_.begin(), ready_.end(), std::back_inserter(out));
    ready_.clear();
  }
  void wake() override { sleeper_.wake(); }
  std::size_t in_flight() const override { return ready_.size(); }
  std::size_t capacity() const override { return 16; }
  void set_target(const http::Target&) override {}

 private:
  const std::atomic<int>& code_;
  std::vector<http::Answer> ready_;
  queue::Sleeper sleeper_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  void make(std::uint32_t workers, std::uint32_t max_in_flight) {
    Settings settings;
    settings.workers = workers;
    settings.max_in_flight = max_in_flight;
    settings.dead_letters = {"/dead", mebibytes(64)};
    delivery.emplace(settings, outlet, disk, registry, system_clock(),
                     [this](const http::Target&, const Clock&) { return std::make_unique<InstantClient>(code); });
  }
  std::atomic<int> code = 200;
  SharedOutlet outlet;
  fs::FaultFileSystem disk;
  metrics::Registry registry;
  std::optional<Delivery> delivery;
};

TEST_F(DeliveryTest, DeliversWhatThePublisherHandsOver) {
  make(3, 256);
  delivery->start();
  for (std::size_t round = 1; round <= 50; ++round) {
    outlet.publish(100);
    outlet.wait_for(round * 100);  // hangs where a wake-up is lost
  }
  delivery->stop();
  EXPECT_EQ(outlet.acknowledged(), 5000U);
  EXPECT_NE(registry.expose().find("respand_records_delivered_total 5000"), std::string::npos);
}

TEST_F(DeliveryTest, OnePlaceForManyWorkersStarvesNone) {
  make(4, 1);
  delivery->start();
  outlet.publish(3000);
  outlet.wait_for(3000);
  delivery->stop();
}

TEST_F(DeliveryTest, DeadLettersOfManyWorkersDoNotMix) {
  code = 400;
  make(4, 256);
  delivery->start();
  outlet.publish(1000);
  outlet.wait_for(1000);
  delivery->stop();
  std::size_t lines = 0;
  for (const std::string& file : disk.files()) {
    const std::string text = file.ends_with(".ndjson") ? disk.content(file) : "";
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      EXPECT_TRUE(text.substr(at, end - at).starts_with("{\"time\":"));
      EXPECT_EQ(text[end - 1], '}');
      ++lines;
    }
  }
  EXPECT_EQ(lines, 1000U);
}

TEST_F(DeliveryTest, ResumesAtOnceWhenTold) {
  code = 401;
  make(2, 256);
  delivery->start();
  outlet.publish(100);
  while (delivery->state().upstream.mode != Mode::kPaused) {
    std::this_thread::yield();
  }
  EXPECT_NE(registry.expose().find("respand_circuit_open 1"), std::string::npos);
  code = 200;
  Settings settings;
  settings.target.bearer = "new";
  settings.dead_letters = {"/dead", mebibytes(64)};
  delivery->resume(settings);
  outlet.wait_for(100);
  delivery->stop();
  EXPECT_EQ(delivery->state().upstream.mode == Mode::kPaused, false);
}

TEST_F(DeliveryTest, StopsWhileIdleAndTwice) {
  make(2, 256);
  delivery->start();
  delivery->stop();
  delivery->stop();
  outlet.publish(1);  // the journal may still ring
}

TEST_F(DeliveryTest, OddSettingsAreMadeToFit) {
  make(0, 0);
  delivery->start();
  outlet.publish(10);
  outlet.wait_for(10);
  delivery.reset();
  make(1000, 5);
  delivery->stop();
}

}  // namespace
}  // namespace respand::delivery
