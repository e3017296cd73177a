#include "journal/cursor.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "journal/format.h"
#include "respand/base/log.h"
#include "respand/fs/identity.h"

namespace respand::journal {
namespace {

constexpr std::string_view kCursorMagic = "RSPNDCUR";
constexpr std::size_t kVolatileSlot = 2;
constexpr std::size_t kFileSize = Cursor::kSlots * Cursor::kSlotSize;
constexpr std::size_t kUsualRead = 4096;
constexpr std::size_t kMaxBody = Cursor::kSlotSize - Cursor::kHeaderSize;

struct Slot {
  std::uint64_t generation = 0;
  CursorState state;
};

std::vector<std::byte> encode_slot(std::uint64_t generation, const CursorState& state) {
  const std::vector<std::byte> body = state.acked.encode(kMaxBody);
  std::vector<std::byte> slot(Cursor::kHeaderSize + body.size());
  std::byte* const p = slot.data();
  std::memcpy(p + 8, kCursorMagic.data(), kCursorMagic.size());
  store(p + 16, kFormatVersion);
  store(p + 20, static_cast<std::uint32_t>(body.size()));
  store(p + 24, generation);
  store(p + 32, state.journal);
  store(p + 40, state.acked_bytes);
  store(p + 48, state.keep_from.value);
  std::memcpy(p + Cursor::kHeaderSize, body.data(), body.size());
  store(p, checksum(ConstBytes(slot).subspan(8)));
  return slot;
}

// kBad where the bytes are not a slot as it was written.
HeaderState decode_slot(ConstBytes bytes, Slot& slot) {
  const std::byte* const p = bytes.data();
  if (bytes.size() < Cursor::kHeaderSize || std::memcmp(p + 8, kCursorMagic.data(), kCursorMagic.size()) != 0) {
    return HeaderState::kBad;
  }
  const std::size_t body = load<std::uint32_t>(p + 20);
  if (body > bytes.size() - Cursor::kHeaderSize ||
      load<std::uint64_t>(p) != checksum(bytes.subspan(8, Cursor::kHeaderSize - 8 + body))) {
    return HeaderState::kBad;
  }
  if (load<std::uint32_t>(p + 16) != kFormatVersion) {
    return HeaderState::kNewer;
  }
  auto acked = AckedSet::decode(bytes.subspan(Cursor::kHeaderSize, body));
  if (!acked) {
    return HeaderState::kBad;
  }
  slot.generation = load<std::uint64_t>(p + 24);
  slot.state = CursorState{.journal = load<std::uint64_t>(p + 32),
                           .acked = std::move(*acked),
                           .acked_bytes = load<std::uint64_t>(p + 40),
                           .keep_from = Sequence{load<std::uint64_t>(p + 48)}};
  return HeaderState::kGood;
}

}  // namespace

AckedSet Cursor::as_stored(const AckedSet& acked) {
  return AckedSet::decode(acked.encode(kMaxBody)).value_or(AckedSet(acked.floor()));
}

Result<Cursor> Cursor::open(fs::FileSystem& fs, const std::string& directory) {
  const std::string path = directory + "/cursor";
  auto file = fs.open(path, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).fail("the journal's cursor");
  }
  Cursor cursor(fs, path, std::move(*file));
  auto size = cursor.file_->size();
  if (!size) {
    return std::move(size).fail(path);
  }
  if (*size > 0) {
    if (auto read = cursor.read_slots(); !read) {
      return std::move(read).fail(path);
    }
  }
  if (auto filled = cursor.fill(directory); !filled) {
    return std::move(filled).fail(path);
  }
  return cursor;
}

// Writes real zeros, not a hole: the file must have its blocks when the disk is full. A disk that is full now is no
// reason not to start; the cursor then lags more.
Status Cursor::fill(const std::string& directory) {
  auto size = file_->size();
  if (!size) {
    return std::move(size).error();
  }
  if (*size >= kFileSize) {
    return {};
  }
  const std::vector<std::byte> zeros(kFileSize - *size);
  const fs::ConstBytes part(zeros);
  Status made = file_->write_at(*size, {&part, 1});
  if (made) {
    made = file_->sync_data();
  }
  if (made) {
    made = fs_->sync_directory(directory);
  }
  if (!made && made.error().code == ErrorCode::kNoSpace) {
    log::warning("the disk has no room for the journal's cursor: after a crash more records may be sent again",
                 {{"error", made.error().message}});
    return {};
  }
  return made;
}

Status Cursor::renew(const std::string& directory) {
  if (fs::leads_to(*fs_, path_, *file_)) {
    return {};
  }
  auto file = fs_->open(path_, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).fail("the journal's cursor");
  }
  file_ = std::move(*file);
  synced_slot_ = 0;
  sync_failed_ = false;
  return fill(directory);
}

Result<Cursor> Cursor::look(fs::FileSystem& fs, const std::string& directory) {
  const std::string path = directory + "/cursor";
  auto file = fs.open(path, fs::OpenMode::kRead);
  if (!file && file.error().code == ErrorCode::kNotFound) {
    return Cursor(fs, path, nullptr);
  }
  if (!file) {
    return std::move(file).fail("the journal's cursor");
  }
  Cursor cursor(fs, path, std::move(*file));
  if (auto read = cursor.read_slots(); !read) {
    return std::move(read).fail(path);
  }
  return cursor;
}

Status Cursor::read_slots() {
  std::vector<std::byte> bytes;
  std::uint64_t synced_generation = 0;
  for (std::size_t index = 0; index < kSlots; ++index) {
    // One short read is enough for most slots; the length of a longer body is in what was read.
    bytes.resize(kUsualRead);
    auto got = file_->read_at(index * kSlotSize, bytes);
    if (got && *got == kUsualRead) {
      bytes.resize(std::clamp(kHeaderSize + load<std::uint32_t>(bytes.data() + 20), kUsualRead, kSlotSize));
      if (bytes.size() > kUsualRead) {
        got = file_->read_at(index * kSlotSize, bytes);
      }
    }
    if (!got) {
      return std::move(got).error();
    }
    Slot slot;
    switch (decode_slot(ConstBytes(bytes).first(*got), slot)) {
      case HeaderState::kNewer:
        return error(ErrorCode::kUnsupported,
                     "written by a newer version of respand; use that version, or empty the journal with it first");
      case HeaderState::kBad:
        // A slot that was never written is zeros, and not damaged.
        bad_slots_ += *got >= kHeaderSize && load<std::uint64_t>(bytes.data() + 8) != 0 ? 1U : 0U;
        break;
      case HeaderState::kGood:
        // The newer of the two synced slots must not be overwritten next, even where the third slot is newer still:
        // that one may not survive a power cut.
        if (index != kVolatileSlot && slot.generation > synced_generation) {
          synced_generation = slot.generation;
          synced_slot_ = index ^ 1;
        }
        if (!loaded_ || slot.generation > generation_) {
          loaded_ = std::move(slot.state);
          generation_ = slot.generation;
        }
        break;
    }
  }
  return {};
}

Status Cursor::write_slot(std::size_t slot, const CursorState& state) {
  const std::vector<std::byte> bytes = encode_slot(++generation_, state);
  const fs::ConstBytes part(bytes);
  return file_->write_at(slot * kSlotSize, {&part, 1});
}

Status Cursor::write(const CursorState& state) { return write_slot(kVolatileSlot, state); }

// After a failed fdatasync the kernel may have dropped the pages and forgotten the error, so another fdatasync of the
// same open file could succeed without anything on the disk. The file is opened anew, and the slot written anew.
Status Cursor::prepare(const CursorState& state) {
  if (sync_failed_) {
    auto file = fs_->open(path_, fs::OpenMode::kReadWrite);
    if (!file) {
      return std::move(file).fail("the journal's cursor");
    }
    file_ = std::move(*file);
    sync_failed_ = false;
  }
  return write_slot(synced_slot_, state);
}

Status Cursor::sync() {
  Status synced = file_->sync_data();
  if (synced) {
    synced_slot_ ^= 1;
  }
  sync_failed_ = !synced;
  return synced;
}

}  // namespace respand::journal
