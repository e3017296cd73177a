#include "delivery/request_sender.h"

#include <cstddef>
#include <iterator>
#include <utility>

#include "delivery/batch_answer.h"

namespace respand::delivery {
namespace {

// Reading a record takes this much of the body for a moment, beside the record's length: its header in the journal.
constexpr std::size_t kReading = 64;

std::size_t most_bytes(const RecordBatch& records, const BodyFrame& frame) {
  std::size_t most = frame.front.size() + frame.back.size() + kReading;
  for (const Record& record : records) {
    most += record.ref.length + 1;  // and a comma
  }
  return most;
}

}  // namespace

RequestSender::RequestSender(const WorkerContext& context, http::Client& client, RouteLanes& lanes,
                             InFlightTable& in_flight, PayloadPool& payloads, RecordOutcomes& outcomes)
    : client_(client),
      lanes_(lanes),
      in_flight_(in_flight),
      payloads_(payloads),
      outcomes_(outcomes),
      bodies_(context.journal) {}

bool RequestSender::send_or_gather(RouteLane& route, Record record, const Permits& permits, MonoTime now) {
  if (!lanes_.batches(route, record)) {
    return send(std::move(record), permits, now);
  }
  RecordBatch full = route.builder->gather(std::move(record), now);
  return !full.empty() && send_batch(route, std::move(full), false, permits, now);
}

bool RequestSender::send(Record record, const Permits& permits, MonoTime now) {
  const bool routed = is_routed(record);
  const BodyFrame frame = single_frame(record.ref.route);
  std::string payload = payloads_.take();
  payload += frame.front;
  Envelope envelope;
  const Status read = bodies_.append(record, payload, envelope);
  if (!read) {
    outcomes_.unreadable(std::move(record), read.error(), now);
    return false;
  }
  payload += frame.back;
  record.unread = 0;
  ++record.attempts;
  const std::uint64_t bytes = record.ref.length;
  if (!routed) {
    client_.start(in_flight_.open({.record = std::move(record), .bytes = bytes, .ticket = permits.epoch}),
                  std::move(payload));
    return true;
  }
  http::Routed to = address_of(record, lanes_.of(record).key(), envelope);
  const std::uint32_t id = in_flight_.open(
      {.record = std::move(record), .bytes = bytes, .ticket = permits.epoch, .envelope = std::move(envelope)});
  client_.start_routed(id, std::move(payload), std::move(to));
  return true;
}

bool RequestSender::send_half(RouteLane& route, const Permits& permits, MonoTime now) {
  if (!route.builder) {
    return false;
  }
  if (!lanes_.batches(route)) {
    disband(route, now);
    return false;
  }
  while (auto half = route.builder->take_half(now)) {
    if (send_batch(route, std::move(*half), true, permits, now)) {
      return true;
    }
  }
  return false;
}

bool RequestSender::send_due_batch(RouteLane& route, const Permits& permits, MonoTime now) {
  return route.batch_due() <= now && send_batch(route, route.builder->take(), false, permits, now);
}

// There are no batches any more: records that wait for one are retried alone.
void RequestSender::disband(RouteLane& route, MonoTime now) {
  route.builder->all_due(now);
  for (Record& record : route.builder->take()) {
    lanes_.add_retry(std::move(record), now);
  }
  while (auto half = route.builder->take_half(now)) {
    for (Record& record : *half) {
      lanes_.add_retry(std::move(record), now);
    }
  }
}

// Builds the body in one piece of memory and begins the request. False where none of the records could be read.
bool RequestSender::send_batch(RouteLane& route, RecordBatch records, bool bisected, const Permits& permits,
                               MonoTime now) {
  if (records.size() == 1) {
    return send(std::move(records.front()), permits, now);
  }
  const BodyFrame frame = batch_frame(route.route());
  std::string body = payloads_.take_batch_body();
  body.reserve(most_bytes(records, frame));
  body = frame.front;
  Envelope envelope;
  read_batch(route, records, body, envelope, now);
  if (records.empty()) {
    return false;
  }
  body += frame.back;
  const std::size_t most_answer = answer_limit(records.size());
  const bool own_path = is_spans(route.route());  // Records have one path for each and one for batches.
  http::Routed to;
  if (route.share != nullptr) {
    to = address_of(records.front(), route.key(), std::move(envelope));
    to.batch = !own_path;
    to.path = own_path ? std::move(to.path) : std::string();
    to.max_body = most_answer;
  }
  const std::uint32_t id = in_flight_.open(
      {.record = {}, .batch = std::move(records), .bytes = body.size(), .ticket = permits.epoch, .bisected = bisected});
  if (route.share != nullptr) {
    client_.start_routed(id, std::move(body), std::move(to));
  } else {
    client_.start_batch(id, std::move(body), most_answer);
  }
  return true;
}

// Reads the records into the body, with commas between them, and leaves in `records` those that are in the body. All
// records of a body must have the same envelope: from the first one that differs on they are kept for the next batch.
void RequestSender::read_batch(RouteLane& route, RecordBatch& records, std::string& body, Envelope& envelope,
                               MonoTime now) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Record& record = records[i];
    const std::size_t before = body.size();
    body.append(kept > 0 ? "," : "");
    Envelope own;
    if (const Status read = bodies_.append(record, body, own); !read) {
      body.resize(before);
      outcomes_.unreadable(std::move(record), read.error(), now);
      continue;
    }
    if (kept > 0 && own != envelope) {
      body.resize(before);
      const auto rest = records.begin() + static_cast<std::ptrdiff_t>(i);
      route.builder->put_half({std::make_move_iterator(rest), std::make_move_iterator(records.end())}, now);
      break;
    }
    envelope = std::move(own);
    record.unread = 0;
    ++record.attempts;
    if (kept != i) {
      records[kept] = std::move(record);
    }
    ++kept;
  }
  records.resize(kept);
}

}  // namespace respand::delivery
