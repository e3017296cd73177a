#include "journal/segment.h"

#include <algorithm>
#include <array>
#include <utility>

namespace respand::journal {
namespace {

// Takes the place of the file of a segment that was let go.
class GoneFile final : public fs::File {
 public:
  [[nodiscard]] Result<std::size_t> read_at(std::uint64_t /*offset*/, fs::MutableBytes /*out*/) const override {
    return gone();
  }
  [[nodiscard]] Status write_at(std::uint64_t /*offset*/, std::span<const fs::ConstBytes> /*parts*/) override {
    return gone();
  }
  [[nodiscard]] Status sync_data() override { return gone(); }
  [[nodiscard]] Status truncate(std::uint64_t /*size*/) override { return gone(); }
  [[nodiscard]] Result<std::uint64_t> size() const override { return gone(); }

 private:
  static Error gone() { return error(ErrorCode::kNotFound, "the segment was compacted meanwhile"); }
};

}  // namespace

void SegmentIndex::add(const Entry& entry) {
  if (entries_.empty() || entry.offset >= entries_.back().offset + kStride) {
    entries_.push_back(entry);
  }
}

SegmentIndex::Entry SegmentIndex::before(Sequence sequence) const {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), sequence,
                                      [](Sequence s, const Entry& entry) { return s < entry.sequence; });
  return after == entries_.begin() ? Entry{} : *std::prev(after);
}

Segment::Segment(SegmentName name, std::uint32_t stamp, std::unique_ptr<fs::File> file, std::uint32_t edition,
                 std::shared_ptr<const SegmentIndex> index)
    : name_(name), stamp_(stamp), edition_(edition), index_(std::move(index)), state_(State{std::move(file), false}) {}

std::shared_ptr<fs::File> Segment::file() const {
  return state_.with([](const State& state) { return state.file; });
}

// The old file is closed outside the lock, when `was` goes: closing the last handle of a removed file may take long.
void Segment::let_go() {
  std::shared_ptr<fs::File> was = std::make_shared<GoneFile>();
  state_.with([&](State& state) {
    state.file.swap(was);
    state.gone = true;
  });
}

bool Segment::gone() const {
  return state_.with([](const State& state) { return state.gone; });
}

bool header_is_readable(const Segment& segment) {
  std::array<std::byte, SegmentHeader::kSize> header{};
  return segment.file()->read_at(0, header).has_value();
}

}  // namespace respand::journal
