#include "fleet/kept_files.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::string_view kSuffix = ".kept";
constexpr std::size_t kDigits = 16;

void put_fixed_number(std::string& out, std::uint64_t number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void put_length(std::string& out, std::size_t length) {
  const auto number = static_cast<std::uint32_t>(length);
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Nothing where the name is not one of ours.
std::optional<std::uint64_t> number_of(std::string_view name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + kDigits, number, 16);
  return failure == std::errc{} && end == name.data() + kDigits ? std::optional(number) : std::nullopt;
}

// Nothing where the head is damaged or not whole.
std::optional<WallTime> made_of(std::span<const std::byte> head) {
  std::int64_t time = 0;
  if (std::memcmp(head.data(), KeptFiles::kMagic.data(), KeptFiles::kMagic.size()) != 0) {
    return std::nullopt;
  }
  std::memcpy(&time, head.data() + KeptFiles::kMagic.size(), sizeof time);
  return WallTime{Duration{static_cast<Duration::rep>(time)}};
}

}  // namespace

KeptFiles::KeptFiles(std::string folder, fs::FileSystem& fs, const Clock& clock)
    : folder_(std::move(folder)), fs_(fs), clock_(clock) {}

std::string KeptFiles::path_of(std::uint64_t number) const {
  std::array<char, kDigits + 1> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(number));
  return cat(folder_, "/", text.data(), kSuffix);
}

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
    std::array<std::byte, kFileHead> head{};
    const auto got = file ? (*file)->read_at(0, head) : Result<std::size_t>(file.error());
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
  put_length(head_, kept.id.size());
  put_length(head_, kept.message.size());
  head_ += kept.id;
  put_fixed_number(head_, XXH3_64bits(head_.data(), head_.size()));
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
  put_fixed_number(head, static_cast<std::uint64_t>(now.time_since_epoch().count()));
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
