// Spool: from files to batches.

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "ingest/http_replies.h"
#include "ingest/spool.h"
#include "respand/base/replay_line.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/record/record_parser.h"

namespace respand::ingest {
namespace {

// What opening a file and looking at its end costs, in bytes read; so a step opens at most 256.
constexpr std::uint64_t kOpenCost = 4096;
// Two writes that are further apart than this have different stamps: file systems count time in steps of up to 10 ms.
constexpr Duration kClockStep = std::chrono::milliseconds{50};

std::uint32_t crc_of(std::string_view text) {
  return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
}

}  // namespace

bool Spool::has_room() const {
  const std::size_t batches = flights_.size() + refused_.size() + (current_ ? 1 : 0);
  return !journal_stopped_ && refused_.empty() && batches < journal::JournalWriter::kMaxOutstanding &&
         bytes_ < kMaxBytes;
}

// Reads until there is nothing to read, no room, or enough was done for one step; true in the last case.
bool Spool::take(MonoTime now) {
  for (std::uint64_t work = 0; work < kStepBytes;) {
    if (!has_room()) {
      return false;
    }
    if (active_ == nullptr && !next_turn(now)) {
      offer(now);  // Nothing more is going to share this batch.
      return false;
    }
    const bool large = turn_of_large_;
    const std::uint64_t cost = advance(now);
    work += cost;
    turn_ += cost;
    new_work_ += large ? 0 : cost;
    if (active_ != nullptr && turn_ >= kTurn) {
      end_turn();
    }
  }
  return true;
}

// Files that have not had a turn yet go first, but for a turn of a large one now and then.
bool Spool::next_turn(MonoTime now) {
  turn_ = 0;
  turn_of_large_ = false;
  const bool large_is_due = !large_.empty() && new_work_ >= kTurn;
  if (!large_is_due && open_next(now)) {
    return true;
  }
  if (large_.empty()) {
    return false;
  }
  new_work_ = 0;
  turn_of_large_ = true;
  active_ = large_.front();
  large_.pop_front();
  return true;
}

// The file is a large one. Where too many are being read already it waits for one of them to end: what is durable of it
// by then is not taken again.
void Spool::end_turn() {
  if (turn_of_large_ || large_.size() < kMaxLarge) {
    large_.push_back(active_);
    active_ = nullptr;
    return;
  }
  SpoolFile& file = *active_;
  file.put_off = true;
  again(file, kIssueInterval);
}

// A place among the large ones has become free.
void Spool::call_put_off(MonoTime now) {
  if (!put_off_.empty() && large_.size() < kMaxLarge) {
    queue_.finished(*put_off_.begin(), now);
    put_off_.erase(put_off_.begin());
  }
}

bool Spool::open_next(MonoTime now) {
  SpoolQueue::Due due;
  while (true) {
    if (open_ >= kMaxOpenFiles && !lingering_.empty()) {
      lingering_.front()->until = now;
      linger(now);
      if (active_ != nullptr) {
        return true;
      }
    }
    if (open_ >= kMaxOpenFiles || !queue_.pop(now, due)) {
      return false;
    }
    if (!due.finished) {
      if (const SpoolLook look = directory_.look(due.name); look.entry == SpoolEntry::kFile) {
        if (!queue_.untouched(due, look.stamp, age(look.stamp))) {
          queue_.seen(due.name, look.stamp, age(look.stamp), now);
          continue;
        }
      }
    }
    SpoolOpened opened = directory_.open_file(due.name);
    switch (opened.entry) {
      case SpoolEntry::kFile:
        if (directory_.writers(opened.fd.get(), due.name) == SpoolWriters::kSome) {
          waiting_.note(due.name, SpoolWait::kOpen, clock_.wall());
          // It is not finished. Its closing is heard of, and else the listing brings it up again; the kernel may speak
          // of a closing a moment before it counts it.
          if (due.finished) {
            queue_.held(due.name, settings_.quiet_period, now);
          }
        } else if (begin_file(due, std::move(opened), now)) {
          return true;
        }
        break;
      case SpoolEntry::kGone:
      case SpoolEntry::kNotRegular:
      case SpoolEntry::kLinked:
      case SpoolEntry::kDenied:
      case SpoolEntry::kFailed:  // The next listing brings it up again.
        note(due.name, {.entry = opened.entry, .os_error = opened.os_error});
        break;
    }
  }
}

// Takes a file in hand. False where it is in hand already (its own end will show whether it was written to), or too
// soon.
bool Spool::begin_file(const SpoolQueue::Due& due, SpoolOpened opened, MonoTime now) {
  const std::string& name = due.name;
  // Other files that had this inode number are gone.
  for (auto place = files_.lower_bound({.inode = opened.id.inode, .birth = INT64_MIN});
       place != files_.end() && place->first.inode == opened.id.inode;) {
    const bool stale = place->second.state == SpoolState::kKnown && place->first != opened.id;
    place = stale ? files_.erase(place) : std::next(place);
  }
  SpoolFile& file = files_[opened.id];
  file.id = opened.id;
  file.scan = scan_;
  if (file.state != SpoolState::kKnown) {
    file.touched = file.touched || due.finished;
    return false;
  }
  file.name = name;
  if (now < file.not_before) {
    queue_.later(name, file.not_before - now, now);
    return false;
  }
  if (file.unkept && file.stamp == opened.stamp && !rejected_.open(SpoolRejected::Make::kYes)) {
    return false;  // Nothing has changed, and to read it again would change nothing.
  }
  if (file.put_off && large_.size() >= kMaxLarge) {
    put_off_.insert(name);
    queue_.later(name, kIssueInterval, now);
    return false;
  }
  file.put_off = false;
  (void)judge_name(name, file.kind);
  file.owner = opened.owner;
  file.replayed = opened.own && writers_name(name).starts_with(kReplayPrefix);
  file.fresh = age(opened.stamp) < kClockStep;
  file.touched = false;
  waiting_.note(name, SpoolWait::kQueued, since(opened.stamp));
  file.whole = file.whole && file.stamp == opened.stamp;
  file.fd = std::move(opened.fd);
  file.stamp = opened.stamp;
  ++open_;
  if (file.whole) {
    file.state = SpoolState::kWaiting;
    done_.push_back(&file);
    return false;
  }
  file.state = file.taken.empty() ? SpoolState::kTaking : SpoolState::kProving;
  read_from_start(file);
  return true;
}

void Spool::read_from_start(SpoolFile& file) {
  active_ = &file;
  file.proof = 0;
  file.refused = {};
  file.refused_bytes = 0;
  file.unkept = false;
  // A file without a name can't be moved away: of it the refused bytes are kept, whatever its kind.
  file.rejects =
      std::make_unique<SpoolRejects>(rejected_, file.id, file.unlinked ? SpoolPacking::kPlain : file.kind.packing);
  file.reader = std::make_unique<SpoolReader>(file.fd.get(), file.kind, settings_.encoder.max_record, file.stamp);
}

// Does the next bit of work on the active file; returns what it cost.
std::uint64_t Spool::advance(MonoTime now) {
  SpoolFile& file = *active_;
  const std::uint64_t before = file.reader->position();
  const SpoolReader::Event event = file.reader->next();
  const std::uint64_t cost = file.reader->position() - before;
  if (file.state == SpoolState::kProving) {
    prove_event(file, event, now);
  } else {
    take_event(file, event, now);
  }
  return active_ == &file ? cost : cost + kOpenCost;
}

void Spool::take_event(SpoolFile& file, SpoolReader::Event event, MonoTime now) {
  switch (event) {
    case SpoolReader::Event::kMore:
      return;
    case SpoolReader::Event::kRecord:
      take_record(file, now);
      return;
    case SpoolReader::Event::kRefused:
      refuse(file, file.reader->refusal(), now);
      return;
    case SpoolReader::Event::kRest:
      keep_raw(file, file.reader->raw(), now);
      return;
    case SpoolReader::Event::kEnd:
      end_file(file, now);
      return;
    case SpoolReader::Event::kChanged:
      again(file, settings_.quiet_period);
      return;
    case SpoolReader::Event::kDamaged:
      refuse(file, file.reader->refusal(), now);
      end_file(file, now);
      return;
    case SpoolReader::Event::kFailed:
      failed(file, file.reader->os_error(), now);
      return;
  }
}

void Spool::prove_event(SpoolFile& file, SpoolReader::Event event, MonoTime now) {
  switch (event) {
    case SpoolReader::Event::kMore:
    case SpoolReader::Event::kRest:
      return;
    case SpoolReader::Event::kRecord:
      if (file.taken.contains(file.reader->ordinal())) {
        file.proof += SpoolTaken::mark(file.reader->ordinal(), crc_of(trimmed(file.reader->text())));
      }
      [[fallthrough]];
    case SpoolReader::Event::kRefused:
      if (file.reader->ordinal() + 1 < file.taken.end()) {
        return;
      }
      break;
    case SpoolReader::Event::kEnd:
    case SpoolReader::Event::kDamaged:
      break;
    case SpoolReader::Event::kChanged:
    case SpoolReader::Event::kFailed:
      take_event(file, event, now);
      return;
  }
  if (file.proof != file.taken.sum()) {
    log::warning("a spool file was rewritten in place after records of it were taken: it is taken anew",
                 {{"file", writers_name(file.name)}});
    file.taken.start_version();
  }
  file.state = SpoolState::kTaking;
  read_from_start(file);
}

// What a line stands for: itself, but for one of a replay that says where it goes.
Spool::Replayed Spool::replayed_in(const SpoolFile& file) {
  Replayed line{.body = file.reader->text()};
  if (!file.replayed) {
    return line;
  }
  line.key.emplace();  // A replay goes where it came from, whatever the rules say now.
  const auto replayed = read_replay_line(line.body);
  if (!replayed) {
    return line;
  }
  line = {.body = replayed->body,
          .route = replayed->route,
          .key = replayed->key,
          .query = json::decoded(cat('"', replayed->query, '"')),
          .headers = json::decoded(cat('"', replayed->headers, '"'))};
  if (is_otlp(line.route)) {
    if (auto bytes = json::out_of_base64(line.body)) {
      unpacked_ = std::move(*bytes);
      line.body = unpacked_;
      line.content_type = kProtobuf;
    }
  }
  return line;
}

void Spool::take_record(SpoolFile& file, MonoTime now) {
  if (file.taken.contains(file.reader->ordinal())) {
    return;
  }
  Replayed replayed = replayed_in(file);
  const record::ParsedRecord parsed = is_otlp(replayed.route)
                                          ? encoder_.check_otlp(replayed.body, !replayed.content_type.empty())
                                          : encoder_.parse(replayed.body);
  if (parsed.ok) {
    append(file, replayed, parsed.fields);
    if (!current_) {
      return;
    }
    if (current_->batch->size() >= journal::Batch::kUsualCapacity) {
      offer(now);  // A large record in a batch of its own.
    }
  } else {
    file.refused_bytes += file.reader->text().size();
    refuse(file, parsed.refusal, now);
  }
}

void Spool::append(SpoolFile& file, const Replayed& line, const record::RecordFields& fields) {
  const std::string_view text = file.reader->text();
  const SpoolOrigin origin{file.id, file.taken.version(), file.reader->ordinal(), crc_of(trimmed(text))};
  const auto attributes = encode(origin);
  const std::string_view list(attributes.data(), attributes.size());
  const bool routed = line.route != ApiRoute::kRecords;
  const std::string_view key = encoder_.key_for(fields, {.key = line.key, .uid = file.owner});
  const RecordEncoder::History came = file.replayed ? RecordEncoder::History::kReplayed : RecordEncoder::History::kNew;
  const RecordEncoder::Routed to{.route = line.route,
                                 .content_type = line.content_type,
                                 .query = line.query,
                                 .headers = line.headers,
                                 .key = key,
                                 .attributes = list,
                                 .history = came};
  const std::size_t room = routed ? encoder_.room_routed(line.body, fields, to) : encoder_.prepare(line.body, fields);
  if (current_ && !current_->batch->fits(attributes.size(), room)) {
    offer(clock_.mono());
  }
  if (!current_) {
    const std::size_t capacity =
        std::max(journal::Batch::kUsualCapacity, journal::Batch::encoded_size(attributes.size(), room));
    current_.emplace(InFlightBatch{.batch = std::make_unique<journal::Batch>(*this, capacity)});
  }
  const std::size_t before = current_->batch->size();
  if (routed) {
    encoder_.append_routed(*current_->batch, line.body, fields, to);
  } else {
    encoder_.append(*current_->batch, line.body, fields, list, came, key);
  }
  const std::size_t size = current_->batch->size() - before;
  current_->entries.push_back({&file, origin.ordinal, origin.crc, static_cast<std::uint32_t>(text.size())});
  current_->bytes += size;
  bytes_ += size;
  ++file.uncommitted;
}

void Spool::refuse(SpoolFile& file, const record::Refusal& refusal, MonoTime now) {
  ++file.refused[static_cast<std::size_t>(refusal.reason)];
  if (file.unkept) {
    return;
  }
  std::string line;
  if (!file.rejects->full()) {  // Of a bomb there may be many millions.
    const std::string place = file.reader->place();
    line = cat(place, place.empty() ? "" : cat(", byte ", refusal.byte, ": "), refusal.message);
  }
  if (Status kept = file.rejects->begin(line); !kept) {
    cant_keep(file, kept.error(), now);
    return;
  }
  keep_raw(file, file.reader->raw(), now);
}

void Spool::keep_raw(SpoolFile& file, const SpoolReader::Raw& raw, MonoTime now) {
  for (const std::string_view bytes : {raw.head, raw.tail, std::string_view(raw.add_line_end ? "\n" : "")}) {
    if (file.unkept) {
      return;
    }
    if (Status kept = file.rejects->append(bytes); !kept) {
      cant_keep(file, kept.error(), now);
    }
  }
}

// The good records of the file are taken all the same; it stays until there is a place for the others.
void Spool::cant_keep(SpoolFile& file, const Error& error, MonoTime now) {
  issue("refused lines of a spool file can't be kept", writers_name(file.name), error, now);
  file.unkept = true;
  file.delay = error.code == ErrorCode::kInvalid ? kLongInterval : kIssueInterval;
  file.rejects.reset();
}

void Spool::failed(SpoolFile& file, int os_error_number, MonoTime now) {
  issue("a spool file can't be read", writers_name(file.name), os_error(os_error_number, "read"), now);
  waiting_.note(file.name, SpoolWait::kFailed, since(file.stamp));
  again(file, kIssueInterval);
}

void Spool::end_file(SpoolFile& file, MonoTime now) {
  if (file.rejects) {
    if (Status kept = file.rejects->close(); !kept) {
      cant_keep(file, kept.error(), now);
    }
  }
  file.state = SpoolState::kWaiting;
  active_ = nullptr;
  file.reader.reset();
  if (file.uncommitted == 0) {
    done_.push_back(&file);
  }
}

// Gives the file up for now. What of it is on its way stays so, and is remembered when it is durable.
void Spool::again(SpoolFile& file, Duration delay) {
  file.state = SpoolState::kAgain;
  file.delay = delay;
  file.rejects.reset();
  active_ = nullptr;
  file.reader.reset();
  if (file.uncommitted == 0) {
    done_.push_back(&file);
  }
}

}  // namespace respand::ingest
