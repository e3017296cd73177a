// An outage as a dashboard shows it: a journal, a worker and an API in virtual time. 200 records a second come in, the
// API takes 300 a second and is away for ten minutes. When it is back, new records are delivered at once, and the
// backlog drains as fast as it can.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "journal/journal.h"
#include "world.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Case {
  const char* name;
  double share = 0.5;
  std::uint32_t come_in = 200;  // a second
  std::uint32_t allowed = 300;  // requests a second
  std::uint32_t batch = 0;      // records of one; 0: one POST a record
  double failing = 0;           // share of the requests that get a 500
  bool learned = false;         // nothing is configured: the API says 429 to more (a token bucket of 30)
};

class NoProducer final : public journal::Producer {
 public:
  void committed(std::unique_ptr<journal::Batch>, journal::CommitResult outcome) noexcept override {
    EXPECT_EQ(outcome, journal::CommitResult::kDurable);
  }
};

class Host {
 public:
  static constexpr Duration kTick = milliseconds{50};

  explicit Host(const Case& given)
      : given_(given),
        random_(3),
        journal_(open_journal()),
        upstream_({1, 64, {.rate = given.learned ? 0.0 : given.allowed}, Retry{}, 7, 64}),
        dead_letters_({"/dead", mebibytes(64)}, disk_, clock_),
        batching_({.max_records = std::max(given.batch, 1U)}, given.batch > 0),
        client_(new FakeClient(clock_,
                               [this](std::uint64_t n, MonoTime now) {
                                 return answer({&n, 1}, now);
                               })),
        worker_({.retry = {}, .fresh_share = given.share},
                {journal_->reader(), upstream_, dead_letters_, refusals_, stuck_, give_ups_, registry_, clock_,
                 given.batch > 0 ? &batching_ : nullptr},
                std::unique_ptr<http::Client>(client_), 11) {
    client_->most = 64;
    client_->batch_api = [this](const std::vector<std::uint64_t>& batch, MonoTime now) { return answer(batch, now); };
    journal_->reader().give_fresh(given.share > 0);
  }

  void run_for(Duration span, bool down) {
    down_ = down;
    for (const MonoTime end = clock_.mono() + span; clock_.mono() < end;) {
      tick();
    }
  }
  // Runs until hardly any record waits. Returns how long that took.
  Duration run_until_live(Duration at_most) {
    const MonoTime begin = clock_.mono();
    down_ = false;
    while (clock_.mono() < begin + at_most && journal_->snapshot().backlog_records > given_.come_in / 2) {
      tick();
    }
    return clock_.mono() - begin;
  }
  [[nodiscard]] std::uint64_t backlog() const { return journal_->snapshot().backlog_records; }
  [[nodiscard]] MonoTime now() const { return clock_.mono(); }
  // The delays of the records that came in from then on and were delivered.
  [[nodiscard]] std::vector<Duration> delays(MonoTime from) const {
    std::vector<Duration> all;
    for (std::size_t i = 0; i < came_.size(); ++i) {
      if (came_[i] >= from && delivered_[i] != MonoTime{}) {
        all.push_back(delivered_[i] - came_[i]);
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  [[nodiscard]] std::size_t undelivered(MonoTime from, MonoTime to) const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < came_.size(); ++i) {
      sum += came_[i] >= from && came_[i] < to && delivered_[i] == MonoTime{} ? 1U : 0U;
    }
    return sum;
  }
  // The share of the records delivered since then that had come in before `old`.
  [[nodiscard]] double share_of_old(MonoTime since, MonoTime old) const {
    double olds = 0;
    double all = 0;
    for (std::size_t i = 0; i < came_.size(); ++i) {
      all += delivered_[i] >= since ? 1 : 0;
      olds += delivered_[i] >= since && came_[i] < old ? 1 : 0;
    }
    return olds / all;
  }

 private:
  std::unique_ptr<journal::Journal> open_journal() {
    journal::Settings settings;
    settings.directory = "/journal";
    settings.segment_size = mebibytes(1);
    settings.max_size = mebibytes(256);
    return std::move(*journal::Journal::open(settings, disk_, registry_, clock_, random_));
  }
  void tick() {
    const std::size_t wanted =
        static_cast<std::size_t>((clock_.mono() - begin_) / milliseconds{1}) * given_.come_in / 1000;
    if (came_.size() < wanted) {
      auto batch = std::make_unique<journal::Batch>(producer_, 4096);
      while (came_.size() < wanted) {
        came_.push_back(clock_.mono());
        delivered_.emplace_back();
        const std::string payload = FakeOutlet::payload_of(came_.size());
        payload.copy(batch->begin(journal::Kind::kCompletion, clock_.wall(), {}, payload.size()), payload.size());
        batch->end(payload.size());
      }
      ASSERT_TRUE(journal_->writer().offer(batch));
    }
    while (journal_->step() <= clock_.mono()) {
    }
    client_->stop_at = clock_.mono() + kTick;
    while (clock_.mono() < client_->stop_at) {
      worker_.step();
    }
  }
  bool allows(MonoTime now) {
    tokens_ = std::min(30.0, tokens_ + std::chrono::duration<double>(now - filled_).count() * given_.allowed);
    filled_ = now;
    const bool allowed = tokens_ >= 1;
    tokens_ -= allowed ? 1 : 0;
    return allowed;
  }
  http::Answer answer(std::span<const std::uint64_t> records, MonoTime now) {
    if (down_) {
      return failed(http::Failure::kConnect);
    }
    if (given_.learned && !allows(now)) {
      return status(429);
    }
    if (random_.unit() < given_.failing) {
      return status(500);
    }
    for (const std::uint64_t n : records) {
      EXPECT_EQ(delivered_[n - 1], MonoTime{}) << n << " is delivered twice";
      delivered_[n - 1] = now;
    }
    return status(200);
  }

  const Case given_;
  ManualClock clock_;
  SeededRandom random_;
  metrics::Registry registry_;
  fs::FaultFileSystem disk_;
  NoProducer producer_;
  std::unique_ptr<journal::Journal> journal_;
  UpstreamGate upstream_;
  DeadLetters dead_letters_;
  RefusalRun refusals_;
  StuckRecords stuck_;
  GiveUpRequests give_ups_{1};
  Batching batching_;
  FakeClient* client_;
  Worker worker_;
  const MonoTime begin_ = clock_.mono();
  std::vector<MonoTime> came_;       // by number of the record
  std::vector<MonoTime> delivered_;  // 0: not yet
  bool down_ = false;
  double tokens_ = 30;
  MonoTime filled_{};
};

double percentile(const std::vector<Duration>& sorted, double part) {
  return std::chrono::duration<double>(
             sorted.at(static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))))
      .count();
}

class FreshOutage : public testing::TestWithParam<Case> {};

TEST_P(FreshOutage, IsLiveAtOnceAndDrainsAsFastAsItCan) {
  const Case& given = GetParam();
  Host host(given);
  host.run_for(seconds{10}, false);
  host.run_for(minutes{10}, true);
  const double backlog = static_cast<double>(host.backlog());
  EXPECT_NEAR(backlog, 600.0 * given.come_in, 0.02 * 600 * given.come_in);
  const MonoTime back = host.now();
  const double taken = given.allowed * (given.batch > 0 ? given.batch : 1) * (1 - given.failing);
  const double least = backlog / (taken - given.come_in);
  const Duration took = host.run_until_live(seconds{static_cast<std::int64_t>(2 * least) + 120});
  const MonoTime end = host.now();
  const auto delays = host.delays(back + seconds{30});
  const double seconds_taken = std::chrono::duration<double>(took).count();
  std::printf("%s: %.0f waited, gone after %.0f s, %.2f of the least time; fresh p50 %.2f s, p99 %.2f s, max %.2f s\n",
              given.name, backlog, seconds_taken, seconds_taken / least, percentile(delays, 0.5),
              percentile(delays, 0.99), percentile(delays, 1));
  EXPECT_LE(seconds_taken, 1.3 * least);
  EXPECT_LE(percentile(delays, 0.99), 2.0);
  EXPECT_LE(host.undelivered(back + seconds{30}, end - seconds{5}), delays.size() / 1000);
}

INSTANTIATE_TEST_SUITE_P(, FreshOutage,
                         testing::Values(Case{.name = "Single"}, Case{.name = "Batches", .allowed = 3, .batch = 100},
                                         Case{.name = "Failing", .allowed = 400, .failing = 0.1},
                                         Case{.name = "Learned", .learned = true},
                                         Case{.name = "LittleComesIn", .come_in = 40, .allowed = 100}),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

// More comes in than the API takes: each lane gets its own.
TEST(FreshAndOld, TheBacklogIsNotStarvedByWhatComesIn) {
  Host host({.name = "", .come_in = 400, .allowed = 300});
  host.run_for(seconds{60}, true);
  const MonoTime back = host.now();
  host.run_for(seconds{90}, false);
  const double old = host.share_of_old(back + seconds{65}, back + seconds{30});
  EXPECT_GE(old, 0.4) << "of what is delivered";
  EXPECT_LE(old, 0.6);
  const auto delays = host.delays(back + seconds{65});
  EXPECT_LE(percentile(delays, 0.99), 2.0) << "what is delivered of it is fresh";
}

TEST(FreshAndOld, WithNoShareTheOldestGoFirst) {
  Host host({.name = "", .share = 0, .come_in = 50, .allowed = 100});
  host.run_for(seconds{120}, true);
  const MonoTime back = host.now();
  host.run_for(seconds{50}, false);
  EXPECT_EQ(host.delays(back).size(), 0U) << "what came before is not gone yet";
}

}  // namespace
}  // namespace respand::delivery
