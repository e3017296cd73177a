#include "fleet/kept_files.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "fleet/encoding.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::string_view kSuffix = ".kept";
// Nothing where the name is not one of ours.
std::optional<std::uint64_t> number_of(std::string_view name) {
  return name.size() == kHexDigits + kSuffix.size() && name.ends_with(kSuffix)
             ? whole_number(name.substr(0, kHexDigits), 16)
             : std::nullopt;
}

// Nothing where the head is damaged or not whole.
std::optional<WallTime> made_of(std::string_view head) {
  if (!head.starts_with(KeptFiles::kMagic)) {
    return std::nullopt;
  }
  return WallTime{Duration{number_at<std::int64_t>(head, KeptFiles::kMagic.size())}};
}

}  // namespace

KeptFiles::KeptFiles(std::string folder, fs::FileSystem& fs, const Clock& clock)
    : folder_(std::move(folder)), fs_(fs), clock_(clock) {}

std::string KeptFiles::path_of(std::uint64_t number) const { return cat(folder_, "/", hexadecimal(number), kSuffix); }

KeptPlace KeptFiles::end() const {
  return open_ != nullptr ? KeptPlace{files_.back().number, files_.back().size} : KeptPlace{next_, 0};
}

Status KeptFiles::load() {
  files_.clear();
  bytes_ = 0;
  if (Status made = fs_.make_directories(folder_); !made) {
    return made;
  }
  auto names = fs_.list(folder_);
  if (!names) {
    return names.error();
  }
  std::sort(names->begin(), names->end());
  for (const std::string& name : *names) {
    const auto number = number_of(name);
    if (!number) {
      continue;
    }
    next_ = std::max(next_, *number + 1);
    const auto file = fs_.open(path_of(*number), fs::OpenMode::kRead);
    std::string head(kFileHead, '\0');
    const auto got =
        file ? (*file)->read_at(0, std::as_writable_bytes(std::span(head))) : Result<std::size_t>(file.error());
    const auto size = file ? (*file)->size() : Result<std::uint64_t>(file.error());
    if (!got || !size) {
      continue;  // it stays where it is; its number is missing in all()
    }
    const auto made = made_of(head);
    if (*got < kFileHead || !made) {
      static_cast<void>(fs_.remove(path_of(*number)));  // its first write was cut off
      continue;
    }
    files_.push_back({*number, *size, *made});
    bytes_ += *size;
  }
  return {};
}

Status KeptFiles::append(const KeptMessage& kept) {
  if (open_ == nullptr) {
    if (Status opened = open_next(); !opened) {
      return opened;
    }
  }
  head_.clear();
  put_number(head_, static_cast<std::uint32_t>(kept.id.size()));
  put_number(head_, static_cast<std::uint32_t>(kept.message.size()));
  head_ += kept.id;
  put_checksum(head_);
  const std::array<fs::ConstBytes, 2> parts{std::as_bytes(std::span(head_)), std::as_bytes(std::span(kept.message))};
  const std::uint64_t good = files_.back().size;
  Status written = open_->write_at(good, parts);
  if (!written) {
    static_cast<void>(open_->truncate(good));  // so that a later reader finds no half message
    close();
    return written;
  }
  files_.back().size += size_of(kept);
  bytes_ += size_of(kept);
  return written;
}

Status KeptFiles::open_next() {
  auto file = fs_.open(path_of(next_), fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  const WallTime now = clock_.wall();
  std::string head(kMagic);
  put_number(head, std::int64_t{now.time_since_epoch().count()});
  const fs::ConstBytes part = std::as_bytes(std::span(head));
  Status written = (*file)->truncate(0);
  written = written ? (*file)->write_at(0, std::span(&part, 1)) : written;
  if (!written) {
    file->reset();
    static_cast<void>(fs_.remove(path_of(next_)));
    return written;
  }
  open_ = std::move(*file);
  files_.push_back({next_++, kFileHead, now});
  bytes_ += kFileHead;
  return {};
}

KeptFiles::File KeptFiles::remove_first() {
  const File file = files_.front();
  if (files_.size() == 1) {
    close();
  }
  files_.erase(files_.begin());
  bytes_ -= file.size;
  static_cast<void>(fs_.remove(path_of(file.number)));
  return file;
}

void KeptFiles::remove_all() {
  if (const auto names = fs_.list(folder_)) {
    for (const std::string& name : *names) {
      if (number_of(name)) {
        static_cast<void>(fs_.remove(cat(folder_, "/", name)));
      }
    }
  }
}

}  // namespace respand::fleet
