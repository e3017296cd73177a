#pragma once
// One line an event, on stderr: text for people, JSON for machines, "<N>" priorities where stderr is the journal's.
// Any thread. Never pass a payload or a key: a record is named by its sequence or identifier, a key not at all.
//
//   log::info("journal opened", {{"records", backlog}, {"segments", n}});
//   2026-11-21T23:40:02.123456Z INFO journal opened records=17 segments=1

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "respand/base/clock.h"

namespace respand::log {

// How much an event matters. Events below the log's level are not written.
enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
// How events are written.
enum class Format : std::uint8_t {
  kAuto,  // text, with journald priorities where $JOURNAL_STREAM is stderr
  kText,
  kJson,
};

// A named value of an event. The key is a word of the program's own; the value may come from anybody. Both are borrowed
// until the call that they are passed to returns.
class Field {
 public:
  // A text, a number or a truth value.
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : key_(key), value_(std::string_view(value)) {}
  Field(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  template <typename T>
  requires std::is_arithmetic_v<T> Field(std::string_view key, T value) : key_(key) {
    if constexpr (std::is_same_v<T, bool>) {
      value_ = value;
    } else if constexpr (std::is_floating_point_v<T>) {
      value_ = static_cast<double>(value);
    } else if constexpr (std::is_signed_v<T>) {
      value_ = static_cast<std::int64_t>(value);
    } else {
      value_ = static_cast<std::uint64_t>(value);
    }
  }
  // What the field was made of: a text as a view, a number as the widest one of its kind.
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] const auto& value() const { return value_; }

 private:
  std::string_view key_;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value_;
};
// The named values of one event, in the order in which they are written.
using Fields = std::initializer_list<Field>;

// Sets up the process's log. Call once before threads start; set_level() may be called later from any thread.
void start(Level level, Format format);
void set_level(Level level);

// Writes an event, where its level is not below the log's. Events of a kind (their text) that comes too often are left
// out, and the next line of that kind says how many. After start() a call never waits for whoever reads stderr.
void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) { write(Level::kDebug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::kInfo, event, fields); }
inline void warning(std::string_view event, Fields fields = {}) { write(Level::kWarning, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::kError, event, fields); }

// Renders a line without its end, as write() would; for tests.
[[nodiscard]] std::string render(Format format, Level level, WallTime when, std::string_view event, Fields fields);

// Lets one event a period through and counts the rest: `if (gate.open(now)) log::warning("…", {{"held_back",
// gate.held_back()}})`. One thread, or under the owner's lock.
class LogThrottle {
 public:
  // The first event is let through.
  explicit LogThrottle(Duration period = std::chrono::seconds{10}) : period_(period) {}
  // Whether an event may be written now.
  [[nodiscard]] bool open(MonoTime now) {
    if (now < next_) {
      ++waiting_;
      return false;
    }
    next_ = now + period_;
    held_back_ = std::exchange(waiting_, 0);
    return true;
  }
  // How many events open() had refused before it last returned true, since the true before that.
  [[nodiscard]] std::uint64_t held_back() const { return held_back_; }

 private:
  Duration period_;
  MonoTime next_{};
  std::uint64_t waiting_ = 0;
  std::uint64_t held_back_ = 0;
};

}  // namespace respand::log
