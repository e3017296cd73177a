#include "cli/arrivals.h"

#include <poll.h>

#include <algorithm>
#include <charconv>

#include "cli/tap_line.h"
#include "respand/base/clock.h"
#include "respand/base/text.h"

namespace respand::cli {
namespace {

// How often it asks which records are open, whatever the tap says.
constexpr Duration kAskInterval = std::chrono::seconds{1};
// How often a daemon that is away is looked for.
constexpr int kLookInterval = 200;  // milliseconds

std::uint64_t number_of(const config::Node& node) {
  std::uint64_t number = 0;
  std::from_chars(node.text.data(), node.text.data() + node.text.size(), number);
  return number;
}

}  // namespace

Status Arrivals::open_tap() {
  auto stream = ControlStream::open(options_.control, "/tap");
  if (!stream) {
    return std::move(stream).error();
  }
  stream_ = std::move(*stream);
  return {};
}

Status Arrivals::listen() {
  for (;;) {
    Status heard = open_tap();
    if (heard || !options_.retry || system_clock().mono() >= options_.deadline) {
      return heard;
    }
    const ErrorCode code = heard.error().code;
    // A daemon that is ending closes without an answer, just as one that does not admit this user.
    if (code == ErrorCode::kInvalid || (code == ErrorCode::kPermission && !missed_)) {
      return heard;
    }
    ::poll(nullptr, 0, kLookInterval);
  }
}

void Arrivals::expect(Sequence sequence, const std::string& file, std::uint64_t line) {
  if (files_.empty() || files_.back() != file) {
    files_.push_back(file);
  }
  open_[sequence.value] = {static_cast<std::uint32_t>(files_.size() - 1), line};
}

void Arrivals::resolve(Open::iterator at, Arrival::Fate fate, std::string words) {
  options_.arrived({fate, files_[at->second.file], at->second.line, std::move(words)});
  acked_.erase(at->first);
  open_.erase(at);
}

void Arrivals::take(std::string_view line) {
  if (left_out(line)) {
    missed_ = true;
    return;
  }
  const auto told = told_of(line);
  const auto at = told ? open_.find(told->sequence) : open_.end();
  if (at == open_.end() || told->outcome == delivery::TapOutcome::kRetried) {
    return;
  }
  const bool delivered = told->outcome == delivery::TapOutcome::kDelivered;
  resolve(at, delivered ? Arrival::Fate::kDelivered : Arrival::Fate::kRefused,
          delivered ? cat(told->code, told->words.empty() ? "" : " ", told->words) : told->words);
}

// The daemon's answer; none where it gives none now.
std::optional<config::Node> Arrivals::get(const std::string& target) const {
  const auto answer = ask_daemon(options_.control, "GET", target);
  if (!answer || answer->status != 200) {
    return std::nullopt;
  }
  config::Report report("answer");
  return config::parse(answer->body, report);
}

bool Arrivals::find_acked(std::set<std::uint64_t>& acked) const {
  std::uint64_t first = open_.begin()->first;
  const std::uint64_t last = open_.rbegin()->first;
  while (first <= last) {
    const auto answer = get(cat("/records?first=", first, "&last=", last));
    const config::Node* const through = answer ? config::member(*answer, "through") : nullptr;
    const config::Node* const open = answer ? config::member(*answer, "open") : nullptr;
    if (through == nullptr || open == nullptr) {
      return false;
    }
    const std::uint64_t end = number_of(*through);
    for (auto at = open_.lower_bound(first); at != open_.end() && at->first <= end; ++at) {
      const bool is_open = std::any_of(open->items.begin(), open->items.end(), [&](const config::Node& range) {
        return range.items.size() == 2 && at->first >= number_of(range.items[0]) &&
               at->first <= number_of(range.items[1]);
      });
      if (!is_open) {
        acked.insert(at->first);
      }
    }
    if (end < first) {
      break;  // what follows is not known yet
    }
    first = end + 1;
  }
  return true;
}

bool Arrivals::find_letters(std::uint64_t first, std::uint64_t last,
                            std::map<std::uint64_t, std::string>& letters) const {
  while (first <= last) {
    const auto answer = get(cat("/dead-letters?first=", first, "&last=", last));
    const config::Node* const latest = answer ? config::member(*answer, "latest") : nullptr;
    if (latest == nullptr) {
      return false;
    }
    if (latest->items.empty()) {
      return true;
    }
    for (const config::Node& letter : latest->items) {
      const config::Node* const sequence = config::member(letter, "sequence");
      const config::Node* const status = config::member(letter, "status");
      const config::Node* const words = config::member(letter, "answer");
      if (sequence != nullptr && status != nullptr && words != nullptr) {
        first = std::max(first, number_of(*sequence));
        letters[number_of(*sequence)] = cat(status->text, ": ", printable(words->text, 500));
      }
    }
    ++first;
  }
  return true;
}

// Asks which records are open. A record that was acknowledged at the previous question already, and of which the tap
// has said nothing since, will not be told by the tap any more: the dead letters tell whether it was refused. False:
// the daemon does not answer.
bool Arrivals::ask() {
  std::set<std::uint64_t> acked;
  if (open_.empty()) {
    return true;
  }
  if (!find_acked(acked)) {
    return false;
  }
  std::vector<std::uint64_t> sure;
  std::set_intersection(acked.begin(), acked.end(), acked_.begin(), acked_.end(), std::back_inserter(sure));
  acked_ = std::move(acked);
  std::map<std::uint64_t, std::string> letters;
  if (sure.empty() || !find_letters(sure.front(), sure.back(), letters)) {
    return true;  // asked again
  }
  for (const std::uint64_t sequence : sure) {
    const auto at = open_.find(sequence);
    if (const auto letter = letters.find(sequence); letter != letters.end()) {
      resolve(at, Arrival::Fate::kRefused, letter->second);
    } else {
      resolve(at, missed_ ? Arrival::Fate::kDelivered : Arrival::Fate::kLeftOut, {});
    }
  }
  return true;
}

Result<Arrivals::End> Arrivals::wait() {
  MonoTime ask_at = system_clock().mono();
  while (!open_.empty()) {
    const MonoTime now = system_clock().mono();
    if (now >= options_.deadline) {
      return End::kTimeout;
    }
    if (now >= ask_at) {
      static_cast<void>(ask());  // A daemon that is gone ends the tap too.
      ask_at = system_clock().mono() + kAskInterval;
      continue;
    }
    stream_->set_patience(std::min(options_.deadline, ask_at) - now);
    if (const auto line = stream_->next_line()) {
      take(*line);
    } else if (!stream_->timed_out()) {
      stream_.reset();
      missed_ = true;
      const Status again = listen();
      if (!again && again.error().code == ErrorCode::kInvalid) {
        return again.error();
      }
      if (!again) {
        return system_clock().mono() >= options_.deadline ? End::kTimeout : End::kWentAway;
      }
    }
  }
  return End::kAll;
}

}  // namespace respand::cli
