#include "fleet/state_file.h"

#include <array>
#include <span>
#include <utility>

#include "fleet/encoding.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{256} << 20;  // more than any of these files can become

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
  if (*size < kMagic + kChecksumSize || *size > kLargestFile) {
    return damaged;
  }
  std::string bytes(*size, '\0');
  const auto got = (*file)->read_at(0, std::as_writable_bytes(std::span(bytes)));
  if (!got) {
    return got.error();
  }
  if (*got != bytes.size() || !bytes.starts_with(magic_) || !checksum_fits(bytes)) {
    return damaged;
  }
  return bytes.substr(kMagic, bytes.size() - kChecksumSize - kMagic);
}

Status StateFile::write(std::string_view content, Durable durable) {
  if (!folder_made_) {
    if (Status made = fs_.make_directories(folder_); !made) {
      return made;
    }
    folder_made_ = true;
  }
  Status written = write_new(content, durable);
  folder_made_ = written.has_value();  // somebody may have removed it
  return written;
}

// The name is synced too: without it, the old content might be found again after a power cut.
Status StateFile::write_new(std::string_view content, Durable durable) {
  const std::string next = cat(path_, ".new");
  auto file = fs_.open(next, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  if (Status emptied = (*file)->truncate(0); !emptied) {
    return emptied;
  }
  std::string bytes = cat(magic_, content);
  put_checksum(bytes);
  const fs::ConstBytes part = std::as_bytes(std::span(bytes));
  if (Status written = (*file)->write_at(0, std::span(&part, 1)); !written) {
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
  return durable == Durable::kYes ? fs_.sync_directory(folder_) : Status();
}

}  // namespace respand::fleet
