// The line protocol without its sockets: what the journal gets and what the writer is told do not depend on how the
// bytes are cut, nor on whether another process goes on at a cut; every line is answered for, once, and none is said to
// be durable before it was acknowledged.

#include <boost/asio/io_context.hpp>
#include <deque>
#include <set>

#include "journal/format.h"
#include "respand/base/log.h"
#include "respand/base/text.h"
#include "sockets/lines.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/strict_json.h"

namespace respand::fuzz {
namespace {

using journal::CommitResult;
using sockets::BatchingProducer;
using sockets::WaitFor;

class Intake final : public journal::JournalWriter {
 public:
  [[nodiscard]] bool offer(std::unique_ptr<journal::Batch>& batch) noexcept override {
    batches.push_back(std::move(batch));
    return true;
  }
  [[nodiscard]] bool accepting() const noexcept override { return true; }
  [[nodiscard]] Sequence durable_end() const noexcept override { return {}; }

  void complete(CommitResult outcome) {
    auto batch = std::move(batches.front());
    batches.pop_front();
    if (outcome == CommitResult::kDurable) {
      note_payloads(*batch);
    }
    journal::Producer& producer = batch->producer();
    producer.committed(std::move(batch), outcome);
  }

  std::deque<std::unique_ptr<journal::Batch>> batches;
  std::vector<std::string> durable;

 private:
  void note_payloads(journal::Batch& batch) {
    const auto bytes = batch.encoded();
    for (std::size_t at = 0; at < bytes.size();) {
      const journal::RecordHeader header = journal::decode_record(bytes.data() + at);
      const auto* const begin = reinterpret_cast<const char*>(bytes.data() + at + journal::RecordHeader::kSize);
      durable.emplace_back(begin + header.attributes, header.length - header.attributes);
      at += journal::record_extent(header.length);
    }
  }
};

struct Heard {
  std::vector<std::string> durable{};                         // payloads, in order
  std::set<std::pair<std::uint64_t, std::string>> refused{};  // line and error
  std::uint64_t told = 0;                                     // the last {"durable":N}
  bool spoke = false;
  friend bool operator==(const Heard&, const Heard&) = default;
};

// One connection: does what connection.cc does around a protocol.
class Connection final : public sockets::Submitter {
 public:
  Connection(Bytes max_record, Random* refusing)
      : counters_(registry_, encode::kInputSocket),
        producer_(loop_, settings(max_record), intake_, clock_, 1),
        shared_{producer_, counters_, max_record},
        lines_(std::make_unique<sockets::Lines>(shared_, *this)),
        refusing_(refusing) {
    claim(producer_.start().has_value(), "the door opens");
  }
  ~Connection() override {
    while (!producer_.idle()) {
      complete();
    }
  }

  void on_committed(const sockets::PendingAck& mark, CommitResult outcome) override {
    lines_->committed(mark, outcome);
  }
  void on_news() override { listen(); }
  void on_room() override {}

  // With `hands_over` as often as it can between two pieces.
  Heard read(const std::vector<std::string_view>& pieces, bool hands_over) {
    for (const std::string_view piece : pieces) {
      take(hands_over ? hand_over() + std::string(piece) : std::string(piece));
      turn();
    }
    for (WaitFor waits_for = lines_->end(out_); waits_for != WaitFor::kClose; waits_for = lines_->end(out_)) {
      wait_for(waits_for);
    }
    listen();
    while (!producer_.idle()) {
      complete();
    }
    listen();
    heard_.durable = intake_.durable;
    return heard_;
  }

 private:
  static BatchingProducer::Settings settings(Bytes max_record) {
    BatchingProducer::Settings settings;
    settings.encoder.max_record = max_record;
    settings.encoder.additions = {false, false, false};
    settings.max_bytes = 2048;
    settings.max_batches = 3;
    return settings;
  }

  // Another Lines goes on, as in the next process. What it is to be given first.
  std::string hand_over() {
    listen();
    sockets::ConnectionState connection_state{.cookie = 1};
    if (!lines_->leave(connection_state)) {
      return {};
    }
    std::string bytes;
    put(bytes, connection_state);
    claim(sockets::parse_connection_state(bytes) == connection_state, "what is handed over is read as it was written");
    lines_ = std::make_unique<sockets::Lines>(shared_, *this);
    lines_->resume(connection_state);
    return connection_state.input;
  }

  void take(std::string_view piece) {
    auto block = std::make_unique<Block>(piece);
    std::string_view input = block->view();
    for (WaitFor waits_for = lines_->take(input, out_);; waits_for = lines_->take(input, out_)) {
      lines_->hold();
      block = std::make_unique<Block>(std::string(input));  // what is left moves, as in a connection
      input = block->view();
      listen();
      if (waits_for == WaitFor::kInput) {
        claim(input.empty(), "all input is taken");
        return;
      }
      wait_for(waits_for);
    }
  }

  void wait_for(WaitFor waits_for) {
    switch (waits_for) {
      case WaitFor::kRoom:
      case WaitFor::kCommit:
        turn();
        complete();
        break;
      case WaitFor::kTurn:
      case WaitFor::kDrain:
        listen();
        turn();
        break;
      case WaitFor::kInput:
      case WaitFor::kClose:
      case WaitFor::kLinger:
        claim(false, "no such need here");
    }
  }

  void turn() {
    loop_.restart();
    loop_.poll();
  }

  void complete() {
    turn();
    claim(!intake_.batches.empty(), "what is waited for is on its way");
    intake_.complete(refusing_ != nullptr && refusing_->below(2) == 0 ? CommitResult::kFull : CommitResult::kDurable);
    turn();
  }

  // Reads what the connection has said.
  void listen() {
    lines_->answer(out_);
    std::string_view said = out_;
    while (!said.empty()) {
      const std::size_t end = said.find('\n');
      claim(end != std::string_view::npos, "answers are lines");
      hear(said.substr(0, end));
      said.remove_prefix(end + 1);
    }
    out_.clear();
  }

  void hear(std::string_view line) {
    const auto answer = parse_strictly(line);
    claim(answer && !answer->members.empty(), "an answer is a JSON object");
    const Member& first = answer->members[0];
    const std::uint64_t number = std::stoull(std::string(first.value));
    heard_.spoke = true;
    if (first.name == "durable") {
      claim(number >= heard_.told && (number > heard_.told || number == 0 || answer->members.size() == 1),
            "it goes up");
      heard_.told = number;
      return;
    }
    claim(first.name == "line" && answer->members.size() == 2 && answer->members[1].name == "error", "or a refusal");
    claim(number > heard_.told, "a line is refused before it is committed");
    // An array line of which some elements were bad is named again where the journal then refuses the others.
    claim(heard_.refused.emplace(number, answer->members[1].value).second, "a line is refused once for a reason");
  }

  boost::asio::io_context loop_;
  const ManualClock clock_;
  metrics::Registry registry_;
  Intake intake_;
  const encode::Counters counters_;
  BatchingProducer producer_;
  const sockets::Lines::Shared shared_;
  std::unique_ptr<sockets::Lines> lines_;
  Random* const refusing_;
  std::string out_;
  Heard heard_;
};

Heard read(const std::vector<std::string_view>& pieces, Bytes max_record, Random* refusing = nullptr,
           bool hands_over = false) {
  return std::make_shared<Connection>(max_record, refusing)->read(pieces, hands_over);
}

// Lines that count; 0 where no answers were asked for.
std::uint64_t lines_to_answer(std::string_view text) {
  bool asked = false;
  std::uint64_t lines = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      continue;
    }
    if (!asked && (line == "!ack" || line == "!ack\r")) {
      asked = true;
      continue;
    }
    if (!asked) {
      return 0;
    }
    ++lines;
  }
  return lines;
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  log::set_level(log::Level::kError);
  const std::string_view text = text_of(data, size);
  SeededRandom random(seed_of(text));
  const Bytes limit{16 + random.below(200)};
  const Heard whole = read({text}, limit);
  claim(whole.told == lines_to_answer(text), "the last answer covers every line");
  for (const std::string& payload : whole.durable) {
    claim(payload.size() <= limit.value && parse_strictly(payload).has_value(), "only records reach the journal");
  }
  claim(read(pieces_of(text, 1, random), limit) == whole, "cuts change nothing");
  claim(read(pieces_of(text, 30, random), limit) == whole, "cuts change nothing");
  claim(read(pieces_of(text, 1, random), limit, nullptr, true) == whole, "a hand-over changes nothing");
  claim(read(pieces_of(text, 30, random), limit, nullptr, true) == whole, "a hand-over changes nothing");
  const Heard refused = read(pieces_of(text, 30, random), limit, &random);
  claim(refused.told == whole.told, "what the journal refuses is answered for too");
  return 0;
}
