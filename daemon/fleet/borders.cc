#include "fleet/borders.h"

#include <xxhash.h>

#include "fleet/encoding.h"
#include "respand/base/leb128.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

// Bits of the byte that says what is known of a loss.
constexpr std::uint8_t kLost = 1;
constexpr std::uint8_t kRepublishes = 2;
constexpr std::uint8_t kNotWhole = 4;

constexpr std::size_t kMostRanges = 10'000;  // a batch has no more records
constexpr std::size_t kLongestCreated = 64;  // RFC 3339 with nanoseconds takes 35

void put(std::string& out, std::uint64_t number) {
  put_leb128(number, [&out](std::uint8_t byte) { out += static_cast<char>(byte); });
}

std::uint64_t take_fixed(std::string_view& bytes) {
  const auto number = number_at<std::uint64_t>(bytes, 0);
  bytes.remove_prefix(sizeof number);
  return number;
}

}  // namespace

std::string Borders::encode() const {
  std::string out;
  put_number(out, journal);
  put_number(out, stream_sequence);
  out += static_cast<char>((stream_lost ? kLost : 0) | (republishes ? kRepublishes : 0) | (not_whole ? kNotWhole : 0));
  put(out, stream_created.size());
  out += stream_created;
  put(out, batches.size());
  for (const SequenceSet& batch : batches) {
    batch.encode(out);
  }
  return out;
}

std::optional<Borders> Borders::decode(std::string_view bytes) {
  constexpr std::size_t kFixed = 17;
  if (bytes.size() < kFixed) {
    return std::nullopt;
  }
  Borders borders;
  borders.journal = take_fixed(bytes);
  borders.stream_sequence = take_fixed(bytes);
  const auto loss = static_cast<std::uint8_t>(bytes.front());
  if (loss > (kLost | kRepublishes | kNotWhole)) {
    return std::nullopt;
  }
  borders.stream_lost = (loss & kLost) != 0;
  borders.republishes = (loss & kRepublishes) != 0;
  borders.not_whole = (loss & kNotWhole) != 0;
  bytes.remove_prefix(1);
  const auto created = take_leb128(bytes);
  if (!created || *created > kLongestCreated || *created > bytes.size()) {
    return std::nullopt;
  }
  borders.stream_created = bytes.substr(0, *created);
  bytes.remove_prefix(*created);
  const auto count = take_leb128(bytes);
  if (!count || *count > kMostBatches) {
    return std::nullopt;
  }
  for (std::uint64_t i = 0; i < *count; ++i) {
    auto batch = SequenceSet::decode(bytes, kMostRanges);
    if (!batch) {
      return std::nullopt;
    }
    borders.batches.push_back(std::move(*batch));
  }
  return bytes.empty() ? std::optional(std::move(borders)) : std::nullopt;
}

std::string message_id(std::uint64_t journal, const SequenceSet& sequences) {
  const auto& ranges = sequences.ranges();
  std::string id = cat(hexadecimal(journal), "-", ranges.front().first, "-", ranges.back().last);
  if (ranges.size() > 1) {
    std::string all;
    for (const SequenceSet::Range& range : ranges) {
      for (std::uint64_t sequence = range.first; sequence <= range.last; ++sequence) {
        put_number(all, sequence);
      }
    }
    id += cat("-", sequences.count(), "-", hexadecimal(XXH3_64bits(all.data(), all.size())));
  }
  return id;
}

}  // namespace respand::fleet
