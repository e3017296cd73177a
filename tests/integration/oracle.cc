#include "tests/integration/oracle.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <tuple>

#include "respand/base/text.h"

namespace respand::test {
namespace {

constexpr std::string_view kBegin = R"({"custom_identifier":"soak-)";
constexpr std::string_view kKey = "life-";
constexpr std::uint64_t kNone = ~0ULL;

// The number behind `prefix`; kNone where there is none.
std::uint64_t number_behind(std::string_view text, std::string_view prefix) {
  std::uint64_t number = kNone;
  if (const std::size_t at = text.find(prefix); at != std::string_view::npos) {
    text.remove_prefix(at + prefix.size());
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

}  // namespace

void Happening::add(std::uint64_t times) {
  const MutexLock lock(mutex_);
  count_ += times;
  changed_.notify_all();
}

std::uint64_t Happening::count() {
  const MutexLock lock(mutex_);
  return count_;
}

bool Happening::wait_for(std::uint64_t count, Duration within) {
  const Deadline deadline(within);
  MutexLock lock(mutex_);
  while (count_ < count && changed_.wait_until(lock.native(), deadline.at()) != std::cv_status::timeout) {
  }
  return count_ >= count;
}

std::uint64_t Oracle::next(std::size_t padding) {
  return state_.with([&](State& state) {
    state.records.push_back({.padding = padding});
    return state.records.size() - 1;
  });
}

// Mostly small; some of tens of KiB, so that segments end anywhere.
std::string Oracle::text_of(std::uint64_t number) const {
  const std::uint64_t mixed = number * 0x9E3779B97F4A7C15ULL >> 32;
  const std::size_t padding = (mixed % 64 == 0 ? mixed % 60'000 : mixed % 1000) + state_.with([&](const State& state) {
    return number < state.records.size() ? state.records[number].padding : 0;
  });
  return cat(kBegin, number, R"(","model":"nextbit256/cydonia-2b","cost":0.10,"prompt_messages":[{"role":"user",)",
             R"("content":")", std::string(padding, static_cast<char>('a' + number % 26)), R"("}]})");
}

void Oracle::acknowledged(std::uint64_t number) {
  state_.with([&](State& state) {
    Record& record = state.records.at(number);
    state.acknowledged += record.acknowledged ? 0U : 1U;
    state.waiting += record.acknowledged || record.arrived ? 0U : 1U;
    record.acknowledged = true;
  });
  acknowledgements_.add();
}

void Oracle::refused(std::uint64_t number) {
  state_.with([&](State& state) { state.records.at(number).refused = true; });
}

void Oracle::arrived(const sink::Exchange& exchange) {
  if (exchange.verdict.takes_record()) {
    const std::uint64_t number = exchange.body.starts_with(kBegin) ? number_behind(exchange.body, kBegin) : kNone;
    const std::string text = number == kNone ? std::string() : text_of(number);
    const Arrival arrival{number, number_behind(exchange.authorization, kKey),
                          std::hash<std::string_view>()(exchange.body), exchange.verdict.fault == sink::Fault::kHalf};
    state_.with([&](State& state) {
      if (number >= state.records.size()) {
        ++state.invented;
        return;
      }
      // What the daemon adds stands in front of the last brace.
      state.altered += exchange.body.starts_with(std::string_view(text).substr(0, text.size() - 1)) ? 0U : 1U;
      Record& record = state.records[number];
      state.waiting -= record.acknowledged && !record.arrived ? 1U : 0U;
      record.arrived = true;
      state.arrivals.push_back(arrival);
    });
  }
  arrivals_.add();
}

std::string Oracle::key_of(std::uint64_t life) { return cat(kKey, life); }

std::uint64_t Oracle::waiting() const {
  return state_.with([](const State& state) { return state.waiting; });
}

// The arrivals of one record, in the order of lives.
void Oracle::judge_one(std::vector<Arrival>::const_iterator begin, std::vector<Arrival>::const_iterator end,
                       Verdict& verdict) {
  for (auto now = begin; now != end; ++now) {
    verdict.retaken += now->bytes != begin->bytes ? 1U : 0U;
    if (std::next(now) == end) {
      continue;
    }
    if (now->answer_lost) {
      ++verdict.answers_lost;
    } else if (std::next(now)->life == now->life) {
      ++verdict.repeated;
    } else {
      ++verdict.duplicates.at(now->life);
    }
  }
}

Oracle::Verdict Oracle::verdict(std::uint64_t lives) const {
  return state_.with([&](const State& state) {
    Verdict verdict;
    verdict.duplicates.resize(lives);
    verdict.acknowledged = state.acknowledged;
    verdict.altered = state.altered;
    verdict.invented = state.invented;
    verdict.lost = state.waiting;
    verdict.refused = static_cast<std::uint64_t>(std::count_if(state.records.begin(), state.records.end(),
                                                               [](const Record& r) { return r.refused && r.arrived; }));
    std::vector<Arrival> sorted = state.arrivals;
    // Of one life those whose answer was lost come first: after an answer there is no other try.
    std::stable_sort(sorted.begin(), sorted.end(), [](const Arrival& a, const Arrival& b) {
      return std::tuple(a.number, a.life, !a.answer_lost) < std::tuple(b.number, b.life, !b.answer_lost);
    });
    for (auto begin = sorted.cbegin(); begin != sorted.cend();) {
      const auto end = std::find_if(begin, sorted.cend(), [&](const Arrival& a) { return a.number != begin->number; });
      judge_one(begin, end, verdict);
      begin = end;
    }
    return verdict;
  });
}

}  // namespace respand::test
