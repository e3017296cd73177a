// Spool: from settled batches to removed files.

#include <sys/eventfd.h>

#include <algorithm>

#include "ingest/spool.h"
#include "respand/base/text.h"

namespace respand::ingest {

void Spool::settled(std::unique_ptr<journal::Batch> batch, journal::Outcome outcome) noexcept {
  inbox_.with([&](auto& inbox) { inbox.push_back({std::move(batch), outcome}); });
  (void)::eventfd_write(wake_.get(), 1);
}

void Spool::offer(MonoTime now) {
  if (current_) {
    Flight flight = std::move(*current_);
    current_.reset();
    send(std::move(flight), now);
  }
}

void Spool::send(Flight flight, MonoTime now) {
  if (!holds_) {
    holds_ = true;
    floor_ = intake_.hold();
    bound_ = std::max(bound_, floor_);
  } else if (flights_.empty()) {
    bound_ = std::max(bound_, intake_.durable_end());  // Its records come behind all that is durable now.
  }
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
  std::deque<Flight> flights;
  flights.swap(refused_);
  for (Flight& flight : flights) {
    send(std::move(flight), now);
  }
}

void Spool::take_settled(MonoTime now) {
  inbox_.with([this](auto& inbox) { inbox.swap(settled_); });
  for (Settled& settled : settled_) {
    Flight flight = std::move(flights_.front());
    flights_.pop_front();
    switch (settled.outcome) {
      case journal::Outcome::kDurable:
        durable(flight, settled.batch->first_sequence());
        break;
      case journal::Outcome::kStopped:
        journal_stopped_ = true;
        [[fallthrough]];
      case journal::Outcome::kFull:
        flight.batch = std::move(settled.batch);
        refused_.push_back(std::move(flight));
        retry_at_ = journal_stopped_ ? MonoTime::max() : now + kRetryInterval;
        break;
    }
  }
  settled_.clear();
}

void Spool::durable(Flight& flight, Sequence first) {
  Sequence sequence = first;
  double bytes = 0;
  for (const Entry& entry : flight.entries) {
    SpoolFile& file = *entry.file;
    file.taken.add(file.taken.version(), entry.ordinal, entry.crc, sequence);
    bytes += entry.size;
    sequence = sequence.next();
    if (--file.unsettled == 0 && (file.state == SpoolState::kWaiting || file.state == SpoolState::kAgain)) {
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
  sync_removed(now);
}

// Requires: nothing of the file is on its way. kWaiting: its records are durable; kAgain: it is to be read once more.
void Spool::finish_file(SpoolFile& file, MonoTime now) {
  if (file.state == SpoolState::kWaiting && !file.unlinked && directory_.look(file.name).inode != file.id.inode) {
    // Somebody removed or renamed it, or put another file in its place. If it is still there, the listing finds it.
    release(file);
    scan_at_ = now;
    return;
  }
  if (file.state == SpoolState::kWaiting && unchanged(file) && file.rejects && file.rejects->any()) {
    if (auto published = file.rejects->publish(file.name)) {
      log::warning("records of a spool file were refused",
                   {{"file", file.name}, {"kept_in", cat(kRejectedFolder, "/", *published)}});
    } else {
      trouble("refused lines of a spool file can't be kept", file.name, published.error(), now);
      file.state = SpoolState::kAgain;
      file.delay = kTroubleInterval;
    }
  }
  file.rejects.reset();
  // Publishing takes a while: the last look is right before the removal.
  if (file.state == SpoolState::kAgain || !unchanged(file)) {
    put_back(file, now);
  } else if (file.unlinked) {
    count_refused(file);
    stay_a_while(file, now);
  } else if (Status gone = directory_.remove(file.name); gone) {
    file.state = SpoolState::kRemoved;
    removed_.push_back(&file);
  } else {
    trouble("a spool file was taken but can't be removed", file.name, gone.error(), now);
    file.state = SpoolState::kStuck;
  }
}

// Whether nobody has written to the file since it was read; else it is to be read again.
bool Spool::unchanged(SpoolFile& file) {
  if (stamp_of(file.fd.get()) == file.stamp) {
    return true;
  }
  file.state = SpoolState::kAgain;
  file.delay = settings_.settle;
  return false;
}

void Spool::sync_removed(MonoTime now) {
  if (removed_.empty() || (sync_at_ != MonoTime::max() && now < sync_at_)) {
    return;
  }
  if (Status synced = directory_.sync(); !synced) {
    trouble("the spool directory can't be synced", settings_.directory, synced.error(), now);
    sync_at_ = now + kRetryInterval;
    return;
  }
  sync_at_ = MonoTime::max();
  for (SpoolFile* file : removed_) {
    file->unlinked = true;
    count_refused(*file);
    stay_a_while(*file, now);
  }
  removed_.clear();
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

// A writer that had opened the file before it was removed may still write to it: nobody else would ever read that.
void Spool::stay_a_while(SpoolFile& file, MonoTime now) {
  file.state = SpoolState::kLingering;
  file.until = now + settings_.settle;
  lingering_.push_back(&file);
}

void Spool::linger(MonoTime now) {
  for (std::size_t i = 0; i < lingering_.size();) {
    SpoolFile& file = *lingering_[i];
    if (file.until > now) {
      ++i;
      continue;
    }
    const auto stamp = stamp_of(file.fd.get());
    const bool written = stamp && *stamp != file.stamp;
    if (written && active_ != nullptr) {
      ++i;
      continue;
    }
    lingering_.erase(lingering_.begin() + static_cast<std::ptrdiff_t>(i));
    if (written) {
      file.stamp = *stamp;
      file.state = file.taken.empty() ? SpoolState::kTaking : SpoolState::kProving;
      read_from_start(file);
    } else {
      forget(file);
    }
  }
}

// The file is to be read once more, later.
void Spool::put_back(SpoolFile& file, MonoTime now) {
  if (file.unlinked) {
    stay_a_while(file, now);
    file.until = now + file.delay;
    file.stamp = {~0ULL, 0};  // Read it whether it changes or not.
    return;
  }
  file.not_before = now + file.delay;
  if (const SpoolLook look = directory_.look(file.name);
      look.entry == SpoolEntry::kFile && file.delay <= settings_.settle) {
    queue_.seen(file.name, look.stamp, age(look.stamp), now);
  } else {
    queue_.later(file.name, file.delay, now);
  }
  release(file);
}

// Closes the file; what is durable of it stays known.
void Spool::release(SpoolFile& file) {
  file.rejects.reset();
  if (file.taken.empty()) {
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
      intake_.keep_from(Sequence{~0ULL});
    }
  } else if (floor > floor_) {
    floor_ = floor;
    intake_.keep_from(floor);
  }
}

}  // namespace respand::ingest
