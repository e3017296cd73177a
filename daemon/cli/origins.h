#pragma once
// Origins: where each line came from that was sent and is not acknowledged yet. Neighbouring lines of a file share one
// run, so a whole NDJSON file without gaps is one. One thread.

#include <cstddef>
#include <cstdint>
#include <deque>

namespace respand::cli {

// A line of an input. Files count from 0, lines from 1.
struct Place {
  std::uint32_t file = 0;
  std::uint64_t line = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

class Origins {
 public:
  // The next line that is sent comes from there. Lines sent are numbered from 1 on.
  void add(Place place);
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  // Requires: acknowledged through < number <= sent().
  [[nodiscard]] Place find(std::uint64_t number) const;
  // The lines up to `through` need not be found any more.
  void resolve(std::uint64_t through);
  // How many runs are held, and so how much memory this takes.
  [[nodiscard]] std::size_t runs() const { return runs_.size(); }

 private:
  struct Run {
    std::uint64_t first = 0;  // number of its first line
    Place place;              // of that line; the run's other lines follow it in the file
  };
  std::deque<Run> runs_;
  std::uint64_t sent_ = 0;
};

}  // namespace respand::cli
