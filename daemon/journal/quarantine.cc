#include "journal/quarantine.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::journal {
namespace {

constexpr std::size_t kPiece = 256 * 1024;
constexpr std::string_view kCopy = "-at-";

}  // namespace

// Whole files that were moved in are not counted: they take no more room than they did before.
Result<Quarantine::Tally> Quarantine::count() const {
  if (auto made = fs_.make_directories(folder()); !made) {
    return std::move(made).error();
  }
  auto names = fs_.list(folder());
  if (!names) {
    return std::move(names).error();
  }
  Tally tally;
  for (const std::string& name : *names) {
    if (name.find(kCopy) == std::string::npos) {
      continue;
    }
    auto file = fs_.open(folder() + "/" + name, fs::OpenMode::kRead);
    const auto size = file ? (*file)->size() : Result<std::uint64_t>(0);
    tally.bytes += size ? *size : 0;
    ++tally.files;
  }
  return tally;
}

Status Quarantine::copy(const fs::File& from_file, std::uint64_t from, std::uint64_t end, const std::string& path,
                        std::uint64_t& copied) {
  auto file = fs_.open(path, fs::OpenMode::kCreate);
  if (!file) {
    return std::move(file).error();
  }
  if (const auto size = (*file)->size(); size && *size >= end - from) {
    return {};  // kept at an earlier start
  }
  std::vector<std::byte> bytes(std::min<std::uint64_t>(end - from, kPiece));
  while (from + copied < end) {
    const std::size_t wanted = std::min<std::uint64_t>(end - from - copied, bytes.size());
    auto got = from_file.read_at(from + copied, std::span(bytes).first(wanted));
    if (!got) {
      return std::move(got).error();
    }
    if (*got == 0) {
      break;
    }
    const fs::ConstBytes part(bytes.data(), *got);
    if (auto written = (*file)->write_at(copied, {&part, 1}); !written) {
      return written;
    }
    copied += *got;
  }
  // The original may be overwritten soon, so the copy has to be on the disk.
  if (auto synced = (*file)->sync_data(); !synced) {
    return synced;
  }
  return fs_.sync_directory(folder());
}

// What was kept by earlier runs counts against the limits too, so the folder is counted at the first use. All of it is
// done under the lock: damage is rare, and two threads must not both pass the limit.
void Quarantine::keep(SegmentId segment, const fs::File& file, std::uint64_t from, std::uint64_t end) {
  const auto size = file.size();
  end = std::min(end, size ? *size : end);
  if (from >= end) {
    return;
  }
  const std::string path = cat(folder(), "/seg-", segment.value, kCopy, from);
  tally_.with([&](std::optional<Tally>& tally) {
    if (!tally) {
      auto counted = count();
      if (!counted) {
        log::warning("damaged bytes of the journal could not be kept aside",
                     {{"file", path}, {"error", counted.error().message}});
        return;
      }
      tally = *counted;
    }
    if (tally->files >= kMaxFiles || end - from > kMaxBytes.value - std::min(tally->bytes, kMaxBytes.value)) {
      if (!std::exchange(tally->said_full, true)) {
        log::warning("the journal's quarantine folder is full: damaged bytes are not kept aside any more",
                     {{"folder", folder()}, {"segment", segment.value}, {"offset", from}, {"bytes", end - from}});
      }
      return;
    }
    std::uint64_t copied = 0;
    if (auto kept = copy(file, from, end, path, copied); !kept) {
      log::warning("damaged bytes of the journal could not be kept aside",
                   {{"file", path}, {"error", kept.error().message}});
    } else if (copied > 0) {
      log::warning("damaged bytes of the journal are kept aside",
                   {{"segment", segment.value}, {"offset", from}, {"bytes", copied}, {"file", path}});
    }
    tally->bytes += copied;
    tally->files += copied > 0 ? 1U : 0U;
  });
}

bool Quarantine::take_in(const std::string& name) {
  Status moved = fs_.make_directories(folder());
  if (moved) {
    std::string to = folder() + "/" + name;
    for (int again = 2; fs_.open(to, fs::OpenMode::kRead); ++again) {
      to = cat(folder(), "/", name, "-", again);  // what is there already stays
    }
    moved = fs_.rename(directory_ + "/" + name, to);
  }
  if (moved) {
    moved = fs_.sync_directory(folder());
  }
  if (!moved) {
    log::warning("a file that is not the journal's could not be moved away",
                 {{"file", directory_ + "/" + name}, {"error", moved.error().message}});
  }
  return moved.has_value();
}

}  // namespace respand::journal
