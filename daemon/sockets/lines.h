#pragma once
// Lines: the line protocol (docs/protocol.md). Each line is a record, or an array of records. `!ack` as the first line
// asks for acks, `!ack sequences` also for the records' sequence numbers in the journal. io thread only.

#include <cstdint>
#include <memory>

#include "respand/record/frame.h"
#include "sockets/elements.h"
#include "sockets/line_acks.h"
#include "sockets/protocol.h"

namespace respand::sockets {

class Lines final : public Protocol {
 public:
  struct Shared {
    BatchingProducer& producer;
    const encode::Counters& counters;
    Bytes max_record;
  };

  // `shared` and `client` (the connection that owns this) outlive it.
  Lines(const Shared& shared, Submitter& client);

  [[nodiscard]] WaitFor take(std::string_view& input, std::string& out) override;
  void hold() override { current_.hold(std::exchange(given_, {})); }
  [[nodiscard]] WaitFor end(std::string& out) override;
  [[nodiscard]] WaitFor stop(std::string& out) override;
  [[nodiscard]] bool leave(ConnectionState& connection_state) const override;
  void resume(const ConnectionState& connection_state) override;
  void answer(std::string& out) override;
  void committed(const PendingAck& pending, journal::CommitResult outcome) override {
    acks_.committed(pending, outcome);
  }
  [[nodiscard]] Patience::Phase waits_for() const override { return Patience::Phase::kNone; }
  [[nodiscard]] WaitFor time_out(std::string&) override { return WaitFor::kClose; }
  [[nodiscard]] bool over() const override { return acks_.stopped(); }
  [[nodiscard]] bool answers() const override { return acks_.asked(); }
  [[nodiscard]] std::size_t memory() const override { return framer_.memory() + current_.memory(); }
  [[nodiscard]] std::uint64_t completed() const override { return lines_; }
  [[nodiscard]] const encode::Counters& counters() const override { return shared_.counters; }

 private:
  enum class Work : std::uint8_t { kNone, kRecord, kArray };

  void begin(std::string_view line, std::string& out);
  void command(std::string_view line, std::string& out);
  [[nodiscard]] WaitFor work(std::string& out);
  [[nodiscard]] WaitFor take_record(std::string& out);
  [[nodiscard]] WaitFor take_array(std::string& out);
  void line_done();
  void refuse(std::string& out, const record::Refusal& refusal);
  void say(std::string& out, std::string_view reason, std::string_view error, std::uint64_t records = 1);
  [[nodiscard]] WaitFor last_answers();
  [[nodiscard]] BatchingProducer::Origin origin() const { return {&client_, acks_.asked(), &shared_.counters, lines_}; }

  const Shared& shared_;
  Submitter& client_;
  record::LineFramer framer_;
  std::string_view given_;           // the input of take(), until hold()
  HeldText current_;                 // the line that is being worked on
  std::unique_ptr<Elements> array_;  // made for the first array line
  Work work_ = Work::kNone;
  bool first_line_ = true;
  bool ended_ = false;
  std::uint64_t lines_ = 0;  // lines begun after !ack; blank lines do not count
  LineAcks acks_;
};

}  // namespace respand::sockets
