#pragma once
// SpoolWaiting: which files of the spool directory are not taken yet, since when, and why. What `status`, the metrics
// and the log tell of them. Spool thread; SpoolWaiters is a value for any.

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "respand/base/units.h"

namespace respand::spool {

enum class SpoolWait : std::uint8_t {
  kQueued,        // nothing is wrong: it waits for its turn, for room in the journal, or for its records' commit
  kOpen,          // somebody has it open for writing
  kUnreadable,    // the daemon may not read it
  kSuffix,        // its name has none of the suffixes that are taken
  kNotRegular,    // a symbolic link, FIFO, device, socket or folder
  kLinked,        // it has other names as well
  kFailed,        // opening or reading it fails
  kNotRemovable,  // its records are durable, but the operating system does not let it be removed
  kRejected,      // its good records are durable, but what was refused of it can't be put aside
};
inline constexpr std::size_t kSpoolWaits = 9;
// The value of the label `reason`, and the member in `status --json`.
[[nodiscard]] std::string_view name_of(SpoolWait why);
// For people, behind a file's name: "open for writing".
[[nodiscard]] std::string_view words_of(SpoolWait why);

struct SpoolWaiters {
  struct Kind {
    std::uint64_t files = 0;
    std::string name{};  // of the one that waits longest
    WallTime since{};    // it was last written, or first seen, whichever is earlier
  };
  std::array<Kind, kSpoolWaits> kinds{};  // by SpoolWait

  [[nodiscard]] const Kind& operator[](SpoolWait why) const { return kinds[static_cast<std::size_t>(why)]; }
  [[nodiscard]] std::uint64_t files() const;
  // Of all kinds; null where none waits.
  [[nodiscard]] const Kind* oldest() const;
  // How long that one has waited; 0 where none does.
  [[nodiscard]] Duration oldest_age(WallTime now) const;
  // "2 open for writing (a.ndjson), 1 may not be read (b.json)"; without those that are only queued.
  [[nodiscard]] std::string text() const;
};

class SpoolWaiting {
 public:
  // Names that are told apart; of more than these only the number is known, and only by a listing.
  static constexpr std::size_t kMaxNames = 10'000;

  // The file waits, from now on for this reason.
  void note(const std::string& name, SpoolWait why, WallTime since);
  // The listing that runs has found the file. It counts as queued where no other reason is known.
  void listed(const std::string& name, WallTime since);
  void renamed(const std::string& from, const std::string& to);
  void forget(const std::string& name);
  // Between the two every name in the directory is handed to listed() or note(); a name that was not is gone.
  void begin_listing() {
    ++listing_;
    more_listed_ = {};
  }
  void end_listing();

  [[nodiscard]] SpoolWaiters look() const;
  // Whether anything changed since the last call.
  [[nodiscard]] bool changed() { return std::exchange(changed_, false); }

 private:
  struct Entry {
    SpoolWait why;
    WallTime since;
    std::uint64_t listing;
  };
  using Names = std::map<std::string, Entry>;
  void insert(const std::string& name, const Entry& entry);
  Names::iterator erase(Names::iterator place);
  [[nodiscard]] auto& order_of(SpoolWait why) { return orders_[static_cast<std::size_t>(why)]; }

  Names names_;
  std::array<std::set<std::pair<WallTime, std::string>>, kSpoolWaits> orders_;
  std::array<std::uint64_t, kSpoolWaits> more_{};  // without a name, by the last listing
  std::array<std::uint64_t, kSpoolWaits> more_listed_{};
  std::uint64_t listing_ = 0;
  bool changed_ = true;
};

}  // namespace respand::spool
