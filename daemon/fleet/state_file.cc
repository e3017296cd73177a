#include "fleet/state_file.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "fleet/encoding.h"
#include "respand/base/text.h"
#include "respand/fs/identity.h"

namespace respand::fleet {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;  // more than any of these files can become
constexpr std::size_t kLength = sizeof(std::uint32_t);

std::string frame_of(std::string_view content) {
  std::string frame;
  frame.reserve(kLength + content.size() + kChecksumSize);
  put_number(frame, static_cast<std::uint32_t>(content.size()));
  frame += content;
  put_checksum(frame);
  return frame;
}

// The content of the last whole frame. What stands behind it was cut off by a failure, and was never told to be
// written.
std::optional<std::string_view> last_content(std::string_view frames) {
  std::optional<std::string_view> last;
  while (frames.size() > kLength) {
    const std::uint64_t size = kLength + std::uint64_t{number_at<std::uint32_t>(frames, 0)} + kChecksumSize;
    if (size > frames.size() || !checksum_fits(frames.substr(0, size))) {
      break;
    }
    last = frames.substr(kLength, size - kLength - kChecksumSize);
    frames.remove_prefix(size);
  }
  return last;
}

}  // namespace

StateFile::StateFile(std::string folder, std::string_view name, std::string_view magic, fs::FileSystem& fs)
    : folder_(std::move(folder)), path_(cat(folder_, "/", name)), magic_(magic), fs_(fs) {}

Result<std::string> StateFile::read() const {
  const auto file = fs_.open(path_, fs::OpenMode::kRead);
  if (!file) {
    return file.error();
  }
  const auto size = (*file)->size();
  if (!size) {
    return size.error();
  }
  const Error damaged = error(ErrorCode::kCorrupt, cat(path_, " is damaged"));
  if (*size > kLargestFile) {
    return damaged;
  }
  std::string bytes(*size, '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(bytes)));
  if (!got) {
    return got.error();
  }
  if (*got != bytes.size() || !bytes.starts_with(magic_)) {
    return damaged;
  }
  const auto content = last_content(std::string_view(bytes).substr(kMagic));
  return content ? Result<std::string>(std::string(*content)) : damaged;
}

Status StateFile::write(std::string_view content, Durable durable) {
  const std::string frame = frame_of(content);
  if (durable == Durable::kNo && append(frame)) {
    return {};
  }
  file_.reset();
  if (!folder_made_) {
    if (Status made = fs_.make_directories(folder_); !made) {
      return made;
    }
    folder_made_ = true;
  }
  Status written = write_new(frame, durable);
  folder_made_ = written.has_value();  // somebody may have removed it
  return written;
}

// False where the file can't be used any more.
bool StateFile::append(std::string_view frame) {
  if (!file_ || end_ + frame.size() > kMostAppended || !fs::has_a_name(*file_)) {
    return false;
  }
  const fs::ConstBytes part = std::as_bytes(std::span(frame));
  if (!file_->write_at(end_, std::span(&part, 1))) {
    return false;
  }
  end_ += frame.size();
  return true;
}

// The name is synced too: without it, the old content might be found again after a power cut.
Status StateFile::write_new(std::string_view frame, Durable durable) {
  const std::string next = cat(path_, ".new");
  auto file = fs_.open(next, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  if (Status emptied = (*file)->truncate(0); !emptied) {
    return emptied;
  }
  const std::array<fs::ConstBytes, 2> parts{std::as_bytes(std::span(magic_)), std::as_bytes(std::span(frame))};
  if (Status written = (*file)->write_at(0, parts); !written) {
    return written;
  }
  if (durable == Durable::kYes) {
    if (Status synced = (*file)->sync_data(); !synced) {
      // The next try takes a new file: one whose sync has failed is never trusted again.
      static_cast<void>(fs_.remove(next));
      return synced;
    }
  }
  if (Status renamed = fs_.rename(next, path_); !renamed) {
    return renamed;
  }
  if (Status named = durable == Durable::kYes ? fs_.sync_directory(folder_) : Status(); !named) {
    return named;
  }
  file_ = std::move(*file);
  end_ = kMagic + frame.size();
  return {};
}

}  // namespace respand::fleet
