#include "delivery/tap.h"

#include <algorithm>

#include "delivery/verdict.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/json/writer.h"
#include "respand/record/frame.h"

namespace respand::delivery {
namespace {

constexpr std::size_t kMostName = 200;  // bytes of a model's or customer's name; the ledger cuts them there too

// The text of a JSON string; empty for any other value.
std::string text_of(std::string_view value) {
  return value.starts_with('"') ? printable(json::decoded(value), kMostName) : std::string();
}

}  // namespace

bool Watcher::wants(std::string_view model, std::string_view customer) const {
  return (filter_.model.empty() || filter_.model == model) &&
         (filter_.customer.empty() || filter_.customer == customer);
}

void Watcher::add(const std::string& line) {
  const MutexLock lock(mutex_);
  if (bytes_ + line.size() > kMostBytes) {
    ++left_out_;
    return;
  }
  bytes_ += line.size();
  lines_.push_back(line);
  if (lines_.size() == 1 && wake_) {
    wake_();
  }
}

void Watcher::take(std::string& out, std::size_t most) {
  const MutexLock lock(mutex_);
  if (const std::uint64_t left_out = std::exchange(left_out_, 0); left_out > 0) {
    out += cat(R"({"left_out":)", left_out, "}\n");
  }
  const std::size_t before = out.size();
  while (!lines_.empty() && out.size() - before < most) {
    bytes_ -= lines_.front().size();
    out += lines_.front();
    lines_.pop_front();
  }
}

void Watcher::close() {
  const MutexLock lock(mutex_);
  wake_ = nullptr;
  lines_.clear();
  bytes_ = kMostBytes;  // nothing more is kept
}

std::shared_ptr<Watcher> Tap::watch(Watcher::Filter filter, std::function<void()> wake) {
  const MutexLock lock(mutex_);
  if (watchers_.size() >= kMostWatchers) {
    return nullptr;
  }
  watched_.store(true, std::memory_order_relaxed);
  return watchers_.emplace_back(std::make_shared<Watcher>(std::move(filter), std::move(wake)));
}

void Tap::leave(const std::shared_ptr<Watcher>& watcher) {
  {
    const MutexLock lock(mutex_);
    watchers_.erase(std::remove(watchers_.begin(), watchers_.end(), watcher), watchers_.end());
    watched_.store(!watchers_.empty(), std::memory_order_relaxed);
  }
  watcher->close();
}

void Tap::show(const TapEntry& entry, record::RecordParser& parser) {
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    const MutexLock lock(mutex_);
    std::copy_if(watchers_.begin(), watchers_.end(), std::back_inserter(watchers),
                 [&](const auto& watcher) { return watcher->wants(entry.outcome); });
  }
  if (watchers.empty()) {
    return;
  }
  const record::ParsedRecord parsed = parser.parse(entry.record);
  const std::string model = text_of(parsed.fields.model);
  const std::string customer = text_of(parsed.fields.customer_identifier);
  std::string line;  // made once, for the first watcher that wants it
  for (const auto& watcher : watchers) {
    if (watcher->wants(model, customer)) {
      line = line.empty() ? line_of(entry, model, customer) : line;
      watcher->add(line);
    }
  }
}

std::string Tap::line_of(const TapEntry& entry, std::string_view model, std::string_view customer) const {
  json::Object line;
  line.member("time", iso8601(clock_.wall()))
      .member("outcome", name_of(entry.outcome))
      .member("code", code_of(entry.answer))
      .member("milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(entry.answer.elapsed).count())
      .member("attempts", entry.attempts)
      .member("sequence", entry.sequence.value)
      .member("model", model)
      .member("customer", customer);
  if (!entry.route.empty()) {
    line.member("route", entry.route);
  }
  if (!entry.key.empty()) {
    line.member("key", entry.key);
  }
  if (entry.outcome != TapOutcome::kDelivered) {
    line.member("why", describe(entry.answer));
  } else if (!entry.answer.body.empty()) {
    constexpr std::size_t kMostAnswer = 500;
    line.member("answer", printable(entry.answer.body, kMostAnswer));
  }
  line.member("bytes", entry.record.size());
  std::string record(entry.record.size() > Watcher::kMostRecord ? std::string_view("null") : entry.record);
  // In JSON a raw line end is white space between values: one line stays one line.
  std::replace_if(
      record.begin(), record.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line.value("record", record).text() + "\n";
}

std::vector<std::string_view> records_in(std::string_view batch) {
  std::vector<std::string_view> records;
  const std::size_t array = batch.find('[');
  if (array == std::string_view::npos) {
    return records;
  }
  record::ElementFramer framer(Bytes{batch.size()});
  std::string_view rest = batch.substr(array);
  const std::size_t end = rest.rfind(']');
  rest = rest.substr(0, end == std::string_view::npos ? end : end + 1);
  while (framer.next(rest) == record::Frame::kComplete) {
    records.push_back(framer.frame());
  }
  return records;
}

}  // namespace respand::delivery
