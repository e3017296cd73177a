#pragma once
// What a framer keeps of a frame that arrives in pieces. Private to the framers.

#include <string>

namespace respand::record {

// A buffer larger than this is given back once it was used: a stream that had one large line does not hold its memory
// for ever. It is what intake gives every connection free (daemon/sockets/partial_record_pool.h); most records never
// come to it.
inline constexpr std::size_t kKeptBuffer = std::size_t{16} * 1024;

inline void empty(std::string& buffer) {
  if (buffer.capacity() > kKeptBuffer) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace respand::record
