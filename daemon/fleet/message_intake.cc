#include "fleet/message_intake.h"

#include <algorithm>
#include <utility>

#include "respand/base/text.h"
#include "respand/journal/attributes.h"

namespace respand::fleet {
namespace {

// Nothing is kept for a relay until it holds again (RetentionPin).
constexpr Sequence kNothing{~0ULL};
// Of the time, the part that writing what was seen may take.
constexpr int kSaveShare = 50;

}  // namespace

MessageIntake::MessageIntake(Settings settings, const Parts& parts)
    : settings_(std::move(settings)),
      parts_(parts),
      feed_(parts.writer, [this] { parts_.client.wake(); }),
      file_(settings_.folder, "seen", SeenRecords::kMagic, parts.fs),
      aside_(cat(settings_.folder, "/aside"), parts.fs) {}

// The journal's pin is where the run before has left it: what is in the journal from there on may not be in the file.
bool MessageIntake::recover(MonoTime now) {
  const auto content = file_.read();
  auto seen = content ? SeenRecords::decode(*content) : std::nullopt;
  const bool missing = !content && content.error().code == ErrorCode::kNotFound;
  if (!content && !missing && content.error().code != ErrorCode::kCorrupt) {
    if (throttle_.open(now)) {
      log::warning("a relay can't read yet what it has taken before", {{"why", content.error().message}});
    }
    return false;
  }
  if (!seen && !missing) {
    log::warning("what this relay has taken before can't be read: messages that come again may double records",
                 {{"file", file_.path()}});
  }
  seen_ = seen ? std::move(*seen) : SeenRecords();
  const WallTime wall = parts_.clock.wall();
  const Status looked = parts_.history.visit([&](Sequence, std::string_view attributes) {
    const auto value = journal::find_attribute(attributes, journal::Tag::kStreamOrigin);
    if (const auto origin = StreamOrigin::decode(value); origin && !value.empty()) {
      unsaved_ = seen_.add(origin->journal, origin->sequence, wall) || unsaved_;
    }
    return true;
  });
  if (!looked) {
    if (throttle_.open(now)) {
      log::warning("a relay can't look yet at what its journal holds", {{"why", looked.error().message}});
    }
    return false;
  }
  holds_ = true;
  save_at_ = now;
  return true;
}

void MessageIntake::take(const nats::Message& message, const nats::Delivery& delivery, MonoTime now) {
  parts_.counters.message(message.payload.size(), delivery.delivered > 1);
  const auto same = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
    return held.number == delivery.stream_sequence && held.stage != Stage::kEnded;
  });
  if (same != held_.end()) {
    same->reply = message.reply;  // It came again before we were done: the newer copy is the one to acknowledge.
    same->told = now;
    return;
  }
  Held held;
  held.number = delivery.stream_sequence;
  held.reply = message.reply;
  // A consumer with headers_only gives out the message without its records, which are in the stream alone.
  if (message.payload.empty() && !nats::find_header(message.headers, "Nats-Msg-Size").empty()) {
    refuse(held, kUnknownDelay);
    return;
  }
  held.payload = message.payload;
  held.told = now;
  held_.push_back(std::move(held));
}

void MessageIntake::step(MonoTime now, Duration ack_wait) {
  take_outcomes(now);
  read_messages(now);
  feed_.flush();
  tell_progress(now, ack_wait);
  std::erase_if(held_, [](const Held& held) { return held.stage == Stage::kEnded; });
  save(now);
}

void MessageIntake::read_messages(MonoTime now) {
  while (feed_.has_room()) {
    if (reading_) {
      if (!read_on()) {
        return;
      }
      continue;
    }
    const auto next =
        std::find_if(held_.begin(), held_.end(), [](const Held& held) { return held.stage == Stage::kUnread; });
    if (next == held_.end()) {
      return;
    }
    begin_reading(*next, now);
  }
}

// A message of a newer version stays in the stream: another relay may know it, or this one once it is updated.
void MessageIntake::begin_reading(Held& held, MonoTime now) {
  if (!parts_.writer.accepting()) {
    refuse(held, kFullDelay);
    return;
  }
  auto batch = read_batch(held.payload);
  if (batch) {
    reading_ = std::move(*batch);
    reading_number_ = held.number;
    next_record_ = 0;
    oldest_new_.reset();
    held.through = 0;
    return;
  }
  if (batch.error().code == ErrorCode::kCorrupt) {
    keep_aside(held, batch.error().message);
    if (held.stage == Stage::kUnread) {
      acknowledge(held);
    }
    return;
  }
  ++totals_.not_known;
  if (throttle_.open(now)) {
    log::error("this relay can't take a message of the NATS stream; it stays there",
               {{"message", held.number}, {"why", batch.error().message}});
  }
  refuse(held, kUnknownDelay);
}

// False where the rest of the records has no room yet.
bool MessageIntake::read_on() {
  Held& held =
      *std::find_if(held_.begin(), held_.end(), [this](const Held& one) { return one.number == reading_number_; });
  for (; next_record_ < reading_->records.size(); ++next_record_) {
    if (!feed_.has_room()) {
      return false;
    }
    const BatchRecord& record = reading_->records[next_record_];
    const bool claimed = feed_.is_claimed(reading_->journal, record.sequence);
    if (claimed || seen_.contains(reading_->journal, record.sequence)) {
      parts_.counters.duplicate();
      ++totals_.duplicates;
      held.through = claimed ? feed_.newest() : held.through;
      continue;
    }
    if (!holds_) {
      static_cast<void>(parts_.pin.hold());
      holds_ = true;
    }
    if (feed_.append(reading_->journal, reading_->host, record, settings_.max_record)) {
      held.through = feed_.newest();
      oldest_new_ = std::min(oldest_new_.value_or(record.received), record.received);
      continue;
    }
    parts_.counters.too_large();
    keep_aside(held, cat("record ", record.sequence.value, " of host ", printable(reading_->host, 64), " has ",
                         record.payload.size(), " bytes, over socket.max_record of this relay"));
    if (held.stage != Stage::kUnread) {
      reading_.reset();
      return true;
    }
  }
  if (oldest_new_) {  // a copy of what was taken before says nothing of the edge
    const auto lag = std::chrono::duration_cast<Duration>(parts_.clock.wall() - *oldest_new_);
    parts_.lags.with([&](EdgeLags& lags) { lags.note(reading_->host, lag, parts_.clock.mono()); });
  }
  reading_.reset();
  held.payload = {};
  held.stage = Stage::kWriting;
  if (held.through == 0) {
    acknowledge(held);
  }
  return true;
}

// What can't be kept aside yet is not acknowledged either.
void MessageIntake::keep_aside(Held& held, std::string_view why) {
  auto path = aside_.keep(settings_.stream, held.number, held.payload);
  if (!path) {
    if (throttle_.open(parts_.clock.mono())) {
      log::error("a message of the NATS stream can't be read, nor kept aside; it stays in the stream",
                 {{"message", held.number}, {"why", why}, {"aside", path.error().message}});
    }
    refuse(held, kUnknownDelay);
    return;
  }
  parts_.counters.aside();
  ++totals_.aside;
  totals_.aside_file = *path;
  log::error("a message of the NATS stream could not be taken, and was kept aside",
             {{"message", held.number}, {"why", why}, {"file", *path}});
}

// Outcomes come in the order of the batches. Where one was refused, all messages that may count on it come again; what
// of them becomes durable all the same is told from then on.
void MessageIntake::take_outcomes(MonoTime now) {
  JournalFeed::Outcome outcome;
  while (feed_.take(outcome)) {
    const bool durable = outcome.result == journal::CommitResult::kDurable;
    if (durable) {
      const WallTime wall = parts_.clock.wall();
      for (const auto& [journal, sequence] : outcome.records) {
        seen_.add(journal, sequence, wall);
      }
      totals_.records += outcome.records.size();
      parts_.counters.records(outcome.records.size(), outcome.bytes);
      written_end_ = outcome.end;
      unsaved_ = true;
    }
    for (Held& held : held_) {
      if (held.stage == Stage::kWriting && durable && held.through <= outcome.number) {
        acknowledge(held);
      } else if (!durable && (held.stage == Stage::kWriting || (reading_ && held.number == reading_number_)) &&
                 held.through >= outcome.number) {
        if (reading_ && held.number == reading_number_) {
          reading_.reset();
        }
        refuse(held, kFullDelay);
      }
    }
    if (!durable && throttle_.open(now)) {
      log::warning("the journal takes no records of the NATS stream now; their messages come again",
                   {{"why", outcome.result == journal::CommitResult::kFull ? "full" : "stopping"}});
    }
  }
}

void MessageIntake::acknowledge(Held& held) {
  held.stage = Stage::kConfirming;
  held.payload = {};
  held.request = ++requests_;
  parts_.client.request(held.request, held.reply, {}, nats::kAck, kAckTimeout);
}

// An acknowledgement that nobody confirmed: the message comes again, its records are told, and it is acknowledged then.
void MessageIntake::acknowledged(const nats::Reply& reply) {
  for (Held& held : held_) {
    if (held.stage == Stage::kConfirming && held.request == reply.id) {
      held.stage = Stage::kEnded;
      if (reply.result != nats::ReplyResult::kReply) {
        parts_.counters.unconfirmed();
      }
      return;
    }
  }
}

void MessageIntake::refuse(Held& held, Duration delay) {
  static_cast<void>(parts_.client.publish(held.reply, {}, {}, nats::nak(delay)));
  parts_.counters.refused();
  held.stage = Stage::kEnded;
}

void MessageIntake::disconnected() {
  for (Held& held : held_) {
    if (held.stage == Stage::kUnread && !(reading_ && held.number == reading_number_)) {
      held.stage = Stage::kEnded;
    }
  }
}

void MessageIntake::tell_progress(MonoTime now, Duration ack_wait) {
  due_ = MonoTime::max();
  for (Held& held : held_) {
    if (held.stage != Stage::kUnread && held.stage != Stage::kWriting) {
      continue;
    }
    if (now >= held.told + ack_wait / 2) {
      static_cast<void>(parts_.client.publish(held.reply, {}, {}, nats::kInProgress));
      held.told = now;
    }
    due_ = std::min(due_, held.told + ack_wait / 2);
  }
}

// The journal may let go of segments only when the file says what they hold.
void MessageIntake::save(MonoTime now) {
  if (unsaved_ && now >= save_at_) {
    const Status written = file_.write(seen_.encode(), StateFile::Durable::kYes);
    const Duration took = parts_.clock.mono() - now;
    save_at_ = now + std::max(kSaveInterval, took * kSaveShare);
    unsaved_ = !written;
    if (!written && throttle_.open(now)) {
      log::warning("what this relay has taken can't be written down; the journal keeps its segments meanwhile",
                   {{"file", file_.path()}, {"why", written.error().message}});
    }
  }
  if (holds_ && !unsaved_) {
    holds_ = !feed_.idle();
    parts_.pin.keep_from(holds_ ? written_end_ : kNothing);
  }
  due_ = unsaved_ ? std::min(due_, save_at_) : due_;
}

void MessageIntake::save_now(MonoTime now) {
  save_at_ = now;
  save(now);
}

std::uint32_t MessageIntake::room() const {
  const bool unread =
      std::any_of(held_.begin(), held_.end(), [](const Held& held) { return held.stage == Stage::kUnread; });
  if (unread || !feed_.has_room() || !parts_.writer.accepting()) {
    return 0;
  }
  return static_cast<std::uint32_t>(kMostHeld - std::min(kMostHeld, held_.size()));
}

}  // namespace respand::fleet
