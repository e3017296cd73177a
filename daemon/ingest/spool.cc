#include "ingest/spool.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "respand/base/random.h"
#include "respand/base/text.h"
#include "respand/base/thread.h"

namespace respand::ingest {
namespace {

// Entries of one listing that a step looks at.
constexpr int kListed = 4096;
std::vector<metrics::Gauge> waiting_gauges(metrics::Registry& registry) {
  std::vector<metrics::Gauge> gauges;
  for (std::size_t i = 0; i < kSpoolWaits; ++i) {
    gauges.push_back(registry.gauge("respand_spool_waiting_files",
                                    "Files in the spool directory that are not taken yet",
                                    {{"reason", name_of(static_cast<SpoolWait>(i))}}));
  }
  return gauges;
}

}  // namespace

Spool::Spool(Settings settings, journal::JournalWriter& intake, journal::RetentionPin& evidence,
             const journal::AttributeScan& history, metrics::Registry& registry, const Clock& clock)
    : settings_(std::move(settings)),
      intake_(intake),
      evidence_(evidence),
      history_(history),
      clock_(clock),
      registry_(registry),
      counters_(registry, kInputSpool),
      waiting_gauges_(waiting_gauges(registry)),
      encoder_(settings_.encoder, clock, entropy()),
      directory_(settings_.directory, settings_.calls),
      rejected_(directory_, settings_.rejected_max_size, registry, clock),
      queue_(settings_.quiet_period) {
  encoder_.reconfigure({settings_.rules, registry, settings_.key});
  // committed() must not fail for want of memory.
  inbox_.with([](auto& inbox) { inbox.reserve(journal::JournalWriter::kMaxOutstanding); });
  committed_.reserve(journal::JournalWriter::kMaxOutstanding);
}

Spool::~Spool() { stop(); }

Status Spool::open() {
  if (Status opened = directory_.open(); !opened) {
    return opened;
  }
  rejected_.sweep();
  return {};
}

Status Spool::start() {
  wake_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake_) {
    return os_error(errno, "eventfd");
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  return {};
}

void Spool::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) {
    thread_.request_stop();
    (void)::eventfd_write(wake_.get(), 1);
    thread_.join();
  }
}

void Spool::run(const std::stop_token& stop) {
  name_this_thread("spool");
  while (!stop.stop_requested()) {
    wait(step());
  }
  // What is durable by now need not wait for the next start.
  const MonoTime now = clock_.mono();
  take_committed(now);
  finish(now);
}

void Spool::wait(MonoTime until) {
  const MonoTime now = clock_.mono();
  if (until > now) {
    // Rounded up: a wait that ends early would only be repeated.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min<Duration>(until - now, kScanInterval));
    std::array<pollfd, 2> fds{pollfd{wake_.get(), POLLIN, 0}, pollfd{directory_.watch_fd(), POLLIN, 0}};
    (void)::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
  }
  eventfd_t count = 0;
  (void)::eventfd_read(wake_.get(), &count);
}

void Spool::reconfigure(std::shared_ptr<const record::Rules> rules, std::string key) {
  new_rules_.with([&](auto& fresh) { fresh.emplace(std::move(rules), registry_, std::move(key)); });
}

MonoTime Spool::step() {
  const MonoTime now = clock_.mono();
  if (!directory_.is_open() && !open_again(now)) {
    return open_at_;
  }
  if (auto fresh = new_rules_.with([](auto& rules) { return std::exchange(rules, std::nullopt); })) {
    encoder_.reconfigure(std::move(*fresh));
  }
  take_committed(now);
  hear(now);
  if (!loaded_ && !load(now)) {
    return load_at_;
  }
  bool more = scan(now);
  finish(now);
  linger(now);
  offer_refused(now);
  more = take(now) || more;
  finish(now);  // What needed no batch: empty files, and those that were found whole.
  raise_floor();
  tell(now);
  more = more || (scanning_ && !queue_.full());
  return more ? now : next_wake();
}

MonoTime Spool::next_wake() const {
  MonoTime next = std::min({scanning_ ? MonoTime::max() : scan_at_, retry_at_, sync_at_});
  if (has_room() && (open_ < kMaxOpenFiles || !lingering_.empty())) {
    next = std::min(next, queue_.next());
  }
  for (const SpoolFile* file : lingering_) {
    next = active_ == nullptr ? std::min(next, file->until) : next;
  }
  return next;
}

// The sockets and the backlog need no spool: it is tried for as long as it takes, and said.
bool Spool::open_again(MonoTime now) {
  if (now < open_at_) {
    return false;
  }
  const Status opened = open();
  look_for_problems();
  if (opened) {
    give_up_at_ = MonoTime::max();
    return true;
  }
  open_at_ = now + kOpenInterval;
  issue(SpoolFault::kNotOpened, settings_.directory, opened.error(), now);
  if (give_up_at_ == MonoTime::max()) {
    give_up_at_ = now + kEvidenceWait;
  } else if (now >= give_up_at_ && holds_) {
    holds_ = false;
    evidence_.keep_from(Sequence{~0ULL});
  }
  return false;
}

bool Spool::load(MonoTime now) {
  if (now < load_at_) {
    return false;
  }
  load_at_ = now + kRetryInterval;
  std::vector<std::uint64_t> inodes;
  std::string name;
  SpoolKind kind;
  directory_.begin_list();
  SpoolDirectory::List listed = directory_.list(name);
  for (; listed == SpoolDirectory::List::kName; listed = directory_.list(name)) {
    if (stopping_.load(std::memory_order_relaxed)) {
      return false;
    }
    if (judge_name(name, kind) == SpoolName::kTake) {
      if (const SpoolLook look = directory_.look(name);
          look.entry == SpoolEntry::kFile || look.entry == SpoolEntry::kLinked) {
        inodes.push_back(look.inode);
      }
    }
  }
  if (listed == SpoolDirectory::List::kFailed) {
    issue(SpoolFault::kNotListed, settings_.directory, os_error(errno, "list"), now);
    return false;
  }
  if (!inodes.empty()) {
    std::sort(inodes.begin(), inodes.end());
    auto taken = load_taken(history_, inodes, [this] { return stopping_.load(std::memory_order_relaxed); });
    if (!taken) {
      issue(SpoolFault::kOriginsUnknown, settings_.directory, taken.error(), now);
      return false;
    }
    for (auto& [id, known] : *taken) {
      SpoolFile& file = files_[id];
      file.id = id;
      file.taken = std::move(known);
    }
  }
  loaded_ = true;
  return true;
}

void Spool::hear(MonoTime now) {
  SpoolKind kind;
  bool lost = false;
  const bool whole = directory_.notices([&](SpoolNotice notice, const std::string& name) {
    if (judge_name(name, kind) != SpoolName::kTake) {
      return;  // The next listing says what is to be said of it.
    }
    if (notice == SpoolNotice::kMovedIn && writers_name(name) != name) {
      return;  // The spool itself did it.
    }
    waiting_.listed(name, clock_.wall());
    if (queue_.full() && !queue_.contains(name)) {
      lost = true;
    } else if (notice != SpoolNotice::kCreated) {
      queue_.finished(name, now);
    } else if (!queue_.contains(name)) {
      queue_.created(name, now);
    }
  });
  if (!whole || lost) {
    scan_at_ = now;
  }
}

void Spool::begin_scan(MonoTime now) {
  if (directory_.reopen_if_replaced()) {
    log::info("the spool directory was replaced", {{"directory", settings_.directory}});
  }
  // Without notices this is the only way to find files.
  scan_at_ =
      now + (directory_.watch_fd() >= 0 ? kScanInterval
                                        : std::clamp<Duration>(settings_.quiet_period, kRetryInterval, kScanInterval));
  look_for_problems();
  scanning_ = true;
  waiting_.begin_listing();
  ++scan_;
  directory_.begin_list();
}

// Looks at the next part of the directory; true where there is more to look at now.
bool Spool::scan(MonoTime now) {
  if (!scanning_) {
    if (now < scan_at_) {
      return false;
    }
    begin_scan(now);
  }
  std::string name;
  for (int i = 0; i < kListed; ++i) {
    if (queue_.full()) {
      return false;  // The listing goes on when there is room.
    }
    switch (directory_.list(name)) {
      case SpoolDirectory::List::kName:
        see(name, now);
        break;
      case SpoolDirectory::List::kEnd:
        end_scan(now, true);
        return false;
      case SpoolDirectory::List::kFailed:
        end_scan(now, false);
        return false;
    }
  }
  return true;
}

void Spool::see(const std::string& name, MonoTime now) {
  SpoolKind kind;
  const SpoolName judged = judge_name(name, kind);
  if (judged == SpoolName::kLeave) {
    return;
  }
  const SpoolLook look = directory_.look(name);
  if (judged == SpoolName::kUnknown) {
    if (look.entry == SpoolEntry::kFile) {
      waiting_.note(name, SpoolWait::kSuffix, since(look.stamp));
    }
    return;
  }
  bool in_hand = false;
  for (auto place = files_.lower_bound({.inode = look.inode, .birth = INT64_MIN});
       look.inode != 0 && place != files_.end() && place->first.inode == look.inode; ++place) {
    place->second.scan = scan_;
    in_hand = in_hand || place->second.state != SpoolState::kKnown;
  }
  if (look.entry != SpoolEntry::kFile) {
    note(name, look);
    return;
  }
  waiting_.listed(name, since(look.stamp));
  if (!in_hand && !queue_.contains(name)) {
    queue_.seen(name, look.stamp, age(look.stamp), now);
  }
}

void Spool::end_scan(MonoTime now, bool whole) {
  scanning_ = false;
  if (!whole) {
    issue(SpoolFault::kNotListed, settings_.directory, os_error(errno, "list"), now);
    return;
  }
  waiting_.end_listing();
  // Files that somebody else removed or renamed need no evidence any more, once that is on the disk.
  std::vector<SpoolFile*> gone;
  for (auto& [id, file] : files_) {
    if (file.state == SpoolState::kKnown && file.scan != scan_) {
      gone.push_back(&file);
    }
  }
  if (!gone.empty() && directory_.sync()) {
    std::for_each(gone.begin(), gone.end(), [this](SpoolFile* file) { forget(*file); });
  }
}

Duration Spool::age(const SpoolStamp& stamp) const {
  return clock_.wall() - WallTime{std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{stamp.changed})};
}

}  // namespace respand::ingest
