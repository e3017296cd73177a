#pragma once
// Where each line that was sent and is not acknowledged yet came from, in runs: one for the whole of an NDJSON file
// without gaps. One thread.

#include <cstddef>
#include <cstdint>
#include <deque>

namespace respand::cli {

// A line of an input, both from where they count: the file from 0, the line from 1.
struct Place {
  std::uint32_t file = 0;
  std::uint64_t line = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

class Origins {
 public:
  // The next line sent, from 1 on, comes from there.
  void add(Place place);
  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  // Requires: acknowledged through < number <= sent().
  [[nodiscard]] Place find(std::uint64_t number) const;
  // The lines up to `through` need not be found any more.
  void resolve(std::uint64_t through);
  // Runs held: what this costs in memory.
  [[nodiscard]] std::size_t runs() const { return runs_.size(); }

 private:
  struct Run {
    std::uint64_t first = 0;  // number of its first line
    Place place;              // of that line; the following lines follow
  };
  std::deque<Run> runs_;
  std::uint64_t sent_ = 0;
};

}  // namespace respand::cli
