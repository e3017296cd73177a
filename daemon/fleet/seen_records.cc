#include "fleet/seen_records.h"

#include <algorithm>

#include "fleet/batch_message.h"
#include "fleet/encoding.h"
#include "respand/base/leb128.h"

namespace respand::fleet {
std::string StreamOrigin::encode() const {
  std::string out;
  put_number(out, journal);
  put_number(out, sequence.value);
  out += host;
  return out;
}

std::optional<StreamOrigin> StreamOrigin::decode(std::string_view value) {
  if (value.size() < kFixed || value.size() > kFixed + kLongestHost) {
    return std::nullopt;
  }
  return StreamOrigin{number_at<std::uint64_t>(value, 0), Sequence{number_at<std::uint64_t>(value, 8)},
                      value.substr(kFixed)};
}

bool SeenRecords::add(std::uint64_t journal, Sequence sequence, WallTime now) {
  const auto [found, is_new] = edges_.try_emplace(journal);
  Edge& edge = found->second;
  edge.last = std::max(edge.last, now);
  const bool added = edge.sequences.add(sequence);
  if (edge.sequences.ranges().size() > kMostRanges) {
    edge.sequences.keep_highest(kMostRanges - kMostRanges / 8);  // by many at once, because the others move
  }
  if (is_new && edges_.size() > kMostEdges) {
    forget_the_oldest();
  }
  return added;
}

bool SeenRecords::contains(std::uint64_t journal, Sequence sequence) const {
  const auto found = edges_.find(journal);
  return found != edges_.end() && found->second.sequences.contains(sequence);
}

std::size_t SeenRecords::ranges() const {
  std::size_t ranges = 0;
  for (const auto& [journal, edge] : edges_) {
    ranges += edge.sequences.ranges().size();
  }
  return ranges;
}

void SeenRecords::forget_the_oldest() {
  const auto oldest = std::min_element(edges_.begin(), edges_.end(),
                                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  edges_.erase(oldest);
}

std::string SeenRecords::encode() const {
  std::string out;
  put_leb128(edges_.size(), [&out](std::uint8_t byte) { out += static_cast<char>(byte); });
  for (const auto& [journal, edge] : edges_) {
    put_number(out, journal);
    put_number(out, static_cast<std::uint64_t>(edge.last.time_since_epoch().count()));
    edge.sequences.encode(out);
  }
  return out;
}

std::optional<SeenRecords> SeenRecords::decode(std::string_view bytes) {
  const auto count = take_leb128(bytes);
  if (!count || *count > kMostEdges) {
    return std::nullopt;
  }
  SeenRecords seen;
  for (std::uint64_t i = 0; i < *count; ++i) {
    if (bytes.size() < 16) {
      return std::nullopt;
    }
    const std::uint64_t journal = number_at<std::uint64_t>(bytes, 0);
    const WallTime last{Duration{static_cast<Duration::rep>(number_at<std::uint64_t>(bytes, 8))}};
    bytes.remove_prefix(16);
    auto sequences = SequenceSet::decode(bytes, kMostRanges);
    if (!sequences) {
      return std::nullopt;
    }
    seen.edges_[journal] = {std::move(*sequences), last};
  }
  return bytes.empty() ? std::optional(std::move(seen)) : std::nullopt;
}

}  // namespace respand::fleet
