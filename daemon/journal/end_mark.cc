#include "journal/end_mark.h"

#include <cstring>

#include "respand/base/log.h"

namespace respand::journal {
namespace {

constexpr std::string_view kEndMagic = "RSPNDEND";
constexpr std::uint32_t kClean = 1;

}  // namespace

void encode(const EndMark& mark, std::span<std::byte, EndMark::kSize> out) {
  std::byte* const p = out.data();
  std::memcpy(p + 8, kEndMagic.data(), kEndMagic.size());
  store(p + 16, kFormatVersion);
  store(p + 20, mark.clean ? kClean : 0U);
  store(p + 24, mark.journal);
  store(p + 32, mark.segment.value);
  store(p + 40, mark.offset);
  store(p + 48, mark.sequence.value);
  store(p + 56, mark.appended);
  store(p, checksum(out.subspan<8>()));
}

HeaderState decode(std::span<const std::byte, EndMark::kSize> in, EndMark& mark) {
  const std::byte* const p = in.data();
  if (std::memcmp(p + 8, kEndMagic.data(), kEndMagic.size()) != 0 ||
      load<std::uint64_t>(p) != checksum(in.subspan<8>())) {
    return HeaderState::kBad;
  }
  mark = EndMark{.journal = load<std::uint64_t>(p + 24),
                 .segment = SegmentId{load<std::uint64_t>(p + 32)},
                 .offset = load<std::uint64_t>(p + 40),
                 .sequence = Sequence{load<std::uint64_t>(p + 48)},
                 .appended = load<std::uint64_t>(p + 56),
                 .clean = (load<std::uint32_t>(p + 20) & kClean) != 0};
  return load<std::uint32_t>(p + 16) == kFormatVersion ? HeaderState::kGood : HeaderState::kNewer;
}

Result<EndMarkFile> EndMarkFile::open(fs::FileSystem& fs, const std::string& directory) {
  const std::string path = directory + "/end";
  EndMarkFile end;
  auto file = fs.open(path, fs::OpenMode::kCreate);
  if (!file) {
    log::warning("the journal's end can't be noted: its next start takes longer", {{"error", file.error().message}});
    return end;
  }
  end.file_ = std::move(*file);
  if (auto read = end.read(path); !read) {
    return std::move(read).error();
  }
  return end;
}

Result<EndMarkFile> EndMarkFile::look(fs::FileSystem& fs, const std::string& directory) {
  const std::string path = directory + "/end";
  EndMarkFile end;
  if (auto file = fs.open(path, fs::OpenMode::kRead)) {
    end.file_ = std::move(*file);
    if (auto read = end.read(path); !read) {
      return std::move(read).error();
    }
  }
  return end;
}

Status EndMarkFile::read(const std::string& path) {
  std::array<std::byte, EndMark::kSize> bytes{};
  EndMark mark;
  const auto got = file_->read_at(0, bytes);
  switch (got && *got == bytes.size() ? decode(bytes, mark) : HeaderState::kBad) {
    case HeaderState::kGood:
      found_ = mark;
      break;
    case HeaderState::kNewer:
      return error(ErrorCode::kUnsupported, path + ": written by a newer version of respand: use that version");
    case HeaderState::kBad:
      damaged_ = !got || *got > 0;
      break;
  }
  return {};
}

Status EndMarkFile::write(const EndMark& mark) {
  if (!file_) {
    return {};
  }
  std::array<std::byte, EndMark::kSize> bytes{};
  encode(mark, bytes);
  const fs::ConstBytes part(bytes);
  return file_->write_at(0, {&part, 1});
}

Status EndMarkFile::sync() { return file_ ? file_->sync_data() : Status(); }

}  // namespace respand::journal
