#include "ingest/lines.h"

#include "ingest/answers.h"
#include "respand/base/log.h"

namespace respand::ingest {
namespace {

constexpr std::string_view kBlank = " \t\r";
// What a connection without an unfinished line may keep of the memory that the last one took.
constexpr std::size_t kIdleMemory = 4 * 1024;

bool blank(std::string_view line) { return line.find_first_not_of(kBlank) == std::string_view::npos; }

}  // namespace

Lines::Lines(const Shared& shared, Client& client) : shared_(shared), client_(client), framer_(shared.max_record) {}

Need Lines::take(std::string_view& input, std::string& out) {
  given_ = input;
  for (;;) {
    if (stopped_) {
      return Need::kClose;
    }
    if (work_ != Work::kNone) {
      if (const Need need = work(out); need != Need::kInput) {
        return need;
      }
    }
    if (out.size() >= kOutputLimit) {
      return Need::kDrain;
    }
    switch (framer_.next(input)) {
      case record::Frame::kNone:
        if (!framer_.in_line() && framer_.memory() > kIdleMemory) {
          framer_ = record::LineFramer(shared_.max_record, false);
        }
        return Need::kInput;
      case record::Frame::kComplete:
        begin(framer_.frame(), out);
        break;
      case record::Frame::kTooLarge:
        first_line_ = false;
        ++lines_;
        refuse(out, {record::Reason::kTooLarge, static_cast<std::size_t>(shared_.max_record.value),
                     over_the_limit(shared_.max_record)});
        break;
      case record::Frame::kBroken:
        break;  // Not said by a LineFramer.
    }
  }
}

void Lines::begin(std::string_view line, std::string& out) {
  if (blank(line)) {
    return;
  }
  if (line.front() == '!') {
    command(line, out);
    return;
  }
  first_line_ = false;
  ++lines_;
  current_.set(line);
  if (line[line.find_first_not_of(kBlank)] != '[') {
    work_ = Work::kRecord;
    return;
  }
  if (array_ == nullptr) {
    array_ = std::make_unique<Elements>(shared_.max_record);
  }
  if (const auto broken = array_->begin(line)) {
    refuse(out, *broken);
    return;
  }
  work_ = Work::kArray;
}

void Lines::command(std::string_view line, std::string& out) {
  if ((line == "!ack" || line == "!ack sequences") && first_line_) {
    first_line_ = false;
    acks_ = true;
    numbered_ = line != "!ack";
    return;
  }
  first_line_ = false;
  ++lines_;
  shared_.counters.received.add();
  shared_.counters.rejected_request.add();
  say(out, "bad_request",
      line == "!ack" ? "!ack must be the first line" : "no such command: only !ack, as the first line, is known");
}

Need Lines::work(std::string& out) {
  const Need need = work_ == Work::kRecord ? take_record(out) : take_array(out);
  if (need == Need::kInput) {
    work_ = Work::kNone;
    current_.clear();
  }
  return need;
}

Need Lines::take_record(std::string& out) {
  const std::string_view line = current_.view();
  if (!shared_.door.accepting()) {
    shared_.counters.received.add();
    shared_.counters.rejected_full.add();
    say(out, "journal_full", kFullMessage);
    return Need::kInput;
  }
  if (!shared_.door.admits(&client_, line.size())) {
    return Need::kRoom;
  }
  const record::Checked checked = shared_.door.check(line);
  if (!checked.ok) {
    refuse(out, checked.refusal);
    return Need::kInput;
  }
  if (shared_.door.append(origin(), line, checked.facts) && acks_) {
    ++marks_;
  }
  line_done();
  return Need::kInput;
}

Need Lines::take_array(std::string& out) {
  const std::uint64_t before = array_->marks();
  const Need need = array_->step(current_.view(), shared_.door, origin());
  marks_ += acks_ ? array_->marks() - before : 0;
  if (need != Need::kInput) {
    return need;
  }
  if (array_->refused() + array_->refused_full() > 0) {
    say(out, array_->refused() > 0 ? "bad_elements" : "journal_full", describe(*array_),
        array_->refused() + array_->refused_full());
  }
  line_done();
  return Need::kInput;
}

void Lines::line_done() {
  if (acks_) {
    shared_.door.complete(&client_, lines_);
  }
}

void Lines::refuse(std::string& out, const record::Refusal& refusal) {
  shared_.counters.received.add();
  shared_.counters.rejected(refusal.reason);
  say(out, name_of(refusal.reason), refusal.message);
}

void Lines::say(std::string& out, std::string_view reason, std::string_view error, std::uint64_t records) {
  client_.count_refused(records);
  log::warning("record refused", {{"input", shared_.counters.input},
                                  {"reason", reason},
                                  {"why", error},
                                  {"line", lines_},
                                  {"uid", client_.uid()}});
  if (acks_) {
    put_line_error(out, lines_, error);
  }
}

Need Lines::end(std::string& out) {
  if (!ended_) {
    ended_ = true;
    if (framer_.finish() == record::Frame::kComplete) {
      begin(framer_.frame(), out);
    }
  }
  if (work_ != Work::kNone) {
    if (const Need need = work(out); need != Need::kInput) {
      return need;
    }
  }
  return last_answers();
}

Need Lines::stop(std::string&) {
  ended_ = true;
  return last_answers();
}

// A line that waits for room is begun anew.
bool Lines::leave(Baton& baton) const {
  if (stopped_ || ended_ || marks_ > 0 || numbered_ || (work_ == Work::kArray && !array_->untouched()) ||
      full_.size() > kMostRuns) {
    return false;
  }
  baton.speaks = Speaks::kLines;
  baton.acks = acks_;
  baton.first_line = first_line_;
  baton.discarding = framer_.discarding();
  baton.lines = work_ == Work::kNone ? lines_ : lines_ - 1;
  baton.told = told_;
  baton.refused.assign(full_.begin(), full_.end());
  if (work_ != Work::kNone) {
    baton.input.append(current_.view()).append("\n");
  }
  baton.input.append(framer_.partial());
  return true;
}

void Lines::resume(const Baton& baton) {
  acks_ = baton.acks;
  first_line_ = baton.first_line;
  framer_ = record::LineFramer(shared_.max_record, first_line_);
  lines_ = settled_ = baton.lines;
  told_ = baton.told;
  full_.assign(baton.refused.begin(), baton.refused.end());
  full_through_ = full_.empty() ? 0 : full_.back().last;
  if (baton.discarding) {
    framer_.discard();
  }
}

// With acks the connection stays until the last of them is in the output.
Need Lines::last_answers() { return acks_ && !stopped_ && marks_ > 0 ? Need::kSettle : Need::kClose; }

void Lines::settled(const Mark& mark, journal::Outcome outcome) {
  --marks_;
  switch (outcome) {
    case journal::Outcome::kDurable:
      if (numbered_) {
        numbers_.push_back({mark.first, mark.sequence, mark.records});
      }
      break;
    case journal::Outcome::kFull:
      // An array line whose records are spread over several batches is named once.
      if (mark.last > full_through_) {
        const std::uint64_t first = std::max(mark.first, full_through_ + 1);
        if (!full_.empty() && full_.back().last + 1 == first) {
          full_.back().last = mark.last;
        } else {
          full_.push_back({first, mark.last});
        }
        full_through_ = mark.last;
      }
      break;
    case journal::Outcome::kStopped:
      stopped_ = true;
      break;
  }
  if (!stopped_) {
    settled_ = std::max(settled_, mark.through);
  }
}

void Lines::answer(std::string& out) {
  if (!acks_) {
    return;
  }
  while (!full_.empty() && out.size() < kOutputLimit) {
    Run& run = full_.front();
    put_line_error(out, run.first, kFullMessage);
    if (run.first++ == run.last) {
      full_.pop_front();
    }
  }
  while (!numbers_.empty() && out.size() < kOutputLimit) {
    put_numbers(out, numbers_.front().line, numbers_.front().sequence.value, numbers_.front().records);
    numbers_.pop_front();
  }
  if (!full_.empty() || !numbers_.empty() || stopped_) {
    return;
  }
  if (marks_ == 0 && work_ == Work::kNone) {
    settled_ = lines_;
  }
  const bool last_word = ended_ && marks_ == 0 && !answered_;
  if (settled_ > told_ || last_word) {
    put_durable(out, settled_);
    told_ = settled_;
    answered_ = true;
  }
}

}  // namespace respand::ingest
