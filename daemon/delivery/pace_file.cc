#include "delivery/pace_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "respand/base/text.h"

namespace respand::delivery {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kFormat = "respand-pace 1 ";
constexpr std::size_t kLongestFile = 16384;  // room for any URL that the configuration takes
constexpr double kLargestBurst = 1e9;
constexpr Duration kLongestHold = std::chrono::hours{24};

std::string short_text(double number) {
  std::array<char, 32> out{};
  std::snprintf(out.data(), out.size(), "%.5g", number);
  return out.data();
}

std::int64_t in_milliseconds(Duration d) { return std::chrono::floor<milliseconds>(d).count(); }

// Takes the number up to the next space off the text, and the space with it.
template <typename Number>
std::optional<Number> take(std::string_view& text) {
  Number value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end == text.data() + text.size() || *end != ' ') {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

}  // namespace

std::string pace_line(const LearnedPace& pace, std::string_view url, WallTime now) {
  return cat(kFormat, short_text(pace.rate), " ", short_text(pace.burst), " ", in_milliseconds(pace.hold), " ",
             in_milliseconds(now.time_since_epoch() - pace.age), " ", url, "\n");
}

std::optional<LearnedPace> parse_pace_line(std::string_view text, std::string_view url, WallTime now) {
  if (!text.starts_with(kFormat)) {
    return std::nullopt;
  }
  text.remove_prefix(kFormat.size());
  const auto rate = take<double>(text);
  const auto burst = rate ? take<double>(text) : std::nullopt;
  const auto hold = burst ? take<std::int64_t>(text) : std::nullopt;
  const auto refused = hold ? take<std::int64_t>(text) : std::nullopt;
  if (!refused || text.empty() || text.back() != '\n' || text.substr(0, text.size() - 1) != url) {
    return std::nullopt;
  }
  // Written so that a NaN is refused as well.
  const bool good = *rate >= RateEstimate::kLeast && *rate <= RateEstimate::kMost && *burst >= 1 &&
                    *burst <= kLargestBurst && *hold >= 0 && *hold <= in_milliseconds(kLongestHold);
  const std::int64_t latest = std::int64_t{1} << 50;  // no sum of times overflows
  const std::int64_t age = in_milliseconds(now.time_since_epoch()) - std::clamp(*refused, std::int64_t{0}, latest);
  // After the clock was set back a time may lie a little ahead: it counts as now.
  const std::int64_t forgotten = in_milliseconds(Pace::kForgotten);
  if (!good || age >= forgotten || age <= -forgotten) {
    return std::nullopt;
  }
  return LearnedPace{*rate, *burst, milliseconds{*hold}, milliseconds{std::max<std::int64_t>(age, 0)}};
}

PaceFile::PaceFile(std::string path, std::string url, fs::FileSystem& fs, const Clock& clock)
    : path_(std::move(path)), fs_(fs), clock_(clock), url_(std::move(url)) {}

void PaceFile::set_url(const std::string& url) {
  const MutexLock lock(mutex_);
  url_ = url;
}

std::optional<LearnedPace> PaceFile::read() const {
  const MutexLock lock(mutex_);
  if (path_.empty()) {
    return std::nullopt;
  }
  const auto file = fs_.open(path_, fs::OpenMode::kRead);
  if (!file) {
    return std::nullopt;
  }
  std::string text(kLongestFile, '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(text)));
  return got ? parse_pace_line(std::string_view(text).substr(0, *got), url_, clock_.wall()) : std::nullopt;
}

void PaceFile::write(const LearnedPace& pace) {
  const MutexLock lock(mutex_);
  if (path_.empty()) {
    return;
  }
  const Status written = replace(pace_line(pace, url_, clock_.wall()));
  if (!written && gate_.open(clock_.mono())) {
    log::info("what the API takes a second could not be kept for the next start",
              {{"file", path_}, {"why", written.error().message}});
  }
}

// A new file renamed over the old one, so that a crash leaves one of them whole. The rename is not synced: losing a
// hint is harmless.
Status PaceFile::replace(const std::string& text) const {
  const std::string next = cat(path_, ".new");
  auto file = fs_.open(next, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  const fs::ConstBytes bytes = std::as_bytes(std::span(text));
  if (Status emptied = (*file)->truncate(0); !emptied) {
    return emptied;
  }
  if (Status written = (*file)->write_at(0, std::span(&bytes, 1)); !written) {
    return written;
  }
  if (Status synced = (*file)->sync_data(); !synced) {
    return synced;
  }
  return fs_.rename(next, path_);
}

}  // namespace respand::delivery
