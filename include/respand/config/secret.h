#pragma once
// Secret: a value that must not be shown. A value; any thread.

#include <string>
#include <utility>

namespace respand::config {

// A value that must not be shown. Printing it needs reveal(), which a reviewer can search for.
class Secret {
 public:
  Secret() = default;
  // An empty value stands for none.
  explicit Secret(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  std::string value_;
};

}  // namespace respand::config
