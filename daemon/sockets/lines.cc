#include "sockets/lines.h"

#include "respand/base/log.h"
#include "sockets/answers.h"

namespace respand::sockets {
namespace {

constexpr std::string_view kBlank = " \t\r";
// How much memory a connection without an unfinished line may keep.
constexpr std::size_t kIdleMemory = 4 * 1024;

bool blank(std::string_view line) { return line.find_first_not_of(kBlank) == std::string_view::npos; }

}  // namespace

Lines::Lines(const Shared& shared, Submitter& client) : shared_(shared), client_(client), framer_(shared.max_record) {}

// Frames line after line and works on each. Returns where it needs something from outside.
WaitFor Lines::take(std::string_view& input, std::string& out) {
  given_ = input;
  for (;;) {
    if (acks_.stopped()) {
      return WaitFor::kClose;
    }
    if (work_ != Work::kNone) {
      if (const WaitFor waits_for = work(out); waits_for != WaitFor::kInput) {
        return waits_for;
      }
    }
    if (out.size() >= kOutputLimit) {
      return WaitFor::kDrain;
    }
    if (acks_.far_ahead()) {
      return WaitFor::kCommit;
    }
    switch (framer_.next(input)) {
      case record::Frame::kNone:
        if (!framer_.in_line() && framer_.memory() > kIdleMemory) {
          framer_ = record::LineFramer(shared_.max_record, false);
        }
        return WaitFor::kInput;
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
        break;  // A LineFramer never returns this.
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
    acks_.begin(line != "!ack");
    return;
  }
  first_line_ = false;
  ++lines_;
  shared_.counters.received.add();
  shared_.counters.rejected_request.add();
  say(out, "bad_request",
      line == "!ack" ? "!ack must be the first line" : "no such command: only !ack, as the first line, is known");
}

WaitFor Lines::work(std::string& out) {
  const WaitFor waits_for = work_ == Work::kRecord ? take_record(out) : take_array(out);
  if (waits_for == WaitFor::kInput) {
    work_ = Work::kNone;
    current_.clear();
  }
  return waits_for;
}

WaitFor Lines::take_record(std::string& out) {
  using Result = BatchingProducer::Submission::Result;
  const BatchingProducer::Submission submission = shared_.producer.submit(origin(), current_.view());
  switch (submission.result) {
    case Result::kWait:
      return WaitFor::kRoom;
    case Result::kTaken:
      acks_.expect(submission.opens_ack ? 1 : 0);
      line_done();
      break;
    case Result::kFull:
      say(out, "journal_full", kFullMessage);
      break;
    case Result::kRefused:
      say(out, name_of(submission.refusal.reason), submission.refusal.message);
      break;
  }
  return WaitFor::kInput;
}

WaitFor Lines::take_array(std::string& out) {
  const std::uint64_t before = array_->marks();
  const WaitFor waits_for = array_->step(current_.view(), shared_.producer, origin());
  acks_.expect(array_->marks() - before);
  if (waits_for != WaitFor::kInput) {
    return waits_for;
  }
  if (array_->refused() + array_->refused_full() > 0) {
    say(out, array_->refused() > 0 ? "bad_elements" : "journal_full", describe(*array_),
        array_->refused() + array_->refused_full());
  }
  line_done();
  return WaitFor::kInput;
}

void Lines::line_done() {
  if (acks_.asked()) {
    shared_.producer.complete(&client_, lines_);
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
  if (acks_.asked()) {
    put_line_error(out, lines_, error);
  }
}

WaitFor Lines::end(std::string& out) {
  if (!ended_) {
    ended_ = true;
    if (framer_.finish() == record::Frame::kComplete) {
      begin(framer_.frame(), out);
    }
  }
  if (work_ != Work::kNone) {
    if (const WaitFor waits_for = work(out); waits_for != WaitFor::kInput) {
      return waits_for;
    }
  }
  return last_answers();
}

WaitFor Lines::stop(std::string&) {
  ended_ = true;
  return last_answers();
}

// A line that waits for room is put in front of the rest of the input, and begun again by the next process.
bool Lines::leave(ConnectionState& connection_state) const {
  if (ended_ || !acks_.can_leave() || (work_ == Work::kArray && !array_->untouched())) {
    return false;
  }
  connection_state.speaks = Speaks::kLines;
  acks_.leave(connection_state);
  connection_state.first_line = first_line_;
  connection_state.discarding = framer_.discarding();
  connection_state.lines = work_ == Work::kNone ? lines_ : lines_ - 1;
  if (work_ != Work::kNone) {
    connection_state.input.append(current_.view()).append("\n");
  }
  connection_state.input.append(framer_.partial());
  return true;
}

void Lines::resume(const ConnectionState& connection_state) {
  acks_.resume(connection_state);
  first_line_ = connection_state.first_line;
  framer_ = record::LineFramer(shared_.max_record, first_line_);
  lines_ = connection_state.lines;
  if (connection_state.discarding) {
    framer_.discard();
  }
}

// With acks the connection stays until the last ack is in the output.
WaitFor Lines::last_answers() {
  return acks_.asked() && !acks_.stopped() && acks_.pending() ? WaitFor::kCommit : WaitFor::kClose;
}

void Lines::answer(std::string& out) { acks_.answer(out, lines_, work_ != Work::kNone, ended_); }

}  // namespace respand::sockets
