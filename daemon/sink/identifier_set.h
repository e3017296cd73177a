#pragma once
// The identifiers seen so far, as 64-bit hashes in one flat table: 11 to 22 bytes an identifier (twice that for a
// moment when the table grows), however long they are. Two of ten million are mistaken for one with a chance of 3 in a
// million. One thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace respand::sink {

class IdentifierSet {
 public:
  // True where it was not there yet.
  bool insert(std::string_view identifier);
  [[nodiscard]] std::size_t size() const { return used_; }

 private:
  bool place(std::uint64_t hash);
  void grow();

  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(1024);  // a power of two; 0: free
  std::size_t used_ = 0;
};

}  // namespace respand::sink
