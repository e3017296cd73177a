#include "journal/copier.h"

#include <cstring>

namespace respand::journal {

Status Copier::add(ConstBytes record, const RecordHeader& header, std::uint8_t flags) {
  const std::size_t at = bytes_.size();
  bytes_.resize(at + record_extent(header.length));
  std::memcpy(&bytes_[at], record.data(), record.size());
  RecordHeader changed = header;
  changed.flags = flags;
  encode(changed, &bytes_[at]);
  seal(&bytes_[at], to_.stamp(), header.sequence);
  last_ = offset_ + at;
  lengths_ += header.length;
  return bytes_.size() < kPiece ? Status() : flush();
}

Status Copier::flush() {
  const fs::ConstBytes part(bytes_);
  Status written = bytes_.empty() ? Status() : to_.file()->write_at(offset_, {&part, 1});
  offset_ += bytes_.size();
  bytes_.clear();
  return written;
}

}  // namespace respand::journal
