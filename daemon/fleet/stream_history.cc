#include "fleet/stream_history.h"

#include <algorithm>
#include <utility>

#include "respand/base/text.h"

namespace respand::fleet {

StreamHistory::StreamHistory(std::uint64_t journal, std::string stream, Keeps keeps, const std::string& folder,
                             fs::FileSystem& fs, const Clock& clock)
    : stream_(std::move(stream)), keeps_(keeps), clock_(clock), file_(folder, "borders", Borders::kMagic, fs) {
  const auto content = file_.read();
  auto found = content ? Borders::decode(*content) : std::nullopt;
  if ((content && !found) || (!content && content.error().code != ErrorCode::kNotFound)) {
    log::warning("what was published before can't be read: it is published again, and relays drop what they have",
                 {{"file", file_.path()}, {"why", content ? std::string("damaged") : content.error().message}});
  }
  if (found && found->journal == journal) {
    borders_ = std::move(*found);
  }
  borders_.journal = journal;
  if (borders_.stream_lost) {
    lost_how_ = "seen before the last start";
  }
  if (borders_.republishes && keeps_ == Keeps::kNo) {
    borders_.republishes = false;  // nats.keep was turned off meanwhile
    borders_.not_whole = true;
  }
}

void StreamHistory::write(std::vector<SequenceSet> batches) {
  borders_.batches = std::move(batches);
  save(StateFile::Durable::kNo);
}

void StreamHistory::look_at(const nats::StreamInfo& info, StreamMark mark) {
  if (info.created.empty()) {
    return;
  }
  const std::string created = printable(info.created, 60);
  if (borders_.stream_created.empty()) {
    borders_.stream_created = created;
    save(StateFile::Durable::kYes);
  }
  if (borders_.stream_created != created) {
    const std::string before = std::exchange(borders_.stream_created, created);
    lose(cat("it was made anew at ", created, "; the one before was made at ", before), info.last_sequence);
  } else if (mark.losses == losses_ && info.last_sequence < mark.sequence) {
    lose(cat("its last message is ", info.last_sequence, ", but it had acknowledged ", mark.sequence),
         info.last_sequence);
  }
}

// A duplicate has the sequence of its first copy. A message that was published before a loss was seen tells nothing
// new.
void StreamHistory::stored(const nats::PubAck& ack, StreamMark mark) {
  if (ack.duplicate || mark.losses != losses_) {
    return;
  }
  if (ack.sequence <= mark.sequence) {
    borders_.stream_created.clear();  // It may be another one; what STREAM.INFO says next is no second loss.
    lose(cat("a new message got the number ", ack.sequence, ", but it had acknowledged ", mark.sequence), ack.sequence);
    return;
  }
  borders_.stream_sequence = std::max(borders_.stream_sequence, ack.sequence);
}

void StreamHistory::confirm_loss() {
  if (borders_.stream_lost) {
    borders_.stream_lost = false;
    lost_how_.clear();
    save(StateFile::Durable::kYes);
    log::info("the loss of the NATS stream is confirmed", {{"stream", stream_}});
  }
}

void StreamHistory::republished(bool whole) {
  borders_.republishes = false;
  borders_.not_whole = borders_.not_whole || !whole;
  save(StateFile::Durable::kYes);
}

void StreamHistory::republish_more() {
  borders_.republishes = true;
  save(StateFile::Durable::kYes);
}

void StreamHistory::lose(std::string how, std::uint64_t begin_again) {
  const std::uint64_t acknowledged = std::exchange(borders_.stream_sequence, begin_again);
  const bool keeps = keeps_ == Keeps::kYes;
  ++losses_;
  borders_.republishes = keeps;
  borders_.not_whole = !keeps || (borders_.stream_lost && borders_.not_whole);
  borders_.stream_lost = true;
  lost_how_ = std::move(how);
  log::error(keeps ? "the NATS stream was lost: what it had acknowledged and no relay had taken is published again, as "
                     "far as this edge has kept it. Find out why (docs/fleet.md), then `respand reload` confirms it"
                   : "the NATS stream was lost: what it had acknowledged and no relay had taken is gone. Find out why "
                     "(docs/fleet.md), then `respand reload` confirms it",
             {{"stream", stream_}, {"how", lost_how_}, {"acknowledged", acknowledged}});
  save(StateFile::Durable::kYes);
}

void StreamHistory::save(StateFile::Durable durable) {
  const Status written = file_.write(borders_.encode(), durable);
  if (!written && failures_.open(clock_.mono())) {
    log::warning(
        "what is being published can't be written down: after a kill -9 it may reach the stream twice, and relays drop "
        "the second copy",
        {{"file", file_.path()}, {"why", written.error().message}});
  }
}

}  // namespace respand::fleet
