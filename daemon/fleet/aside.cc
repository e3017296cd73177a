#include "fleet/aside.h"

#include <span>

#include "respand/base/text.h"

namespace respand::fleet {

Result<std::string> Aside::keep(std::string_view stream, std::uint64_t sequence, std::string_view message) {
  if (Status measured = measure(); !measured) {
    return std::move(measured).error();
  }
  if (files_ >= kMostFiles || bytes_ + message.size() > kMostBytes.value) {
    return error(ErrorCode::kNoSpace,
                 cat(folder_, " holds ", files_, " messages already: look at them and remove them"));
  }
  std::string path = cat(folder_, "/", stream, "-", sequence);
  auto file = fs_.open(path, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  const fs::ConstBytes part = std::as_bytes(std::span(message));
  if (Status written = (*file)->write_at(0, std::span(&part, 1)); !written) {
    return std::move(written).error();
  }
  if (Status synced = (*file)->sync_data(); !synced) {
    static_cast<void>(fs_.remove(path));  // the next try takes a new file
    return std::move(synced).error();
  }
  if (Status named = fs_.sync_directory(folder_); !named) {
    return std::move(named).error();
  }
  ++files_;
  bytes_ += message.size();
  return path;
}

// What earlier runs have left.
Status Aside::measure() {
  if (measured_ && files_ < kMostFiles && bytes_ < kMostBytes.value) {
    return {};
  }
  if (Status made = fs_.make_directories(folder_); !made) {
    return made;
  }
  const auto names = fs_.list(folder_);
  if (!names) {
    return names.error();
  }
  files_ = bytes_ = 0;
  for (const std::string& name : *names) {
    const auto file = fs_.open(cat(folder_, "/", name), fs::OpenMode::kRead);
    const auto size = file ? (*file)->size() : Result<std::uint64_t>(0U);
    ++files_;
    bytes_ += size ? *size : 0;
  }
  measured_ = true;
  return {};
}

}  // namespace respand::fleet
