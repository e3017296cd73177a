#include "fleet/publisher.h"

#include <algorithm>
#include <span>
#include <utility>

#include "respand/base/text.h"
#include "respand/journal/attributes.h"

namespace respand::fleet {
namespace {

// What a message takes beside its payload and our headers: "NATS/1.0\r\n" and an empty line.
constexpr std::size_t kHeaderFrame = 12;

}  // namespace

Publisher::Publisher(Settings settings, const Parts& parts, DeadLetterWriter dead_letter, std::uint64_t seed)
    : settings_(std::move(settings)), parts_(parts), dead_letter_(std::move(dead_letter)), gate_(seed) {}

// Batches that wait have the room first.
std::size_t Publisher::room_for_new(MonoTime now) const {
  const std::size_t room = gate_.room(now, in_flight(), settings_.max_in_flight);
  return room - std::min(room, batches_.waiting());
}

std::size_t Publisher::room_ahead() const {
  const std::size_t most = std::min(settings_.max_in_flight, kMostAhead);
  return gate_.is_open() ? most - std::min(most, batches_.waiting()) : 0;
}

// While a batch would have to wait for room, records may as well wait for more of them.
BatchSource::Wanted Publisher::wanted(MonoTime now, bool hurry) const {
  if (room_for_new(now) == 0) {
    return BatchSource::Wanted::kFull;
  }
  return hurry ? BatchSource::Wanted::kAll : BatchSource::Wanted::kDue;
}

void Publisher::publish(MonoTime now, bool hurry) {
  if (batches_.has_parts()) {
    batches_.take_parts();
    parts_.history.write(batches_.borders());
  }
  goes_on_ = send_waiting(now) || add_new(now, hurry);
  batches_.remove_empty();
}

// False where there was none to send.
bool Publisher::send_waiting(MonoTime now) {
  const std::uint64_t before = requests_;
  std::size_t room = gate_.room(now, in_flight(), settings_.max_in_flight);
  for (const auto& batch : batches_.all()) {
    if (room > 0 && !batch->in_flight && !batch->records.empty() && batch->due <= now) {
      send(*batch, now);
      room -= batch->in_flight ? 1U : 0U;
    }
  }
  return requests_ > before;
}

// A new batch is written down before it goes out. False where there was none to build.
bool Publisher::add_new(MonoTime now, bool hurry) {
  if (!takes_more(now)) {
    return false;
  }
  const bool has_room = room_for_new(now) > 0;
  auto group = parts_.source.next(now, wanted(now, hurry));
  if (group.empty()) {
    return false;
  }
  OpenBatch built = parts_.builder.build(std::move(group));
  if (built.records.empty()) {
    return true;
  }
  built.due = now;
  OpenBatch& batch = batches_.add(std::move(built));
  parts_.history.write(batches_.borders());
  if (has_room) {
    send(batch, now);
  }
  return true;
}

void Publisher::send(OpenBatch& batch, MonoTime now) {
  const std::string again = batch.ids > 1 ? cat("-again", batch.ids - 1) : std::string();
  const std::string headers = message_headers(cat(batch.id, again), settings_.stream);
  const std::uint64_t limit = parts_.client.state().info.max_payload;
  if (limit > 0 && batch.message.size() + headers.size() + kHeaderFrame > limit) {
    parts_.counters.tried(PublishOutcome::kTooLarge);
    too_large(batch, max_payload(), now);
    return;
  }
  batch.mark = parts_.history.mark();
  batch.in_flight = true;
  batch.request = ++requests_;
  ++batch.tries;
  parts_.client.request(batch.request, settings_.subject, headers, batch.message, kAnswerTimeout);
}

void Publisher::link_is_up(MonoTime now) {
  gate_.try_at_once();
  for (const auto& batch : batches_.all()) {
    batch->due = now;
  }
}

void Publisher::answered(const nats::Reply& reply, MonoTime now) {
  OpenBatch* const found = batches_.of_request(reply.id);
  if (found == nullptr) {
    return;
  }
  OpenBatch& batch = *found;
  batch.in_flight = false;
  batch.due = now;
  unanswered_ = reply.result == nats::ReplyResult::kTimeout ? unanswered_ + 1 : 0;
  const PublishAnswer answer = judge_answer(reply, settings_.stream, settings_.subject);
  parts_.counters.tried(answer.outcome);
  switch (answer.outcome) {
    case PublishOutcome::kStored:
    case PublishOutcome::kDuplicate:
      stored(batch, answer.ack);
      break;
    case PublishOutcome::kTooLarge:
      too_large(batch, reply.result == nats::ReplyResult::kTooLarge ? max_payload() : max_message_size(), now);
      break;
    case PublishOutcome::kInProcess:
      in_process(batch, now);
      break;
    case PublishOutcome::kTimeout:
      batch.unsure = true;
      if (unanswered_ >= kSilence) {
        concerns_all(batch, answer.condition, answer.why, now);
      }
      break;
    case PublishOutcome::kBroken:
      batch.unsure = true;
      break;
    case PublishOutcome::kUnknown:
      batch.unsure = true;
      concerns_all(batch, answer.condition, answer.why, now);
      break;
    case PublishOutcome::kFull:
      batch.refused = batch.refused || answer.stream_full;
      concerns_all(batch, answer.condition, answer.why, now);
      break;
    case PublishOutcome::kNoResponders:
    case PublishOutcome::kRefused:
      concerns_all(batch, answer.condition, answer.why, now);
      break;
  }
}

std::string Publisher::max_payload() const {
  return cat("the server's max_payload of ", parts_.client.state().info.max_payload, " bytes");
}

// A clustered stream that is full keeps the id of what it refused, and says "in process" to it for its window of
// duplicates. Where it has said so to each try, it has stored none: the batch gets another id instead of waiting.
void Publisher::in_process(OpenBatch& batch, MonoTime now) {
  if (batch.refused && !batch.unsure) {
    batch.refused = false;
    ++batch.ids;
    return;
  }
  batch.due = now + kInProcessWait;
}

std::string Publisher::max_message_size() const {
  const auto& info = parts_.watch.info();
  return info ? cat("the stream's max_msg_size of ", info->config.max_message_size, " bytes")
              : std::string("the stream's max_msg_size");
}

void Publisher::stored(OpenBatch& batch, const nats::PubAck& ack) {
  const bool late = batch.mark.losses != parts_.history.mark().losses;
  parts_.history.stored(ack, batch.mark);
  parts_.stored.add(batch, ack.sequence, late);
  if (!gate_.is_open()) {
    log::info("the NATS stream takes batches again", {{"stream", settings_.stream}});
  }
  gate_.succeeded();
}

void Publisher::concerns_all(OpenBatch& batch, EdgeCondition condition, std::string_view why, MonoTime now) {
  if (gate_.condition() != condition || throttle_.open(now)) {
    log::warning("the NATS stream takes no batches; they wait in the journal, and are tried again",
                 {{"stream", settings_.stream}, {"condition", name_of(condition)}, {"why", why}});
  }
  gate_.failed(condition, why, now);
  batch.due = now;
}

// A batch that is too large is halved until the culprit stands alone.
void Publisher::too_large(OpenBatch& batch, std::string_view limit, MonoTime now) {
  if (batch.records.size() > 1) {
    split(batch, now);
  } else {
    add_dead_letter(batch, limit, now);
  }
}

void Publisher::split(OpenBatch& batch, MonoTime now) {
  std::vector<journal::Ref> records = std::exchange(batch.records, {});
  const auto middle = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
  for (auto& half :
       {std::vector<journal::Ref>(records.begin(), middle), std::vector<journal::Ref>(middle, records.end())}) {
    OpenBatch built = parts_.builder.build(half);
    if (!built.records.empty()) {
      built.due = now;
      batches_.add_part(std::move(built));
    }
  }
}

// The record is settled only when its dead letter is on the disk; else this is tried again.
void Publisher::add_dead_letter(OpenBatch& batch, std::string_view limit, MonoTime now) {
  const journal::Ref& ref = batch.records.front();
  payload_.clear();
  Status done = parts_.journal.append_request(ref, attributes_, payload_);
  if (!done && done.error().code == ErrorCode::kNotFound) {
    batch.records.clear();  // it was dropped meanwhile, and needs nothing more
    return;
  }
  if (!done && done.error().code == ErrorCode::kCorrupt) {
    parts_.journal.lost(ref, done.error().message);
    batch.records.clear();
    return;
  }
  if (done) {
    done = dead_letter_({ref, parts_.journal.way(ref.way).key, attributes_, payload_,
                         cat("the record of ", payload_.size(), " bytes makes a message of ", batch.message.size(),
                             " bytes, over ", limit)});
  }
  if (!done) {
    if (throttle_.open(now)) {
      log::warning("a record that no message can carry can't be put among the dead letters yet",
                   {{"sequence", ref.sequence.value}, {"why", done.error().message}});
    }
    batch.due = now + MessageBuilder::kReadAgain;
    return;
  }
  parts_.counters.dead_lettered();
  const journal::Ack ack{ref.sequence, ref.length};
  parts_.journal.acknowledge(std::span(&ack, 1));
  batch.records.clear();
}

bool Publisher::is_urgent(MonoTime now) const {
  return batches_.next_try() <= now && gate_.room(now, in_flight(), settings_.max_in_flight) > 0;
}

// Where as much is on its way as may be and enough is built ahead, an answer is what is waited for.
MonoTime Publisher::due(MonoTime now) const {
  MonoTime due = batches_.has_parts() ? MonoTime::min() : MonoTime::max();
  if (takes_more(now)) {
    due = std::min(due, goes_on_ ? MonoTime::min() : parts_.source.due(wanted(now, false)));
  }
  if (in_flight() >= gate_.limit(settings_.max_in_flight)) {
    return due;
  }
  return gate_.due(std::min(due, batches_.next_try()));
}

}  // namespace respand::fleet
