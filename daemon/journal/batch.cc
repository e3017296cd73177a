#include <algorithm>

#include "journal/format.h"
#include "respand/base/check.h"
#include "respand/journal/attributes.h"
#include "respand/journal/writer.h"

namespace respand::journal {

Batch::Batch(Producer& producer, std::size_t capacity)
    : producer_(&producer), capacity_(capacity), block_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {}

std::size_t Batch::encoded_size(std::size_t attributes, std::size_t payload) noexcept {
  return record_extent(attributes + payload);
}

bool Batch::fits(std::size_t attributes, std::size_t payload) const noexcept {
  return encoded_size(attributes, payload) <= capacity_ - size_;
}

char* Batch::begin(Kind kind, WallTime received, std::string_view attributes, std::size_t max_payload, Deliver deliver,
                   ApiRoute route) noexcept {
  RESPAND_CHECK(fits(attributes.size(), max_payload));
  std::byte* const record = block_.get() + size_;
  encode(RecordHeader{.received = received,
                      .kind = static_cast<std::uint8_t>(kind),
                      .flags = deliver == Deliver::kYes ? std::uint8_t{0} : kNotForDelivery,
                      .attributes = static_cast<std::uint16_t>(attributes.size()),
                      .route = route,
                      .keyed = find_attribute(attributes, Tag::kKey).empty() ? std::uint8_t{0} : std::uint8_t{1}},
         record);
  std::copy(attributes.begin(), attributes.end(), reinterpret_cast<char*>(record + RecordHeader::kSize));
  open_attributes_ = attributes.size();
  routed_ += kind == Kind::kCompletion ? 0U : 1U;
  return reinterpret_cast<char*>(record + RecordHeader::kSize + attributes.size());
}

void Batch::end(std::size_t payload) noexcept {
  std::byte* const record = block_.get() + size_;
  const std::size_t length = open_attributes_ + payload;
  const std::size_t extent = record_extent(length);
  // The header was written by begin(), before the length was known. Stamp, sequence and checksum come when the batch is
  // written (seal() in format.h).
  store(record + 12, static_cast<std::uint32_t>(length));
  std::memset(record + RecordHeader::kSize + length, 0, extent - RecordHeader::kSize - length);
  size_ += extent;
  ++records_;
}

void Batch::clear() noexcept {
  touched_ = touched();
  size_ = 0;
  records_ = 0;
  routed_ = 0;
  awaited_ = true;
  first_sequence_ = Sequence{};
}

}  // namespace respand::journal
