#pragma once
// PayloadPool: keeps the memory of payloads that were answered for the next ones, so that a record costs no allocation.
// Each worker has its own; its thread.

#include <cstddef>
#include <string>
#include <vector>

namespace respand::delivery {

class PayloadPool {
 public:
  // How much memory is kept for the next payloads: that of usual records, not that of a single 20 MiB one.
  static constexpr std::size_t kMaxKeptCapacity = 64 * 1024;
  static constexpr std::size_t kMaxKeptPayloads = 256;

  // An empty string, with memory where there is some.
  [[nodiscard]] std::string take();
  // Keeps the memory of a payload that is not needed any more.
  void recycle(std::string payload);
  // The same for the body of a batch: one is kept, if it has at most `most` bytes.
  [[nodiscard]] std::string take_batch_body();
  void recycle_batch_body(std::string body, std::size_t most);

 private:
  std::vector<std::string> payloads_;
  std::string batch_body_;
};

}  // namespace respand::delivery
