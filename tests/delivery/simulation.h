#pragma once
// Simulation: an API and the respands that post to it, in virtual time. Each respand is an UpstreamGate with more
// records than it can send; the API is a number of servers, of which each request occupies one. The running time
// depends on the number of events, not on the simulated time. The same seed gives the same run.

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "answers.h"
#include "delivery/upstream_gate.h"
#include "sink/rate_limit.h"

namespace respand::delivery {

struct Api {
  enum class Full : std::uint8_t { kRefuses, kQueues };
  std::uint32_t capacity = 20;  // at once
  Duration work = std::chrono::milliseconds{30};
  Full full = Full::kRefuses;
  int refusal = 429;
  std::optional<Duration> retry_after = std::nullopt;
  Duration network = std::chrono::milliseconds{1};  // there and back, in all
  double noise = 0;                                 // sigma of the logarithm of `work`
  bool down = false;                                // nobody listens
  double broken = 0;                                // share of answers that are lost, with their connection
  double failing = 0;                               // share of requests that end in a 503, whatever the load
  double refusing = 0;                              // share of requests that end in a `refusal`, whatever the load
  std::optional<sink::RateLimit> rate = std::nullopt;
  bool tells_end = false;  // Retry-After: the seconds until one more would be taken
  Duration way{0};         // the way to the API takes from half of this to twice this
  // The headers of every answer: how many requests are left and until when; with kPolicyToo also the limit and its
  // window (RateLimit), otherwise without (X-RateLimit-…).
  enum class Tells : std::uint8_t { kNothing, kState, kPolicyToo };
  Tells tells = Tells::kNothing;
};

// An API on the same continent (2 ms of work, 1 ms of way) that has room for all: only its limits are in the way.
inline Api quick_api() {
  return {
      .capacity = 1'000'000, .work = std::chrono::milliseconds{2}, .noise = 0.2, .way = std::chrono::milliseconds{1}};
}

// A limit of so many requests a second.
inline sink::RateLimit bucket(double rate, double burst_seconds) {
  return {sink::RateLimit::Kind::kTokenBucket, rate, std::chrono::seconds{1}, std::max(1.0, rate * burst_seconds)};
}
inline sink::RateLimit window(sink::RateLimit::Kind kind, double rate, Duration per) {
  return {kind, std::max(1.0, std::floor(rate * std::chrono::duration<double>(per).count() + 0.5)), per};
}

class Simulation {
 public:
  struct Count {
    std::uint64_t sent = 0;
    std::uint64_t good = 0;
    std::uint64_t refused = 0;
    std::uint64_t broken = 0;
    std::uint64_t failed = 0;
    [[nodiscard]] double share_refused() const {
      return static_cast<double>(refused) / static_cast<double>(std::max<std::uint64_t>(good + refused, 1));
    }
  };

  Simulation(const Api& api_now, std::uint64_t seed) : api(api_now), random_(seed), seed_(seed) { limit(api.rate); }

  // From now on the API has this limit, of which nothing is used yet.
  void limit(const std::optional<sink::RateLimit>& rate) {
    api.rate = rate;
    count_.reset();
    if (rate) {
      count_.emplace(*rate);
    }
  }

  // Another respand begins to send; its number.
  std::size_t add(std::uint32_t most = 256, std::uint32_t first = ConcurrencyLimit::kFirst) {
    const std::size_t number = senders_.size();
    senders_.push_back(std::make_unique<Sender>(UpstreamGate::Settings{1, most, {}, Retry{}, ++seed_, first}));
    fill(number);
    return number;
  }
  // What each respand's requests came to meanwhile.
  std::vector<Count> run_for(Duration span) {
    for (const auto& sender : senders_) {
      sender->count = {};
      sender->slowest = Duration{0};
    }
    const MonoTime end = now + span;
    while (!events_.empty() && events_.top().at <= end) {
      const Event event = events_.top();
      events_.pop();
      now = event.at;
      happen(event);
    }
    now = end;
    std::vector<Count> counts;
    for (const auto& sender : senders_) {
      counts.push_back(sender->count);
    }
    return counts;
  }
  [[nodiscard]] UpstreamGate::State state(std::size_t sender = 0) const { return senders_[sender]->upstream.state(); }
  // The longest that an answer took since the last run_for().
  [[nodiscard]] Duration slowest(std::size_t sender = 0) const { return senders_[sender]->slowest; }

  Api api;  // may change between runs
  MonoTime now{std::chrono::seconds{1000}};

 private:
  enum class EventKind : std::uint8_t {
    kGood,
    kRefused,
    kBroken,
    kNoConnection,
    kFailed,
    kLookAgain,
    kServed,
    kArrives
  };
  struct Sender {
    explicit Sender(const UpstreamGate::Settings& settings) : upstream(settings) {}
    UpstreamGate upstream;
    MonoTime looks_again = kNever;
    Count count;
    Duration slowest{0};
  };
  struct Request {
    std::size_t sender = 0;
    std::uint64_t epoch = 0;
    MonoTime began{};
    std::optional<Duration> told{};  // Retry-After
    http::RateLimitHint limits{};
  };
  struct Event {
    MonoTime at{};
    std::uint64_t number = 0;  // equal times in the order in which they were foreseen
    EventKind kind = EventKind::kGood;
    Request request;
    bool operator<(const Event& other) const { return at != other.at ? at > other.at : number > other.number; }
  };

  void foresee(MonoTime at, EventKind kind, const Request& request) { events_.push({at, ++foreseen_, kind, request}); }
  [[nodiscard]] http::Answer answer_of(EventKind kind, const Request& request) const {
    switch (kind) {
      case EventKind::kRefused:
        return status(api.refusal, {}, request.told);
      case EventKind::kBroken:
        return failed(http::Failure::kBroken);
      case EventKind::kNoConnection:
        return failed(http::Failure::kConnect);
      case EventKind::kFailed:
        return status(503);
      case EventKind::kGood:
      case EventKind::kLookAgain:
      case EventKind::kServed:
      case EventKind::kArrives:
        break;
    }
    return status(200);
  }
  void fill(std::size_t number) {
    Sender& sender = *senders_[number];
    const Permits permits = sender.upstream.admit(0, now, 1'000'000);
    sender.count.sent += permits.slots;
    for (std::uint32_t i = 0; i < permits.slots; ++i) {
      const Request request{number, permits.epoch, now};
      if (api.way == Duration{0}) {
        arrive(request);
      } else {
        foresee(now + Duration{static_cast<Duration::rep>(static_cast<double>(api.way.count()) *
                                                          (0.5 + 1.5 * random_.unit()))},
                EventKind::kArrives, request);
      }
    }
    // A worker sleeps for whole milliseconds.
    const MonoTime again =
        permits.look_again == kNever ? kNever : std::chrono::ceil<std::chrono::milliseconds>(permits.look_again);
    if (again != kNever && (again < sender.looks_again || sender.looks_again <= now)) {
      sender.looks_again = again;
      foresee(again, EventKind::kLookAgain, {number, 0, now});
    }
  }
  void arrive(Request request) {
    if (api.down) {
      foresee(now + api.network, EventKind::kNoConnection, request);
      return;
    }
    if (count_) {
      if (const Duration wait = count_->wait(now); wait > Duration{0}) {
        refuse(tell(request), wait);
        return;
      }
      count_->take(now);
      request = tell(request);
    }
    if (api.failing > 0 && random_.unit() < api.failing) {
      foresee(now + api.network, EventKind::kFailed, request);
    } else if (api.refusing > 0 && random_.unit() < api.refusing) {
      refuse(request, Duration{0});
    } else if (busy_ < api.capacity) {
      serve(request);
    } else if (api.full == Api::Full::kQueues) {
      waiting_.push_back(request);
    } else {
      refuse(request, Duration{0});
    }
  }
  Request tell(Request request) {
    if (api.tells != Api::Tells::kNothing) {
      const sink::RateLimit& limit = count_->limit();
      request.limits = {std::nullopt, std::nullopt, count_->left(now),
                        std::chrono::ceil<std::chrono::seconds>(count_->until_more(now))};
      if (api.tells == Api::Tells::kPolicyToo) {
        request.limits.limit = limit.requests;
        request.limits.window = limit.per;
      }
    }
    return request;
  }
  void refuse(Request request, Duration wait) {
    request.told = api.tells_end ? std::chrono::ceil<std::chrono::seconds>(wait) : api.retry_after;
    foresee(now + api.network, EventKind::kRefused, request);
  }
  void serve(const Request& request) {
    ++busy_;
    // The sum of twelve uniform numbers is close enough to normal, and the same on every machine.
    double normal = -6;
    for (int i = 0; api.noise > 0 && i < 12; ++i) {
      normal += random_.unit();
    }
    const double factor = api.noise > 0 ? std::exp(api.noise * normal) : 1.0;
    const Duration work{static_cast<Duration::rep>(static_cast<double>(api.work.count()) * factor)};
    foresee(now + work, EventKind::kServed, request);
    const bool lost = api.broken > 0 && random_.unit() < api.broken;
    foresee(now + work + api.network, lost ? EventKind::kBroken : EventKind::kGood, request);
  }
  void happen(const Event& event) {
    if (event.kind == EventKind::kServed) {
      --busy_;
      while (busy_ < api.capacity && !waiting_.empty()) {
        const Request next = waiting_.front();
        waiting_.pop_front();
        serve(next);
      }
      return;
    }
    if (event.kind == EventKind::kArrives) {
      arrive(event.request);
      return;
    }
    Sender& sender = *senders_[event.request.sender];
    if (event.kind != EventKind::kLookAgain) {
      http::Answer answer = answer_of(event.kind, event.request);
      answer.elapsed = now - event.request.began;
      answer.latency = answer.elapsed;
      answer.limits = event.request.limits;
      if (answer.status == 429 && !answer.retry_after && answer.limits.reset) {  // As http::Transfer does.
        answer.retry_after = answer.limits.reset;
      }
      sender.slowest = std::max(sender.slowest, answer.elapsed);
      ++(answer.failure != http::Failure::kNone ? sender.count.broken
         : event.kind == EventKind::kFailed     ? sender.count.failed
         : answer.status == 200                 ? sender.count.good
                                                : sender.count.refused);
      sender.upstream.answered(0, event.request.epoch, classify(answer), answer, now);
      sender.upstream.release(0, {&event.request.epoch, 1});
    }
    fill(event.request.sender);
  }

  SeededRandom random_;
  std::optional<sink::RateLimitCount> count_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<Sender>> senders_;
  std::priority_queue<Event> events_;
  std::uint64_t foreseen_ = 0;
  std::uint32_t busy_ = 0;
  std::deque<Request> waiting_;
};

}  // namespace respand::delivery
