#pragma once
// Collects what is wrong with a configuration while it is read. Used by every file of this module; main thread.

#include <string>
#include <utility>
#include <vector>

#include "respand/config/config.h"

namespace respand::config {

// A place in the file, line and column (in characters) from 1. Zeros: no place.
struct Place {
  int line = 0;
  int column = 0;
};

class Report {
 public:
  explicit Report(std::string file) : file_(std::move(file)) {}

  void problem(Place place, std::string message) {
    problems_.push_back({file_, place.line, place.column, std::move(message)});
  }
  void warning(Place place, std::string message) {
    warnings_.push_back({file_, place.line, place.column, std::move(message)});
  }
  // A mistake that is not in the file but in the environment.
  void environment_problem(std::string message) { problems_.push_back({"environment", 0, 0, std::move(message)}); }

  [[nodiscard]] std::size_t problem_count() const { return problems_.size(); }
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::vector<Problem>& problems() { return problems_; }
  [[nodiscard]] std::vector<Problem>& warnings() { return warnings_; }

 private:
  std::string file_;
  std::vector<Problem> problems_;
  std::vector<Problem> warnings_;
};

}  // namespace respand::config
