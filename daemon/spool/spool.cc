#include "spool/spool.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "respand/base/thread.h"
#include "spool/limits.h"

namespace respand::spool {

Spool::Spool(Settings settings, fs::Directories& directories, journal::JournalWriter& intake,
             journal::RetentionPin& evidence, const journal::AttributeScan& history, metrics::Registry& registry,
             const Clock& clock)
    : registry_(registry),
      shared_(std::move(settings), directories, registry, clock),
      batches_(intake, evidence, shared_),
      encoder_(shared_, batches_, {shared_.settings.rules, registry, shared_.settings.key}),
      scanner_(shared_, history),
      ingester_(shared_, batches_, encoder_),
      finisher_(shared_, scanner_, ingester_) {}

Spool::~Spool() { stop(); }

Status Spool::open() {
  if (Status opened = shared_.directory.open(); !opened) {
    return opened;
  }
  shared_.rejected.sweep();
  return {};
}

Status Spool::start() {
  if (Status opened = batches_.open(); !opened) {
    return opened;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return {};
}

void Spool::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) {
    thread_.request_stop();
    (void)::eventfd_write(batches_.wake_fd(), 1);
    thread_.join();
  }
}

void Spool::run(const std::stop_token& stop) {
  name_this_thread("spool");
  while (!stop.stop_requested()) {
    wait(step());
  }
  // Files whose records are durable by now are removed here and not at the next start.
  const MonoTime now = shared_.clock.mono();
  batches_.take_committed(now);
  finisher_.finish(now);
}

void Spool::wait(MonoTime until) {
  const MonoTime now = shared_.clock.mono();
  if (until > now) {
    // Rounded up: a wait that ends early would only be repeated.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(until - now, kScanInterval));
    std::array<pollfd, 2> fds{pollfd{batches_.wake_fd(), POLLIN, 0}, pollfd{shared_.directory.watch_fd(), POLLIN, 0}};
    (void)::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
  }
  eventfd_t count = 0;
  (void)::eventfd_read(batches_.wake_fd(), &count);
}

void Spool::reconfigure(std::shared_ptr<const record::Rules> rules, std::string key) {
  new_rules_.with([&](auto& fresh) { fresh.emplace(std::move(rules), registry_, std::move(key)); });
}

MonoTime Spool::step() {
  const MonoTime now = shared_.clock.mono();
  if (!shared_.directory.is_open() && !open_again(now)) {
    return open_at_;
  }
  if (auto fresh = new_rules_.with([](auto& rules) { return std::exchange(rules, std::nullopt); })) {
    encoder_.reconfigure(std::move(*fresh));
  }
  batches_.take_committed(now);
  scanner_.hear(now);
  if (!scanner_.load(now, [this] { return stopping_.load(std::memory_order_relaxed); })) {
    return scanner_.load_at();
  }
  bool more = scanner_.scan(now);
  finisher_.finish(now);
  ingester_.look_at_unlinked(now);
  batches_.offer_refused(now);
  more = ingester_.take(now) || more;
  finisher_.finish(now);  // Once more, for files that needed no batch: empty ones, and those that were found whole.
  batches_.raise_floor();
  shared_.report.tell(now, scanner_.scanning());
  more = more || (scanner_.scanning() && !shared_.queue.full());
  return more ? now : next_wake();
}

MonoTime Spool::next_wake() const {
  return std::min({scanner_.next_wake(), batches_.retry_at(), finisher_.next_wake(), ingester_.next_wake()});
}

// The rest of the daemon works without a spool, so its directory is tried again for as long as it takes, and the issue
// is reported meanwhile.
bool Spool::open_again(MonoTime now) {
  if (now < open_at_) {
    return false;
  }
  const Status opened = open();
  shared_.report.look_for_problems();
  if (opened) {
    give_up_at_ = MonoTime::max();
    return true;
  }
  open_at_ = now + kOpenInterval;
  shared_.report.issue(SpoolFault::kNotOpened, shared_.settings.directory, opened.error(), now);
  if (give_up_at_ == MonoTime::max()) {
    give_up_at_ = now + kEvidenceWait;
  } else if (now >= give_up_at_) {
    batches_.give_up_evidence();
  }
  return false;
}

}  // namespace respand::spool
