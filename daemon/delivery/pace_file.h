#pragma once
// PaceFile: keeps over a restart what the API's refusals (429) have taught of its rate, so that a start does not begin
// with a burst of refusals. A small file beside the journal's cursor, and only a hint: one that is missing, damaged,
// old, from the future or of another API is no file, and where it can't be written nothing is lost but the hint. Used
// by Delivery; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "delivery/pace.h"
#include "respand/base/clock.h"
#include "respand/base/log.h"
#include "respand/base/mutex.h"
#include "respand/base/units.h"
#include "respand/fs/file_system.h"

namespace respand::delivery {

// One line: "respand-pace 1", requests a second, burst, Retry-After in milliseconds, time of the last refusal in
// milliseconds since 1970, URL.
[[nodiscard]] std::string pace_line(const LearnedPace& pace, std::string_view url, WallTime now);
// None where the text is no such line, whole and believable, or of another URL.
[[nodiscard]] std::optional<LearnedPace> parse_pace_line(std::string_view text, std::string_view url, WallTime now);

class PaceFile {
 public:
  // Empty path: there is none. `fs` and `clock` are borrowed for the object's life.
  PaceFile(std::string path, std::string url, fs::FileSystem& fs, const Clock& clock);

  // The API from now on.
  void set_url(const std::string& url) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<LearnedPace> read() const EXCLUDES(mutex_);
  // Replaces what is there in one step. A failure is told to the log, once an hour.
  void write(const LearnedPace& pace) EXCLUDES(mutex_);

 private:
  [[nodiscard]] Status replace(const std::string& text) const;

  const std::string path_;
  fs::FileSystem& fs_;
  const Clock& clock_;

  mutable Mutex mutex_;
  std::string url_ GUARDED_BY(mutex_);
  log::LogThrottle gate_ GUARDED_BY(mutex_){std::chrono::hours{1}};
};

}  // namespace respand::delivery
