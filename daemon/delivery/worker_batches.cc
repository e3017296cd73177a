// Worker, the part that sends batches: of records to api.batch.path, of spans as arrays to their route. A record keeps
// its identity: it joins others for one attempt, and each is acknowledged, waiting for a retry or refused by itself. No
// answer to a batch makes a dead letter; the one to a record alone does.

#include <algorithm>
#include <iterator>
#include <utility>

#include "delivery/batch_answer.h"
#include "delivery/worker.h"
#include "respand/base/text.h"
#include "respand/journal/attributes.h"

namespace respand::delivery {
namespace {

// What a batch is wrapped in.
struct Wrapping {
  std::string_view front;
  std::string_view back;
};
constexpr Wrapping kLogs{R"({"logs":[)", "]}"};
constexpr Wrapping kArray{"[", "]"};
// Of a record's length in the journal, its header there, and a comma: what reading it takes for a moment.
constexpr std::size_t kReading = 64;

}  // namespace

bool Worker::joins_a_batch(const Record& record) {
  const bool may = is_routed(record) ? lane_of(record.ref.way).builder.has_value() : builder_.has_value();
  return may && batches_go(record.ref.route) && !record.alone && record.ref.length < kLarge &&
         !batching_of(record).goes_alone(record.ref.length);
}

// Halves of refused batches go first: they are few, and their records have waited.
bool Worker::start_half(BatchBuilder& builder, ApiRoute route, const Permits& permits, MonoTime now) {
  if (!batches_go(route)) {
    disband(builder, now);
    return false;
  }
  while (auto half = builder.take_half(now)) {
    if (launch_batch(std::move(*half), true, permits, now)) {
      return true;
    }
  }
  return false;
}

// There are no batches any more: what waits for one goes by itself.
void Worker::disband(BatchBuilder& builder, MonoTime now) {
  builder.all_due(now);
  for (Record& record : builder.take()) {
    lane(record).retry_queue.add(std::move(record), now);
  }
  while (auto half = builder.take_half(now)) {
    for (Record& record : *half) {
      lane(record).retry_queue.add(std::move(record), now);
    }
  }
}

// Puts the record behind what is in `body`. Of one for another route, or under another key, `envelope` then says how it
// is to be posted.
Status Worker::append(const Record& record, std::string& body, Envelope& envelope) {
  if (!is_routed(record)) {
    return journal_.append(record.ref, body);
  }
  if (Status read = journal_.append_request(record.ref, attributes_, body); !read) {
    return read;
  }
  envelope = envelope_read();
  return {};
}

// Of the record whose attributes were read last.
Worker::Envelope Worker::envelope_read() const {
  return {.query = std::string(journal::find_attribute(attributes_, journal::Tag::kQuery)),
          .headers = std::string(journal::find_attribute(attributes_, journal::Tag::kHeaders)),
          .protobuf = !journal::find_attribute(attributes_, journal::Tag::kContentType).empty()};
}

// The body is built in one piece of memory, into which each record is read from the journal. Of bodies that are to be
// posted in different ways those up to the first that differs go; the others are the next batch. False where none of
// them could be read.
bool Worker::launch_batch(RecordBatch records, bool half, const Permits& permits, MonoTime now) {
  if (records.size() == 1) {
    return launch_alone(std::move(records.front()), permits, now);
  }
  const bool routed = is_routed(records.front());
  const Wrapping& wrapping = is_spans(records.front().ref.route) ? kArray : kLogs;
  std::size_t most = wrapping.front.size() + wrapping.back.size() + kReading;
  for (const Record& record : records) {
    most += record.ref.length + 1;
  }
  std::string body = std::move(body_);
  body.clear();
  body.reserve(most);
  body = wrapping.front;
  Envelope envelope;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Record& record = records[i];
    const std::size_t before = body.size();
    body.append(kept > 0 ? "," : "");
    Envelope own;
    if (const Status read = append(record, body, own); !read) {
      body.resize(before);
      unreadable(std::move(record), read.error(), now);
      continue;
    }
    if (kept > 0 && own != envelope) {
      body.resize(before);
      const auto rest = records.begin() + static_cast<std::ptrdiff_t>(i);
      builder_of(record).put_half({std::make_move_iterator(rest), std::make_move_iterator(records.end())}, now);
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
  if (kept == 0) {
    return false;
  }
  records.resize(kept);
  body += wrapping.back;
  const std::uint64_t bytes = body.size();
  const std::size_t most_answer = answer_limit(kept);
  http::Routed to;
  if (routed) {
    to = routed_to(records.front(), std::move(envelope));
    to.batch = !is_spans(records.front().ref.route);
    to.path = to.batch ? std::string() : std::move(to.path);
    to.max_body = most_answer;
  }
  const std::uint32_t id =
      open_request({.record = {}, .batch = std::move(records), .bytes = bytes, .epoch = permits.epoch, .half = half});
  if (routed) {
    client_->start_routed(id, std::move(body), std::move(to));
  } else {
    client_->start_batch(id, std::move(body), most_answer);
  }
  return true;
}

void Worker::take_batch_answer(InFlightRequest flight, http::Answer& answer, MonoTime now) {
  const Fault fault = fault_of(answer, retry_.statuses);
  const Record& first = flight.first();
  const bool spans = is_spans(first.ref.route);
  Batching& batching = batching_of(first);
  const Verdict verdict = refusals_of(first).judge(fault, answer);
  // The path is wrong, not the upstream: what follows, one by one, will tell about that. Spans have no other path.
  const bool no_such_path = !spans && fault == Fault::kUpstream && answer.failure == http::Failure::kNone &&
                            (answer.status == 404 || answer.status == 405);
  judged(upstream_of(first), flight.epoch, no_such_path ? Verdict::kRecordWrong : verdict, answer, now, Suspect::kApi);
  if (watched() && verdict != Verdict::kDelivered) {
    show_retried(flight.batch, answer);
  }
  switch (verdict) {
    case Verdict::kDelivered:
      take_results(std::move(flight.batch), answer, now);
      break;
    case Verdict::kTransient:
      retry_batch(std::move(flight), answer, now);
      break;
    case Verdict::kUpstreamWrong:
      if (fault == Fault::kDoubtful) {
        disperse(std::move(flight.batch), answer, now);
        break;
      }
      if (!no_such_path) {
        retry_batch(std::move(flight), answer, now);
        break;
      }
      batching.fall_back(describe(answer));
      for (Record& record : flight.batch) {
        counters_.retry(answer);
        lane(record).retry_queue.add(std::move(record), now);
      }
      break;
    case Verdict::kRecordWrong:
      if (answer.status == 413 && flight.records() > 1) {
        batching.too_large(answer.payload.size());
      }
      split(std::move(flight.batch), answer, now);
      break;
  }
  if (answer.payload.capacity() <= 2 * batching.configured_bytes()) {
    body_ = std::move(answer.payload);
  }
}

// Of a batch that has to come again, in whole or in parts.
void Worker::show_retried(const RecordBatch& records, const http::Answer& answer) {
  const std::vector<std::string_view> payloads = records_in(answer.payload);
  for (std::size_t i = 0; i < std::min(records.size(), payloads.size()); ++i) {
    show(records[i], Fate::kRetried, answer, payloads[i]);
  }
}

// What the API says of single records is checked record by record; and where it makes no sense, once and no more.
void Worker::take_results(RecordBatch records, const http::Answer& answer, MonoTime now) {
  // Of an array of spans the API says nothing one by one.
  const BatchAnswer results = is_spans(records.front().ref.route)
                                  ? BatchAnswer{}
                                  : read_batch_answer(answer.body, answer.body_cut, records.size());
  const std::vector<std::string_view> payloads =
      watched() ? records_in(answer.payload) : std::vector<std::string_view>();
  switch (results.said) {
    case Said::kNothing:
    case Said::kEach:
      break;
    case Said::kConfused:
      batching_->fall_back(cat("its results do not fit the batch of ", records.size(), ": ", describe(answer)));
      if (watched()) {
        show_retried(records, answer);
      }
      for (Record& record : records) {
        go_alone(std::move(record), answer, now);
      }
      return;
  }
  auto refused = results.refused.begin();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool is_refused = refused != results.refused.end() && *refused == i;
    if (i < payloads.size()) {
      show(records[i], is_refused ? Fate::kRetried : Fate::kDelivered, answer, payloads[i]);
    }
    if (is_refused) {
      ++refused;
      go_alone(std::move(records[i]), answer, now);
    } else {
      delivered(records[i]);
    }
  }
}

// All together, after one wait: apart they would come back in small batches. A half stays one. One that has become too
// old, or was tried too often, is tried alone, and given up if that fails too; and one that is overtaken again and
// again goes alone, because the API may fail for one of the batch.
void Worker::retry_batch(InFlightRequest flight, const http::Answer& answer, MonoTime now) {
  const bool refused = is_too_many(answer);
  const std::uint32_t step = refused ? 0 : flight.batch.front().attempts - 1;
  const MonoTime due = now + full_jitter(retry_.initial, retry_.max, step, random_);
  BatchBuilder& builder = builder_of(flight.first());
  RecordBatch half;
  for (Record& record : flight.batch) {
    counters_.retry(answer);
    stuck_.failed(record, code_of(answer), clock_.wall());
    record.alone = !given_up(record, answer).empty() || StuckRecords::is_stuck(record);
    record.attempts -= refused ? 1 : 0;
    if (flight.half && !record.alone) {
      half.push_back(std::move(record));
    } else {
      lane(record).retry_queue.add(std::move(record), due);
    }
  }
  if (!half.empty()) {
    builder.put_half(std::move(half), due);
  }
}

// The batch was refused as a whole: the culprit is in one of its halves. What the API said is about the batch, hence no
// attempt of its records. One may be all that was left of a batch, where others could not be read or are to be posted
// in another way: alone, what is said of it counts.
void Worker::split(RecordBatch records, const http::Answer& answer, MonoTime now) {
  if (records.size() == 1) {
    --records.front().attempts;
    go_alone(std::move(records.front()), answer, now);
    return;
  }
  for (Record& record : records) {
    counters_.retry(answer);
    --record.attempts;
  }
  BatchBuilder& builder = builder_of(records.front());
  const auto middle = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
  builder.put_half({std::make_move_iterator(records.begin()), std::make_move_iterator(middle)}, now);
  builder.put_half({std::make_move_iterator(middle), std::make_move_iterator(records.end())}, now);
}

// A run of refusals has paused delivery. One wrong record in each of the batches may be behind it, hence the probes are
// with records alone: the first good one ends the pause.
void Worker::disperse(RecordBatch records, const http::Answer& answer, MonoTime now) {
  for (Record& record : records) {
    --record.attempts;
    go_alone(std::move(record), answer, now);
  }
}

void Worker::go_alone(Record record, const http::Answer& answer, MonoTime now) {
  counters_.retry(answer);
  record.alone = true;
  lane(record).retry_queue.add(std::move(record), now);
}

}  // namespace respand::delivery
