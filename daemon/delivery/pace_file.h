#pragma once
// PaceFile: keeps the learned rate (429) over a restart, so that a start does not begin with a burst of refusals. It is
// a small file beside the journal's cursor, and only a hint: a file that is missing, damaged, old, from the future or
// about another API is ignored, and a failure to write it loses only the hint. Used by Delivery; any thread.

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
// None where the text is not such a line, whole and believable, or is about another URL.
[[nodiscard]] std::optional<LearnedPace> parse_pace_line(std::string_view text, std::string_view url, WallTime now);

class PaceFile {
 public:
  // Empty path: nothing is kept. `fs` and `clock` are borrowed for the object's life.
  PaceFile(std::string path, std::string url, fs::FileSystem& fs, const Clock& clock);

  // The API's URL from now on.
  void set_url(const std::string& url) EXCLUDES(mutex_);
  [[nodiscard]] std::optional<LearnedPace> read() const EXCLUDES(mutex_);
  // Replaces the file in one step. A failure is logged at most once an hour.
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
