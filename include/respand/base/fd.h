#pragma once
// UniqueFd: a file descriptor with one owner, closed at the end of its life.

#include <utility>

namespace respand {

// The owner of a descriptor, or of none (-1). One thread at a time.
class UniqueFd {
 public:
  UniqueFd() = default;
  // Takes over the descriptor.
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  // The descriptor, which stays owned; -1: there is none.
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  // Gives the descriptor away: the caller has to close it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  // Closes the descriptor, and takes over `fd` in its place.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace respand
