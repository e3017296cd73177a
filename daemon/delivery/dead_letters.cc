#include "delivery/dead_letters.h"

#include <algorithm>
#include <array>
#include <utility>

#include "delivery/dead_letter_store.h"
#include "respand/base/text.h"
#include "respand/fs/shortage.h"
#include "respand/json/text.h"

namespace respand::delivery {
namespace {

using fs::ConstBytes;

constexpr std::string_view kSuffix = DeadLetterStore::kSuffix;
constexpr std::size_t kMaxMessage = 120;  // in a line for people
constexpr std::string_view kLineEnd = "}\n";

ConstBytes bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

// Writes a JSON string: line ends and tabs become spaces, other control characters and broken UTF-8 become '?'.
void put_string(std::string& out, std::string text, std::size_t limit) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  out.push_back('"');
  for (const char c : printable(text, limit)) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  out.push_back('"');
}

// Bytes that may not stand in a URL are percent-encoded.
std::string in_ascii(std::string_view query) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    if (c > ' ' && c < '\x7f') {
      out.push_back(c);
    } else {
      out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
    }
  }
  return out;
}

// All of a line up to the record itself.
std::string head(const DeadLetter& letter, WallTime now) {
  std::string out = cat(R"({"time":")", iso8601(now), R"(","sequence":)", letter.sequence.value, R"(,"reason":)");
  put_string(out, letter.reason, DeadLetters::kMaxAnswer);
  out.append(cat(R"(,"status":)", letter.status, R"(,"answer":)"));
  put_string(out, letter.answer.substr(0, DeadLetters::kMaxAnswer), DeadLetters::kMaxAnswer);
  out.append(cat(R"(,"attempts":)", letter.attempts));
  if (letter.route != ApiRoute::kRecords) {
    out.append(cat(R"(,"route":")", path_of(letter.route), '"'));
  }
  if (!letter.key.empty()) {
    out.append(cat(R"(,"key":")", letter.key, '"'));
  }
  if (!letter.query.empty()) {
    json::put_string(out.append(R"(,"query":)"), in_ascii(letter.query));
  }
  if (!letter.headers.empty()) {
    json::put_string(out.append(R"(,"headers":)"), letter.headers);
  }
  out.append(R"(,"record":)");
  return out;
}

DeadLetters::Condition condition_of(const Error& error) {
  using Condition = DeadLetters::Condition;
  switch (fs::shortage_of(error)) {
    case fs::Shortage::kNone:
      return Condition::kFailed;
    case fs::Shortage::kSpace:
      return Condition::kDiskFull;
    case fs::Shortage::kInodes:
      return Condition::kNoInodes;
    case fs::Shortage::kLimit:
      return Condition::kFull;
  }
  return Condition::kFailed;
}

}  // namespace

DeadLetters::DeadLetters(Settings settings, fs::FileSystem& fs, const Clock& clock)
    : settings_(std::move(settings)), fs_(fs), clock_(clock), most_(settings_.max_size) {}

void DeadLetters::set_most(Bytes max_size) {
  const MutexLock lock(mutex_);
  most_ = max_size;
}

Status DeadLetters::prepare() {
  const MutexLock lock(mutex_);
  return make_folder();
}

Status DeadLetters::make_folder() {
  if (!folder_made_) {
    if (Status made = fs_.make_directories(settings_.directory); !made) {
      return std::move(made).fail("dead letters");
    }
    folder_made_ = true;
  }
  return {};
}

Status DeadLetters::append(std::span<DeadLetter> letters) {
  for (DeadLetter& letter : letters) {
    if (letter.protobuf) {
      letter.record = json::in_base64(letter.record);
      letter.protobuf = false;
    }
  }
  const MutexLock lock(mutex_);
  Status written = write(letters);
  if (written) {
    if (std::exchange(condition_, Condition::kNone) != Condition::kNone) {
      log::info("dead letters can be written again");
    }
    issue_.clear();
    locked_since_ = MonoTime{};
    note(letters);
    return {};
  }
  if (waits_for_its_turn(written.error())) {
    return written;
  }
  folder_made_ = false;  // Somebody may have removed it: the next append makes it again.
  condition_ = condition_of(written.error());
  issue_ = written.error().message;
  if (gate_.open(clock_.mono())) {
    log::error("dead letters can't be written; the records stay in the journal and are tried again",
               {{"why", issue_}, {"records", letters.size()}, {"held_back", gate_.held_back()}});
  }
  return written;
}

// A command such as `dead-letters replay` holds the lock for a moment. That is no issue to report: the records stay in
// the journal, and their letters are written at the next try.
bool DeadLetters::waits_for_its_turn(const Error& failure) {
  constexpr Duration kATurn = std::chrono::seconds{1};
  if (failure.code != ErrorCode::kExists) {
    return false;
  }
  const MonoTime now = clock_.mono();
  locked_since_ = locked_since_ == MonoTime{} ? now : locked_since_;
  return now - locked_since_ < kATurn;
}

void DeadLetters::note(std::span<const DeadLetter> letters) {
  const DeadLetter& last = letters.back();
  letters_ += letters.size();
  last_reason_ = last.message.empty() ? last.reason : cat(last.reason, ": ", printable(last.message, kMaxMessage));
  last_time_ = clock_.wall();
  for (const DeadLetter& letter : letters) {
    count_reason(letter);
  }
  if (news_gate_.open(clock_.mono())) {
    const bool refused = last.reason == std::to_string(last.status);
    log::warning(refused ? "records were refused by the API: respand dead-letters list"
                         : "records were given up: respand dead-letters list",
                 {{"why", last_reason_}, {"sequence", last.sequence.value}, {"records", letters_ - said_}});
    said_ = letters_;
  }
}

void DeadLetters::count_reason(const DeadLetter& letter) {
  const auto find = [this](std::string_view reason) REQUIRES(mutex_) {
    return std::find_if(reasons_.begin(), reasons_.end(), [&](const Reason& one) { return one.reason == reason; });
  };
  auto found = find(letter.reason);
  if (found == reasons_.end()) {
    const std::string reason = reasons_.size() + 1 < kMostReasons ? letter.reason : std::string("other");
    found = find(reason);
    found = found == reasons_.end() ? reasons_.insert(found, {.reason = reason}) : found;
  }
  ++found->letters;
  found->message = printable(letter.message, kMaxMessage);
  found->last = last_time_;
}

Status DeadLetters::write(std::span<DeadLetter> letters) {
  if (Status made = make_folder(); !made) {
    return made;
  }
  const auto held = fs_.lock(cat(settings_.directory, "/", kLockFile));
  if (!held) {
    return held.error();
  }
  if (Status finished = DeadLetterStore::finish(fs_, settings_.directory); !finished) {
    return finished;
  }
  const WallTime now = clock_.wall();
  std::vector<std::string> heads;
  heads.reserve(letters.size());
  std::uint64_t total = 1;
  for (DeadLetter& letter : letters) {
    std::replace_if(
        letter.record.begin(), letter.record.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    heads.push_back(head(letter, now));
    total += heads.back().size() + letter.record.size() + kLineEnd.size();
  }
  if (Status room = make_room(total); !room) {
    return room;
  }
  Status written = write_lines(cat(settings_.directory, "/", iso8601(now).substr(0, 10), kSuffix), heads, letters);
  if (written) {
    size_ += total;
  }
  return written;
}

Status DeadLetters::write_lines(const std::string& path, const std::vector<std::string>& heads,
                                std::span<const DeadLetter> letters) {
  auto file = fs_.open(path, fs::OpenMode::kCreate);
  if (!file) {
    return file.error();
  }
  const auto end = (*file)->size();
  if (!end) {
    return end.error();
  }
  std::vector<ConstBytes> parts;
  parts.reserve(1 + 3 * letters.size());
  if (*end > 0) {
    std::array<std::byte, 1> last{};
    if (const auto read = (*file)->read_at(*end - 1, last); !read) {
      return read.error();
    }
    if (last[0] != std::byte{'\n'} || untidy_) {
      // A crash tore the last line, or what a failed sync left there may never reach the disk: begin a new one.
      parts.push_back(bytes("\n"));
    }
  }
  for (std::size_t i = 0; i < letters.size(); ++i) {
    parts.push_back(bytes(heads[i]));
    parts.push_back(bytes(letters[i].record));
    parts.push_back(bytes(kLineEnd));
  }
  Status written = (*file)->write_at(*end, parts);
  if (written) {
    written = sync(**file, path, *end == 0);
  }
  if (!written) {
    // Best effort: gives the room back and spares the reader half a line. What stays does no harm.
    untidy_ = !(*file)->truncate(*end) || untidy_;
  }
  untidy_ = untidy_ && !written;
  return written;
}

Status DeadLetters::sync(fs::File& file, const std::string& path, bool fresh) {
  Status synced = file.sync_data();
  if (synced && (fresh || named_ != path)) {
    synced = fs_.sync_directory(settings_.directory);
    if (synced) {
      named_ = path;
    }
  }
  return synced;
}

// A command may have purged letters since the last look, so the size is measured again before the limit counts as
// reached.
Status DeadLetters::make_room(std::uint64_t bytes) {
  const auto fits = [&]() REQUIRES(mutex_) { return measured_ && size_ + bytes <= most_.value; };
  if (fits()) {
    return {};
  }
  const auto size = measure();
  if (!size) {
    return size.error();
  }
  size_ = *size;
  measured_ = true;
  if (fits()) {
    return {};
  }
  return error(ErrorCode::kNoSpace,
               cat("dead_letters.max_size (", to_text(most_), ") is reached: replay, export or purge some"));
}

Result<std::uint64_t> DeadLetters::measure() {
  const auto names = fs_.list(settings_.directory);
  if (!names) {
    return names.error();
  }
  std::uint64_t total = 0;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) {
      continue;
    }
    const auto file = fs_.open(cat(settings_.directory, "/", name), fs::OpenMode::kRead);
    if (!file) {
      continue;  // Removed meanwhile, or no file of ours.
    }
    const auto size = (*file)->size();
    if (!size) {
      return size.error();
    }
    total += *size;
  }
  return total;
}

DeadLetters::State DeadLetters::state() const {
  const MutexLock lock(mutex_);
  State state{condition_, issue_, Bytes{size_}, letters_, last_reason_, last_time_, reasons_};
  std::stable_sort(state.reasons.begin(), state.reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.letters > b.letters; });
  return state;
}

}  // namespace respand::delivery
