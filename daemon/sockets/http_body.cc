#include "sockets/http_body.h"

#include <algorithm>

namespace respand::sockets {

http1::Inflated HttpBody::unpack(http1::Packing packing, std::size_t limit) {
  const http1::Inflated result = http1::inflate_body(packing, text_.view(), limit, unpacked_);
  if (result == http1::Inflated::kGood) {
    text_.clear();
    text_.set(unpacked_);
    *all_unpacked_ += unpacked_.capacity();
  }
  return result;
}

void HttpBody::forget() {
  *all_unpacked_ -= unpacked_.empty() ? 0 : std::min(*all_unpacked_, unpacked_.capacity());
  std::string().swap(unpacked_);  // An assignment would keep the memory.
  text_.clear();
}

}  // namespace respand::sockets
