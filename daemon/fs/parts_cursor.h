#pragma once
// PartsCursor: how far a write of several parts has come. The kernel may take them in several pieces, each of which may
// end within a part. One thread.

#include <sys/uio.h>

#include <array>
#include <climits>
#include <cstddef>
#include <span>

#include "respand/fs/file_system.h"

namespace respand::fs {

// Parts of one pwritev. A group commit has fewer; the kernel's own limit is IOV_MAX.
inline constexpr std::size_t kMaxParts = 128;
static_assert(kMaxParts <= IOV_MAX);

// Takes the parts one after the other, as many at a time as a call may have, and remembers how far it came.
class PartsCursor {
 public:
  explicit PartsCursor(std::span<const ConstBytes> parts) : parts_(parts) {}

  // Fills `out` with what is left; returns how many entries, 0 where nothing is left.
  std::size_t fill(std::array<iovec, kMaxParts>& out) {
    std::size_t count = 0;
    std::size_t done = done_;
    for (std::size_t i = next_; i < parts_.size() && count < kMaxParts; ++i) {
      const ConstBytes rest = parts_[i].subspan(done);
      done = 0;
      if (!rest.empty()) {
        out[count++] = {const_cast<std::byte*>(rest.data()), rest.size()};  // pwritev only reads.
      }
    }
    return count;
  }

  void advance(std::size_t written) {
    done_ += written;
    while (next_ < parts_.size() && done_ >= parts_[next_].size()) {
      done_ -= parts_[next_++].size();
    }
  }

 private:
  std::span<const ConstBytes> parts_;
  std::size_t next_ = 0;  // the part to go on with
  std::size_t done_ = 0;  // bytes of it that are written
};

}  // namespace respand::fs
