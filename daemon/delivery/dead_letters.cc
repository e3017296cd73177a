#include "delivery/dead_letters.h"

#include <algorithm>
#include <array>
#include <utility>

#include "delivery/dead_letter_store.h"
#include "respand/base/text.h"
#include "respand/fs/shortage.h"
#include "respand/json/text.h"
#include "respand/json/writer.h"

namespace respand::delivery {
namespace {

using fs::ConstBytes;

constexpr std::string_view kSuffix = DeadLetterStore::kSuffix;
constexpr std::size_t kMaxMessage = 120;  // in a line for people
constexpr std::string_view kLineEnd = "}\n";

ConstBytes bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

// Line ends and tabs become spaces, other control characters and broken UTF-8 '?'.
std::string on_one_line(std::string text, std::size_t limit) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return printable(text, limit);
}

// Bytes that can't stand in a URL are percent-encoded.
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

// All of a line up to the record itself, which is written apart: it may be 20 MiB.
std::string head(const DeadLetter& letter, WallTime now) {
  json::Object line;
  line.member("time", iso8601(now))
      .member("sequence", letter.sequence.value)
      .member("reason", reason_of(letter.cause, letter.status))
      .member("status", letter.status)
      .member("answer", on_one_line(letter.answer.substr(0, DeadLetters::kMaxAnswer), DeadLetters::kMaxAnswer))
      .member("attempts", letter.attempts);
  if (letter.route != ApiRoute::kRecords) {
    line.member("route", path_of(letter.route));
  }
  if (!letter.key.empty()) {
    line.member("key", letter.key);
  }
  if (!letter.query.empty()) {
    line.member("query", in_ascii(letter.query));
  }
  if (!letter.headers.empty()) {
    line.member("headers", letter.headers);
  }
  std::string out = line.value("record", {}).text();
  out.pop_back();  // the closing brace comes behind the record
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

std::string reason_of(DeadLetterCause cause, int status) {
  switch (cause) {
    case DeadLetterCause::kRefused:
      return std::to_string(status);
    case DeadLetterCause::kExpired:
      return "expired";
    case DeadLetterCause::kExhausted:
      return "exhausted";
    case DeadLetterCause::kByHand:
      return "by_hand";
    case DeadLetterCause::kTooLarge:
      return "too_large";
  }
  return {};
}

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

// A command such as `dead-letters replay` holds the lock for a moment. That is not an issue: the letters are written
// again with the next append.
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
  const std::string reason = reason_of(last.cause, last.status);
  last_reason_ = last.message.empty() ? reason : cat(reason, ": ", printable(last.message, kMaxMessage));
  last_time_ = clock_.wall();
  for (const DeadLetter& letter : letters) {
    count_reason(letter);
  }
  if (news_gate_.open(clock_.mono())) {
    log::warning(last.cause == DeadLetterCause::kRefused ? "records were refused by the API: respand dead-letters list"
                                                         : "records were given up: respand dead-letters list",
                 {{"why", last_reason_}, {"sequence", last.sequence.value}, {"records", letters_ - said_}});
    said_ = letters_;
  }
}

void DeadLetters::count_reason(const DeadLetter& letter) {
  const auto find = [this](std::string_view reason) REQUIRES(mutex_) {
    return std::find_if(reasons_.begin(), reasons_.end(), [&](const Reason& one) { return one.reason == reason; });
  };
  std::string reason = reason_of(letter.cause, letter.status);
  auto found = find(reason);
  if (found == reasons_.end()) {
    reason = reasons_.size() + 1 < kMostReasons ? std::move(reason) : std::string("other");
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
      // A crash has torn the last line, or a failed sync has left bytes that may never reach the disk: a new line
      // begins here.
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
    // If this fails, too, half a line stays in the file. Readers skip it.
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

// A command may have removed files meanwhile, so the size is measured again before the limit counts as reached.
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
