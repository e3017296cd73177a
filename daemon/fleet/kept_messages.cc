#include "fleet/kept_messages.h"

#include <algorithm>
#include <utility>

#include "fleet/encoding.h"
#include "respand/base/log.h"
#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr std::string_view kStateMagic = "RSPNDTKN";
// Whole files are removed, so a file is a part of what may be kept.
constexpr std::uint64_t kParts = 16;
constexpr std::uint64_t kLeastFile = 64 * 1024;
constexpr std::uint64_t kMostFile = std::uint64_t{64} << 20;

}  // namespace

KeptMessages::KeptMessages(const Limits& limits, const std::string& folder, bool published_before, fs::FileSystem& fs,
                           const EdgeCounters& counters, const Clock& clock)
    : limits_(limits),
      published_before_(published_before),
      counters_(counters),
      clock_(clock),
      files_(cat(folder, "/kept"), fs, clock),
      state_(folder, "taken", kStateMagic, fs) {
  if (limits_.keeps()) {
    static_cast<void>(load());
  } else {
    files_.remove_all();
    static_cast<void>(fs.remove(state_.path()));  // without it a later run knows that something is missing
  }
}

// Until it is known what the run before has left, nothing is kept, because a file may be in the way.
bool KeptMessages::load() {
  if (loaded_) {
    return true;
  }
  if (const Status read = files_.load(); !read) {
    refuse(read.error().message);
    return false;
  }
  read_state();
  loaded_ = true;
  unsaved_ = true;
  save();
  return true;
}

void KeptMessages::read_state() {
  const bool refused = gap_ != KeptPlace{};
  bool known = false;
  if (const auto content = state_.read(); content && content->size() == 4 * sizeof(std::uint64_t)) {
    const auto number = [&](std::size_t place) {
      return number_at<std::uint64_t>(*content, place * sizeof(std::uint64_t));
    };
    taken_ = {number(0), number(1)};
    gap_ = {number(2), number(3)};
    known = true;
  }
  files_.number_from(std::max(taken_.file, gap_.file) + 1);
  // A number that is missing is that of a message which the disk refused, or of a file that was removed unread.
  std::uint64_t before = taken_.file;
  for (const KeptFiles::File& file : files_.all()) {
    if (known && file.number > before + 1) {
      gap_ = std::max(gap_, KeptPlace{file.number, 0});
    }
    before = std::max(before, file.number);
  }
  if (refused || (!known && published_before_)) {
    gap_ = files_.end();
  }
}

void KeptMessages::append(const KeptMessage& kept, std::uint64_t sequence, bool late) {
  if (!limits_.keeps()) {
    return;
  }
  if (!late) {
    marks_.acknowledged(sequence);
  }
  if (clock_.mono() < again_at_ || !load()) {
    refuse({});
    return;
  }
  if (kept.id.size() > KeptFiles::kLongestId || !make_room(KeptFiles::kFileHead + KeptFiles::size_of(kept))) {
    refuse("the message is larger than nats.keep.size");
    return;
  }
  begin_file_if_due();
  if (const Status written = files_.append(kept); !written) {
    refuse(written.error().message);
    return;
  }
  late_end_ = late ? end() : late_end_;
  if (std::exchange(refuses_, false)) {
    log::info("messages that the NATS stream has taken are kept again", {{"folder", files_.folder()}});
  }
}

bool KeptMessages::make_room(std::uint64_t size) {
  while (files_.bytes() + size > limits_.size && !files_.all().empty()) {
    remove_first();
  }
  return size <= limits_.size;
}

void KeptMessages::begin_file_if_due() {
  if (!files_.is_open()) {
    return;
  }
  const KeptFiles::File& file = files_.all().back();
  const std::uint64_t most = std::clamp(limits_.size / kParts, kLeastFile, kMostFile);
  if (file.size >= most || clock_.wall() - file.made > limits_.age / static_cast<int>(kParts)) {
    files_.close();
  }
}

// A number is left out, by which the next start sees that something is missing, even if nothing could be written.
void KeptMessages::refuse(std::string_view why) {
  ++refused_;
  counters_.not_kept();
  files_.close();
  files_.number_from(files_.end().file + 1);
  gap_ = files_.end();
  unsaved_ = true;
  if (why.empty()) {
    return;
  }
  again_at_ = clock_.mono() + kAgain;
  if (!std::exchange(refuses_, true)) {
    log::warning(
        "messages that the NATS stream has taken can't be kept; they are published all the same, but are gone if the "
        "stream is lost",
        {{"folder", files_.folder()}, {"why", why}});
  }
}

void KeptMessages::look_at(const nats::StreamInfo& info, bool at_rest) {
  if (!limits_.keeps() || !load()) {
    return;
  }
  const nats::StreamConfig& config = info.config;
  const bool limited = config.max_bytes > 0 || config.max_messages > 0;
  // Only such a stream lets go of nothing that no relay has acknowledged.
  const bool work_queue =
      config.retention == "workqueue" && config.max_age_ns <= 0 && (!limited || config.discard == "new");
  if (work_queue && at_rest) {
    if (const auto place = marks_.reached(info.first_sequence); place && *place > taken_) {
      taken_ = *place;
      unsaved_ = true;
    }
    marks_.set(info.last_sequence, end());
  }
  remove_old();
  save();
  remove_taken();
}

// Files go only when it is written down that they may.
void KeptMessages::remove_taken() {
  const auto& files = files_.all();
  while (!unsaved_ && !files.empty() && (files.size() > 1 || !files_.is_open()) &&
         KeptPlace{files.front().number, files.front().size} <= taken_) {
    remove_first();
  }
}

void KeptMessages::remove_old() {
  const WallTime oldest = clock_.wall() - limits_.age;
  while (files_.all().size() > 1 && files_.all()[1].made < oldest) {
    remove_first();
  }
}

void KeptMessages::remove_first() {
  const KeptFiles::File file = files_.remove_first();
  if (const KeptPlace behind{file.number, file.size}; behind > taken_) {
    gap_ = std::max(gap_, behind);
    unsaved_ = true;
  }
}

void KeptMessages::save() {
  if (!unsaved_) {
    return;
  }
  std::string content;
  for (const std::uint64_t number : {taken_.file, taken_.offset, gap_.file, gap_.offset}) {
    put_number(content, number);
  }
  unsaved_ = !state_.write(content, StateFile::Durable::kNo);
}

}  // namespace respand::fleet
