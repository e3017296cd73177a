#pragma once
// Collects what is wrong with a configuration while it is read. Used by every file of this module; main thread.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "respand/config/config.h"

namespace respand::config {

// The most bytes of a name or a value that a message quotes.
inline constexpr std::size_t kMostShown = 60;

// A place in a file, line and column (in characters) from 1. Zeros: no place.
struct Place {
  int line = 0;
  int column = 0;
  std::size_t file = 0;  // which of the report's files
};

// What a program has to know of a mistake; its message is for people.
struct ProblemKind {
  Problem::About about = Problem::About::kConfiguration;
  ErrorCode code = ErrorCode::kInvalid;
};

class Report {
 public:
  explicit Report(std::string file) : files_{std::move(file)} {}

  // Adds a file, and returns its number for Place::file.
  std::size_t add_file(std::string file) {
    files_.push_back(std::move(file));
    return files_.size() - 1;
  }
  // A mistake that is reported twice is kept once: a map to which a later file adds is read once more.
  void problem(Place place, std::string message, ProblemKind kind = {}) {
    add(problems_, place, std::move(message), kind);
  }
  void warning(Place place, std::string message, ProblemKind kind = {}) {
    add(warnings_, place, std::move(message), kind);
  }
  // A mistake that is not in the file but in the environment.
  void environment_problem(std::string message, ProblemKind kind = {}) {
    problems_.push_back({"environment", 0, 0, std::move(message), kind.about, kind.code});
  }

  [[nodiscard]] std::size_t problem_count() const { return problems_.size(); }
  [[nodiscard]] const std::string& file(Place place = {}) const { return files_.at(place.file); }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  [[nodiscard]] std::vector<Problem>& problems() { return problems_; }
  [[nodiscard]] std::vector<Problem>& warnings() { return warnings_; }

 private:
  void add(std::vector<Problem>& to, Place place, std::string message, ProblemKind kind) {
    Problem fresh{files_.at(place.file), place.line, place.column, std::move(message), kind.about, kind.code};
    for (const Problem& known : to) {
      if (place.line == 0 || files_.size() == 1) {
        break;
      }
      if (known.line == fresh.line && known.column == fresh.column && known.file == fresh.file &&
          known.message == fresh.message) {
        return;
      }
    }
    to.push_back(std::move(fresh));
  }

  std::vector<std::string> files_;
  std::vector<Problem> problems_;
  std::vector<Problem> warnings_;
};

}  // namespace respand::config
