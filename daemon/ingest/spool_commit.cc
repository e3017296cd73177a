// Spool: from committed batches to finished files.

#include <sys/eventfd.h>

#include <algorithm>

#include "ingest/spool.h"
#include "respand/base/text.h"

namespace respand::ingest {

void Spool::committed(std::unique_ptr<journal::Batch> batch, journal::CommitResult outcome) noexcept {
  inbox_.with([&](auto& inbox) { inbox.push_back({std::move(batch), outcome}); });
  (void)::eventfd_write(wake_.get(), 1);
}

void Spool::offer(MonoTime now) {
  if (current_) {
    InFlightBatch flight = std::move(*current_);
    current_.reset();
    send(std::move(flight), now);
  }
}

void Spool::send(InFlightBatch flight, MonoTime now) {
  if (!holds_) {
    holds_ = true;
    floor_ = evidence_.hold();
    bound_ = std::max(bound_, floor_);
  } else if (flights_.empty()) {
    bound_ = std::max(bound_, intake_.durable_end());  // Its records come behind all that is durable now.
  }
  flight.batch->set_awaited(false);
  if (intake_.offer(flight.batch)) {
    flights_.push_back(std::move(flight));
  } else {
    refused_.push_back(std::move(flight));
    retry_at_ = now + kRetryInterval;
  }
}

void Spool::offer_refused(MonoTime now) {
  if (refused_.empty() || now < retry_at_ || journal_stopped_) {
    return;
  }
  if (!intake_.accepting()) {
    retry_at_ = now + kRetryInterval;
    return;
  }
  retry_at_ = MonoTime::max();
  std::deque<InFlightBatch> flights;
  flights.swap(refused_);
  for (InFlightBatch& flight : flights) {
    send(std::move(flight), now);
  }
}

void Spool::take_committed(MonoTime now) {
  inbox_.with([this](auto& inbox) { inbox.swap(committed_); });
  for (CommittedBatch& committed : committed_) {
    InFlightBatch flight = std::move(flights_.front());
    flights_.pop_front();
    switch (committed.outcome) {
      case journal::CommitResult::kDurable:
        durable(flight, committed.batch->first_sequence());
        break;
      case journal::CommitResult::kStopped:
        journal_stopped_ = true;
        [[fallthrough]];
      case journal::CommitResult::kFull:
        flight.batch = std::move(committed.batch);
        refused_.push_back(std::move(flight));
        retry_at_ = journal_stopped_ ? MonoTime::max() : now + kRetryInterval;
        break;
    }
  }
  committed_.clear();
}

void Spool::durable(InFlightBatch& flight, Sequence first) {
  Sequence sequence = first;
  double bytes = 0;
  for (const Entry& entry : flight.entries) {
    SpoolFile& file = *entry.file;
    file.taken.add(file.taken.version(), entry.ordinal, entry.crc, sequence);
    bytes += entry.size;
    sequence = sequence.next();
    if (--file.uncommitted == 0 && (file.state == SpoolState::kWaiting || file.state == SpoolState::kAgain)) {
      done_.push_back(&file);
    }
  }
  bound_ = std::max(bound_, sequence);
  bytes_ -= flight.bytes;
  counters_.received.add(static_cast<double>(flight.entries.size()));
  counters_.bytes.add(bytes);
}

void Spool::finish(MonoTime now) {
  std::vector<SpoolFile*> done;
  done.swap(done_);
  for (SpoolFile* file : done) {
    finish_file(*file, now);
  }
  call_put_off(now);
  sync_removed(now);
}

void Spool::count_refused(const SpoolFile& file) {
  double all = 0;
  for (std::size_t reason = 0; reason < file.refused.size(); ++reason) {
    const auto n = static_cast<double>(file.refused[reason]);
    counters_.rejected(static_cast<record::Reason>(reason), n);
    all += n;
  }
  counters_.received.add(all);
  counters_.bytes.add(static_cast<double>(file.refused_bytes));
}

// The file is to be read once more, later.
void Spool::put_back(SpoolFile& file, MonoTime now) {
  if (file.unlinked) {
    stay_a_while(file, now);
    file.until = now + file.delay;
    file.stamp = {~0ULL, 0};  // Read it whether it changes or not.
    return;
  }
  if (file.put_off) {
    put_off_.insert(file.name);
    queue_.later(file.name, file.delay, now);  // at the latest
    release(file);
    return;
  }
  file.not_before = now + file.delay;
  if (const SpoolLook look = directory_.look(file.name);
      look.entry == SpoolEntry::kFile && file.delay <= settings_.quiet_period) {
    queue_.seen(file.name, look.stamp, age(look.stamp), now);
  } else {
    queue_.later(file.name, file.delay, now);
  }
  release(file);
}

// Closes the file; what is durable of it stays known.
void Spool::release(SpoolFile& file) {
  file.rejects.reset();
  if (file.taken.empty() && !file.whole && !file.unkept) {
    forget(file);
    return;
  }
  file.fd.reset();
  --open_;
  file.state = SpoolState::kKnown;
}

void Spool::forget(SpoolFile& file) {
  open_ -= file.fd ? 1U : 0U;
  files_.erase(SpoolFileId(file.id));
}

// What the journal must keep: the records of files that are not removed yet, and all that is still on its way.
void Spool::raise_floor() {
  bool needed = !flights_.empty() || !refused_.empty() || current_;
  Sequence floor = needed ? bound_ : std::max(bound_, intake_.durable_end());
  for (const auto& [id, file] : files_) {
    if (!file.unlinked && !file.taken.empty()) {
      needed = true;
      floor = std::min(floor, file.taken.lowest());
    }
  }
  if (!needed) {
    if (holds_) {
      holds_ = false;
      evidence_.keep_from(Sequence{~0ULL});
    }
  } else if (floor > floor_) {
    floor_ = floor;
    evidence_.keep_from(floor);
  }
}

}  // namespace respand::ingest
