#include "fleet/republisher.h"

#include <algorithm>
#include <utility>

#include "fleet/publish_answer.h"
#include "respand/base/text.h"

namespace respand::fleet {

Republisher::Republisher(Settings settings, const Parts& parts)
    : settings_(std::move(settings)), parts_(parts), most_(std::max<std::size_t>(settings_.max_in_flight / 2, 1)) {}

Republishing Republisher::progress() const {
  Republishing now = progress_;
  now.runs = runs();
  return now;
}

// Messages whose PubAck came from what may be the lost stream are kept behind the others: the end moves.
bool Republisher::look() {
  if (parts_.history.must_republish()) {
    parts_.stored.finish();  // what the stream had stored is kept before it is published again
  }
  const std::uint32_t losses = parts_.history.mark().losses;
  const KeptPlace late = parts_.kept.late_end();
  if (parts_.history.must_republish() && (losses != losses_ || !run_)) {
    begin(parts_.kept.taken());
    progress_ = {};
  } else if (run_ && late > run_->through) {
    run_->through = late;
    run_->read = run_->counted = false;
  } else if (!run_ && losses > 0 && late > end_) {
    parts_.history.republish_more();
    begin(end_);
  }
  return std::exchange(losses_, losses) != losses;
}

void Republisher::begin(KeptPlace from) {
  run_.emplace(Run{parts_.kept.end(), KeptReader(parts_.kept.files(), KeptReader::Reads::kHeads, from),
                   KeptReader(parts_.kept.files(), KeptReader::Reads::kMessages, from)});
  run_->whole = parts_.kept.whole();
  items_.clear();
  parts_.kept.forget_sequences();
}

std::size_t Republisher::in_flight() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Item& item) { return item.in_flight; }));
}

// What counts against the room: while the cluster fails, one of all tries it.
std::size_t Republisher::counted(std::size_t others) const {
  return in_flight() + (parts_.gate.is_open() ? 0 : others);
}

std::size_t Republisher::room(MonoTime now, std::size_t others) const {
  return parts_.gate.room(now, counted(others), most_);
}

void Republisher::publish(MonoTime now, std::size_t others) {
  if (!run_) {
    return;
  }
  if (!run_->counted) {
    count();
    return;
  }
  std::size_t places = room(now, others);
  for (std::size_t i = 0; i < items_.size() && places > 0; ++i) {
    if (!items_[i].in_flight && items_[i].due <= now) {
      send(items_[i]);
      --places;
    }
  }
  const auto waiting = static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Item& item) { return !item.in_flight; }));
  for (places -= std::min(places, waiting); places > 0 && read_next(now); --places) {
    send(items_.back());
  }
  end_if_done();
}

// So that status can say of how many.
void Republisher::count() {
  KeptReader::Message message;
  for (int i = 0; i < kCounted; ++i) {
    switch (run_->counter.next(run_->through, message)) {
      case KeptReader::Step::kMessage:
        ++progress_.of;
        break;
      case KeptReader::Step::kMissing:
        break;
      case KeptReader::Step::kFailed:
        run_->counter.skip_file();
        break;
      case KeptReader::Step::kEnd:
        run_->counted = true;
        if (progress_.of > 0) {
          log::info("publishing again what this edge has kept of the lost NATS stream",
                    {{"stream", settings_.stream}, {"messages", progress_.of}});
        }
        return;
    }
  }
}

// Reads the next message behind the others; false: there is none now.
bool Republisher::read_next(MonoTime now) {
  Item item;
  while (!run_->read && run_->read_at <= now) {
    switch (run_->reader.next(run_->through, item.content)) {
      case KeptReader::Step::kMessage:
        run_->failures = 0;
        items_.push_back(std::move(item));
        return true;
      case KeptReader::Step::kEnd:
        run_->read = true;
        break;
      case KeptReader::Step::kMissing:
        run_->whole = false;
        break;
      case KeptReader::Step::kFailed:
        run_->read_at = now + kReadAgain;
        if (++run_->failures >= kReads) {
          run_->reader.skip_file();
          run_->whole = false;
          run_->failures = 0;
          log::warning("a file of kept messages can't be read; what it holds is not published again",
                       {{"stream", settings_.stream}});
        }
        break;
    }
  }
  return false;
}

void Republisher::send(Item& item) {
  item.mark = parts_.history.mark();
  item.in_flight = true;
  item.request = kIdBit | ++requests_;
  parts_.client.request(item.request, settings_.subject, message_headers(item.content.id, settings_.stream),
                        item.content.message, kAnswerTimeout);
}

void Republisher::link_is_up(MonoTime now) {
  for (Item& item : items_) {
    item.due = now;
  }
}

void Republisher::answered(const nats::Reply& reply, MonoTime now) {
  const auto item = std::find_if(items_.begin(), items_.end(),
                                 [&reply](const Item& one) { return one.in_flight && one.request == reply.id; });
  if (item == items_.end()) {
    return;
  }
  item->in_flight = false;
  item->due = now;
  unanswered_ = reply.result == nats::ReplyResult::kTimeout ? unanswered_ + 1 : 0;
  const PublishAnswer answer = judge_answer(reply, settings_.stream, settings_.subject);
  parts_.counters.tried(answer.outcome);
  switch (answer.outcome) {
    case PublishOutcome::kStored:
    case PublishOutcome::kDuplicate:
      parts_.history.stored(answer.ack, item->mark);
      parts_.kept.acknowledged(answer.ack.sequence);
      parts_.counters.republished();
      parts_.gate.succeeded();
      ++progress_.done;
      items_.erase(item);
      end_if_done();
      return;
    case PublishOutcome::kTooLarge:
      leave_out(*item, "the stream or the server takes no message of its size");
      items_.erase(item);
      end_if_done();
      return;
    case PublishOutcome::kInProcess:
      item->due = now + kInProcessWait;
      return;
    case PublishOutcome::kBroken:
      return;
    case PublishOutcome::kTimeout:
      if (unanswered_ < kSilence) {
        return;
      }
      break;
    case PublishOutcome::kNoResponders:
    case PublishOutcome::kFull:
    case PublishOutcome::kRefused:
    case PublishOutcome::kUnknown:
      break;
  }
  if (throttle_.open(now)) {
    log::warning("the NATS stream does not take kept messages now; they are tried again",
                 {{"stream", settings_.stream}, {"condition", name_of(answer.condition)}, {"why", answer.why}});
  }
  parts_.gate.failed(answer.condition, answer.why, now);
}

void Republisher::leave_out(const Item& item, std::string_view why) {
  run_->whole = false;
  log::error("a kept message can't be published again",
             {{"message", item.content.id}, {"bytes", item.content.message.size()}, {"why", why}});
}

// A loss that the last answer has shown begins all anew (look()).
void Republisher::end_if_done() {
  if (!run_ || !run_->read || !items_.empty() || parts_.history.mark().losses != losses_ ||
      parts_.kept.late_end() > run_->through) {
    return;
  }
  const bool whole = run_->whole && parts_.kept.whole();
  end_ = run_->through;
  run_.reset();
  parts_.history.republished(whole);
  if (whole) {
    log::info("all that this edge had kept of the lost NATS stream is published again",
              {{"stream", settings_.stream}, {"messages", progress_.done}});
  } else {
    log::error(
        "this edge has published again what it had kept of the lost NATS stream, but that is not all that no relay had "
        "taken: see docs/fleet.md, then `respand reload` confirms it",
        {{"stream", settings_.stream}, {"messages", progress_.done}});
  }
}

MonoTime Republisher::due(std::size_t others) const {
  if (!run_) {
    return MonoTime::max();
  }
  if (!run_->counted) {
    return MonoTime::min();
  }
  if (counted(others) >= parts_.gate.limit(most_)) {
    return MonoTime::max();
  }
  MonoTime due = run_->read ? MonoTime::max() : run_->read_at;
  for (const Item& item : items_) {
    due = item.in_flight ? due : std::min(due, item.due);
  }
  return parts_.gate.due(due);
}

}  // namespace respand::fleet
