#pragma once
// Arrivals: waits until records that were handed over have reached the API, or were refused by it. It hears of each on
// the daemon's tap, and asks the daemon where it may have missed something, even if the daemon was restarted meanwhile.
// Used by `respand send --wait delivered`; main thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/control_client.h"
#include "config/node.h"
#include "respand/base/units.h"

namespace respand::cli {

// What became of one record.
struct Arrival {
  enum class Fate : std::uint8_t {
    kDelivered,
    kRefused,  // by the API: a dead letter
    kLeftOut,  // not sent: left out by records.sample, or dropped
  };
  Fate fate = Fate::kDelivered;
  std::string file;
  std::uint64_t line = 0;
  std::string words;  // "200 {"message":"log successful"}"; empty where the answer came while nobody listened
};

class Arrivals {
 public:
  enum class End : std::uint8_t { kAll, kWentAway, kTimeout };
  struct Options {
    std::string control;
    bool retry = false;  // a daemon that goes away is waited for
    MonoTime deadline = MonoTime::max();
    std::function<void(const Arrival&)> arrived;
  };

  explicit Arrivals(Options options) : options_(std::move(options)) {}

  // Begins to listen; with `retry`, once there is a daemon. Requires: before the records are handed over.
  [[nodiscard]] Status listen();
  // A record that is waited for.
  void expect(Sequence sequence, const std::string& file, std::uint64_t line);
  // Waits until the outcome of all records is known. An error: the daemon does not answer us.
  [[nodiscard]] Result<End> wait();
  [[nodiscard]] std::uint64_t left() const { return open_.size(); }

 private:
  struct Origin {
    std::uint32_t file = 0;
    std::uint64_t line = 0;
  };
  using Open = std::map<std::uint64_t, Origin>;

  [[nodiscard]] bool ask();
  [[nodiscard]] std::optional<config::Node> get(const std::string& target) const;
  [[nodiscard]] bool find_acked(std::set<std::uint64_t>& acked) const;
  [[nodiscard]] bool find_letters(std::uint64_t first, std::uint64_t last,
                                  std::map<std::uint64_t, std::string>& letters) const;
  void take(std::string_view line);
  void resolve(Open::iterator at, Arrival::Fate fate, std::string words);
  [[nodiscard]] Status open_tap();

  const Options options_;
  std::optional<ControlStream> stream_;
  std::vector<std::string> files_;
  Open open_;                      // by sequence
  std::set<std::uint64_t> acked_;  // of them, those that were acknowledged when the daemon was last asked
  bool missed_ = false;            // lines of the tap may have been missed
};

}  // namespace respand::cli
