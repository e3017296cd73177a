#pragma once
// FaultPlan: which calls of FaultFileSystem are to fail, and how many were made. Part of Machine, under its mutex.

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/support/fs/fault_disk.h"
#include "tests/support/fs/fault_kinds.h"

namespace respand::fs {

class FaultPlan {
 public:
  // A call that fails, and whether it may take effect in part.
  struct Failure {
    int os_error = 0;
    bool partial = false;
  };
  // Counts a call. Nothing where it may go on.
  [[nodiscard]] std::optional<Failure> enter(Calls kind);
  // Whether a read of these bytes comes to a bad place; it then counts as a fault.
  [[nodiscard]] bool reads_bad_place(NodeId node, std::uint64_t begin, std::uint64_t end);

  // The nth call from now fails.
  void fail_at(std::uint64_t nth, const Fault& fault) { armed_.push_back({nth, fault, false}); }
  // The nth call from now and all behind it fail, and have no effect, until power_on().
  void power_off_at(std::uint64_t nth) { armed_.push_back({nth, {}, true}); }
  void add_bad_place(NodeId node, std::uint64_t begin, std::uint64_t end) { bad_places_.push_back({node, begin, end}); }
  // Takes back what is to fail; the power stays as it is.
  void disarm();
  void power_on() { powered_off_ = false; }

  [[nodiscard]] std::uint64_t faults_hit() const { return faults_hit_; }
  [[nodiscard]] std::uint64_t operations(Calls kinds) const;

 private:
  struct Armed {
    std::uint64_t left = 1;
    Fault fault;
    bool power_off = false;
  };
  struct BadPlace {
    NodeId node = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };

  std::vector<Armed> armed_;
  std::vector<BadPlace> bad_places_;
  bool powered_off_ = false;
  std::array<std::uint64_t, std::bit_width(calls::kAll)> counts_{};
  std::uint64_t faults_hit_ = 0;
};

}  // namespace respand::fs
