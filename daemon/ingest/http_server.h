#pragma once
// The HTTP protocol (contract, section 4): POST of one record or an array, answered when it is durable. One request at
// a time; what a client pipelines waits its turn. io thread only.

#include <cstdint>
#include <string>

#include "ingest/elements.h"
#include "ingest/http_request.h"
#include "ingest/protocol.h"

namespace respand::ingest {

class HttpServer final : public Protocol {
 public:
  struct Shared {
    Door& door;
    const Counters& counters;
    Bytes max_record;
  };

  // `shared` and `client` (the connection that owns this) outlive it.
  HttpServer(const Shared& shared, Client& client);

  [[nodiscard]] Need take(std::string_view& input, std::string& out) override;
  void hold() override { body_.hold(std::exchange(given_, {})); }
  [[nodiscard]] Need end(std::string& out) override;
  [[nodiscard]] Need stop(std::string& out) override;
  [[nodiscard]] bool leave(Baton& baton) const override;
  void resume(const Baton&) override {}  // A request that was begun is read anew.
  void answer(std::string&) override {}
  void settled(const Mark& mark, journal::Outcome outcome) override;
  [[nodiscard]] Patience::Phase waits_for() const override {
    return reader_.in_request() ? Patience::Phase::kRequest : Patience::Phase::kNext;
  }
  [[nodiscard]] Need time_out(std::string& out) override;
  [[nodiscard]] bool over() const override { return false; }  // It says so in its answer.
  [[nodiscard]] std::size_t memory() const override { return reader_.memory() + body_.memory(); }
  [[nodiscard]] std::uint64_t completed() const override { return completed_; }
  [[nodiscard]] const Counters& counters() const override { return shared_.counters; }

 private:
  enum class State : std::uint8_t { kRead, kWork, kSettle, kRefused, kLeaving };

  [[nodiscard]] Need read(std::string_view& input, std::string& out);
  void judge_head(std::string& out);
  void begin_body();
  void put_answer(std::string& out);
  void reply(std::string& out, unsigned status, std::string_view headers, std::string_view body);
  void refuse(unsigned status, std::string_view headers, std::string body);

  const Shared& shared_;
  Client& client_;
  HttpRequestReader reader_;
  Elements elements_;
  std::string_view given_;
  HeldText body_;
  State state_ = State::kRead;
  bool closes_ = false;  // the answer to this request is the last one
  std::uint64_t request_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t marks_ = 0;  // on their way
  std::uint64_t full_ = 0;   // records of this request that the journal refused
  std::uint64_t stopped_ = 0;
  // A request that is refused for its headers or structure: what is said once its body has gone by.
  unsigned refusal_ = 0;
  std::string_view refusal_headers_;
  std::string refusal_body_;
};

}  // namespace respand::ingest
