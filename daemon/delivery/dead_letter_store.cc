#include "delivery/dead_letter_store.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "delivery/dead_letters.h"
#include "respand/base/replay_line.h"
#include "respand/base/text.h"

namespace respand::delivery {
namespace {

using fs::ConstBytes;
using fs::OpenMode;

constexpr std::size_t kPiece = std::size_t{256} * 1024;

// A new file, written in pieces.
class Writer {
 public:
  [[nodiscard]] static Result<Writer> create(fs::FileSystem& fs, const std::string& path) {
    auto file = fs.open(path, OpenMode::kCreate);
    if (!file) {
      return std::move(file).error();
    }
    if (Status emptied = (*file)->truncate(0); !emptied) {  // A process that was killed may have left it.
      return std::move(emptied).error();
    }
    return Writer(std::move(*file));
  }
  [[nodiscard]] Status line(std::string_view text) {
    buffer_.append(text).push_back('\n');
    return buffer_.size() < kPiece ? Status{} : flush();
  }
  [[nodiscard]] Status close() {
    Status written = flush();
    return written ? file_->sync_data() : written;
  }

 private:
  explicit Writer(std::unique_ptr<fs::File> file) : file_(std::move(file)) {}
  [[nodiscard]] Status flush() {
    const ConstBytes part = std::as_bytes(std::span(buffer_));
    Status written = file_->write_at(at_, {&part, 1});
    at_ += buffer_.size();
    buffer_.clear();
    return written;
  }

  std::unique_ptr<fs::File> file_;
  std::string buffer_;
  std::uint64_t at_ = 0;
};

// Reads the file in pieces; the beginning of a line that goes on in the next piece is kept in `text`.
Status each_line(const fs::File& file, const std::function<Status(std::string_view)>& visit) {
  std::string text;
  std::uint64_t at = 0;
  for (;;) {
    const std::size_t carried = text.size();
    text.resize(carried + kPiece);
    auto got = file.read_at(at, std::as_writable_bytes(std::span(text).subspan(carried)));
    if (!got) {
      return std::move(got).error();
    }
    text.resize(carried + *got);
    at += *got;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', std::max(begin, carried))) != std::string::npos; begin = end + 1) {
      if (Status visited = visit(std::string_view(text).substr(begin, end - begin)); !visited) {
        return visited;
      }
    }
    text.erase(0, begin);
    if (*got == 0) {
      return text.empty() ? Status{} : visit(text);  // torn
    }
  }
}

Status remove_if_there(fs::FileSystem& fs, const std::string& path) {
  Status removed = fs.remove(path);
  return removed || removed.error().code == ErrorCode::kNotFound ? Status{} : removed;
}

Result<bool> rename_if_there(fs::FileSystem& fs, const std::string& from, const std::string& to) {
  if (Status renamed = fs.rename(from, to); !renamed) {
    return renamed.error().code == ErrorCode::kNotFound ? Result<bool>(false) : std::move(renamed).error();
  }
  return true;
}

Result<std::string> read_small(const fs::File& file) {
  std::string text(8192, '\0');
  auto got = file.read_at(0, std::as_writable_bytes(std::span(text)));
  if (!got) {
    return std::move(got).error();
  }
  text.resize(*got);
  return text;
}

// Removes the file of a day that has no letters left.
Status drop_if_empty(fs::FileSystem& fs, const std::string& path) {
  auto file = fs.open(path, OpenMode::kRead);
  if (!file) {
    return file.error().code == ErrorCode::kNotFound ? Status{} : Status(std::move(file).error());
  }
  const auto size = (*file)->size();
  return size && *size == 0 ? fs.remove(path) : Status{};
}

// What a replay has decided: "<day>\n<spool directory>\n<name of the file in it>\n".
struct Plan {
  std::string day;
  std::string spool;
  std::string name;
};

std::optional<Plan> parse_plan(std::string_view text) {
  std::array<std::string, 3> lines;
  for (std::string& line : lines) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end == 0) {
      return std::nullopt;
    }
    line = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  if (!text.empty() || lines[0].find('/') != std::string::npos || lines[2].find('/') != std::string::npos) {
    return std::nullopt;
  }
  return Plan{lines[0], lines[1], lines[2]};
}

// Gives the hidden spool file its name. Where the hidden file is not there, it was renamed before, and the spool may
// have taken it in already. That conclusion holds only if the folder can be read: it may just not be mounted.
Status show(fs::FileSystem& fs, const Plan& plan) {
  auto shown = rename_if_there(fs, cat(plan.spool, "/", DeadLetterStore::kHidden), cat(plan.spool, "/", plan.name));
  if (!shown) {
    return std::move(shown).error();
  }
  if (*shown) {
    return fs.sync_directory(plan.spool);
  }
  const auto listed = fs.list(plan.spool);
  return listed ? Status{} : Status(listed.error());
}

// Makes both renames, unless they were made before a crash, and makes them durable. Only then is the plan removed: as
// long as it exists, whoever opens the folder carries it out again.
Status carry_out(fs::FileSystem& fs, const std::string& directory, const Plan& plan) {
  if (Status shown = show(fs, plan); !shown) {
    return std::move(shown).fail("a replay waits for its spool directory");
  }
  const std::string file = cat(directory, "/", plan.day, DeadLetterStore::kSuffix);
  auto replaced = rename_if_there(fs, cat(directory, "/", DeadLetterStore::kRest), file);
  if (!replaced) {
    return std::move(replaced).error();
  }
  Status done = drop_if_empty(fs, file);
  if (done) {
    done = fs.sync_directory(directory);
  }
  if (done) {
    done = remove_if_there(fs, cat(directory, "/", DeadLetterStore::kPlan));
  }
  return done ? fs.sync_directory(directory) : done;
}

}  // namespace

// The letters of this replay so far. A crash between writing a letter and acknowledging its record makes the daemon
// write it a second time; such a pair is replayed once.
class DeadLetterStore::ReplayedLetters {
 public:
  [[nodiscard]] bool is_new(const DeadLetterLine& letter) {
    return letters_.emplace(letter.sequence.value, std::hash<std::string_view>()(letter.record)).second;
  }

 private:
  std::set<std::pair<std::uint64_t, std::size_t>> letters_;
};

Status DeadLetterStore::finish(fs::FileSystem& fs, const std::string& directory) {
  const std::string path = cat(directory, "/", kPlan);
  const auto file = fs.open(path, OpenMode::kRead);
  if (!file) {
    return file.error().code == ErrorCode::kNotFound ? Status{} : Status(file.error());
  }
  auto text = read_small(**file);
  if (!text) {
    return std::move(text).fail(path);
  }
  const auto plan = parse_plan(*text);
  if (!plan) {
    return error(ErrorCode::kCorrupt, cat(path, " is not the plan of a replay that it should be: remove it"));
  }
  return carry_out(fs, directory, *plan);
}

Result<DeadLetterStore> DeadLetterStore::open(fs::FileSystem& fs, const std::string& directory,
                                              const std::string& spool) {
  auto lock = fs.lock(cat(directory, "/", DeadLetters::kLockFile));
  if (!lock) {
    return std::move(lock).error();
  }
  if (Status finished = finish(fs, directory); !finished) {
    return std::move(finished).error();
  }
  return DeadLetterStore(fs, std::move(*lock), directory, spool);
}

Result<std::vector<std::string>> DeadLetterStore::days(fs::FileSystem& fs, const std::string& directory) {
  auto names = fs.list(directory);
  if (!names) {
    return std::move(names).error();
  }
  std::vector<std::string> days;
  for (const std::string& name : *names) {
    if (name.ends_with(kSuffix) && !name.starts_with('.')) {
      days.push_back(name.substr(0, name.size() - kSuffix.size()));
    }
  }
  std::sort(days.begin(), days.end());
  return days;
}

Status DeadLetterStore::each(fs::FileSystem& fs, const std::string& directory, const Visit& visit) {
  auto all = days(fs, directory);
  if (!all) {
    return std::move(all).error();
  }
  for (const std::string& day : *all) {
    const std::string name = cat(day, kSuffix);
    auto file = fs.open(cat(directory, "/", name), OpenMode::kRead);
    if (!file && file.error().code == ErrorCode::kNotFound) {
      continue;  // purged meanwhile
    }
    if (!file) {
      return std::move(file).error();
    }
    Status read = each_line(**file, [&](std::string_view line) {
      visit(name, line);
      return Status{};
    });
    if (!read) {
      return std::move(read).fail(name);
    }
  }
  return {};
}

// Writes kRest, which is the day's file without the selected letters, and for a replay the hidden spool file with their
// records. Nothing has happened to the letters yet: decide() or a rename does that.
Result<DeadLetterStore::Counts> DeadLetterStore::split(const std::string& day, const Select& select,
                                                       ReplayedLetters* replayed) const {
  auto file = fs_->open(in_folder(cat(day, kSuffix)), OpenMode::kRead);
  if (!file) {
    return std::move(file).error();
  }
  auto rest = Writer::create(*fs_, in_folder(kRest));
  if (!rest) {
    return std::move(rest).error();
  }
  std::optional<Writer> hidden;
  if (replayed != nullptr) {
    auto made = Writer::create(*fs_, cat(spool_, "/", kHidden));
    if (!made) {
      return std::move(made).fail("the spool directory");
    }
    hidden.emplace(std::move(*made));
  }
  Counts counts;
  Status written = each_line(**file, [&](std::string_view line) -> Status {
    const auto letter = parse_letter(line);
    if (!letter || !select(*letter)) {
      return rest->line(line);
    }
    // A route that only a later version knows: the letter stays.
    if (replayed != nullptr && !letter->route.empty() && !route_of(letter->route)) {
      ++counts.other_routes;
      return rest->line(line);
    }
    ++counts.letters;
    if (replayed == nullptr) {
      return {};
    }
    if (!replayed->is_new(*letter)) {
      ++counts.repeated;
      return {};
    }
    const bool usual = letter->route.empty() && letter->key.empty();
    return hidden->line(usual ? std::string(letter->record)
                              : write_replay_line({.route = route_of(letter->route).value_or(ApiRoute::kRecords),
                                                   .key = letter->key,
                                                   .query = letter->query,
                                                   .headers = letter->headers,
                                                   .body = letter->record}));
  });
  if (written) {
    written = rest->close();
  }
  if (written && hidden) {
    written = hidden->close();
  }
  if (!written) {
    return std::move(written).error();
  }
  return counts;
}

Result<DeadLetterStore::Counts> DeadLetterStore::purge(const Select& select) {
  auto all = days(*fs_, directory_);
  if (!all) {
    return std::move(all).error();
  }
  Counts total;
  for (const std::string& day : *all) {
    auto counts = split(day, select, nullptr);
    if (!counts) {
      return counts;
    }
    const std::string file = in_folder(cat(day, kSuffix));
    Status done = counts->letters == 0 ? fs_->remove(in_folder(kRest)) : fs_->rename(in_folder(kRest), file);
    if (done) {
      done = drop_if_empty(*fs_, file);
    }
    if (done) {
      done = fs_->sync_directory(directory_);
    }
    if (!done) {
      return std::move(done).error();
    }
    total.letters += counts->letters;
  }
  return total;
}

// Makes durable what split() has written, and then the plan. From here on the replay will be carried out, by this
// process or by the next.
Status DeadLetterStore::decide(const std::string& plan) const {
  const std::string draft = in_folder(cat(kPlan, ".part"));
  auto writer = Writer::create(*fs_, draft);
  Status done = writer ? writer->line(plan) : Status(writer.error());
  if (done) {
    done = writer->close();
  }
  if (done) {
    done = fs_->sync_directory(spool_);
  }
  if (done) {
    done = fs_->sync_directory(directory_);
  }
  if (done) {
    done = fs_->rename(draft, in_folder(kPlan));
  }
  return done ? fs_->sync_directory(directory_) : done;
}

Result<DeadLetterStore::Counts> DeadLetterStore::replay(const Select& select, std::string_view prefix, Random& random) {
  if (spool_.empty()) {
    return error(ErrorCode::kInvalid, "the spool is off: letters are replayed through spool.directory");
  }
  auto all = days(*fs_, directory_);
  if (!all) {
    return std::move(all).error();
  }
  ReplayedLetters replayed;
  Counts total;
  for (const std::string& day : *all) {
    auto counts = split(day, select, &replayed);
    if (!counts) {
      return counts;
    }
    total.other_routes += counts->other_routes;
    if (counts->letters == 0) {
      static_cast<void>(fs_->remove(in_folder(kRest)));
      static_cast<void>(fs_->remove(cat(spool_, "/", kHidden)));
      continue;
    }
    Status done = decide(cat(day, "\n", spool_, "\n", prefix, day, "-", random.next() >> 1, kSuffix));
    if (done) {
      done = finish(*fs_, directory_);
    }
    if (!done) {
      return std::move(done).error();
    }
    total.letters += counts->letters;
    total.repeated += counts->repeated;
  }
  return total;
}

}  // namespace respand::delivery
