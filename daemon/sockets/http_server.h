#pragma once
// HttpServer: the HTTP protocol (docs/protocol.md). A POST to one of the routes (http_routes.h) is answered when its
// records are durable. One request at a time; pipelined requests wait for their turn. io thread only.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "respand/http1/request_reader.h"
#include "sockets/elements.h"
#include "sockets/http_body.h"
#include "sockets/http_desk.h"
#include "sockets/http_head.h"
#include "sockets/http_reads.h"
#include "sockets/http_replies.h"
#include "sockets/protocol.h"

namespace respand::sockets {

class HttpServer final : public Protocol {
 public:
  using Shared = HttpShared;
  using Reach = HttpReach;

  // `shared` and `client` (the connection that owns this) outlive it.
  HttpServer(const Shared& shared, Submitter& client, Reach reach);

  [[nodiscard]] WaitFor take(std::string_view& input, std::string& out) override;
  void hold() override { body_.hold(); }
  [[nodiscard]] WaitFor end(std::string& out) override;
  [[nodiscard]] WaitFor stop(std::string& out) override;
  [[nodiscard]] bool leave(ConnectionState& connection_state) const override;
  void resume(const ConnectionState&) override {}  // A request that was begun is part of the input, and read again.
  void answer(std::string&) override {}
  void committed(const PendingAck& pending, journal::CommitResult outcome) override;
  [[nodiscard]] Patience::Phase waits_for() const override {
    return reader_.in_request() ? Patience::Phase::kRequest : Patience::Phase::kNext;
  }
  [[nodiscard]] WaitFor time_out(std::string& out) override;
  [[nodiscard]] bool over() const override { return false; }  // The answer to the next request says so (503).
  [[nodiscard]] std::size_t memory() const override { return reader_.memory() + body_.memory(); }
  [[nodiscard]] std::uint64_t completed() const override { return counts_.answered; }
  [[nodiscard]] const encode::Counters& counters() const override { return shared_.counters; }

 private:
  enum class State : std::uint8_t { kRead, kWork, kCommit, kAsked, kRefused, kLeaving };
  struct Counts {
    std::uint64_t requests = 0;  // begun
    std::uint64_t answered = 0;
    std::uint64_t pending = 0;  // calls of committed() that are still to come
    // Records of the current request:
    std::uint64_t full = 0;     // refused, because the journal was full
    std::uint64_t stopped = 0;  // refused, because the journal had stopped
  };

  [[nodiscard]] WaitFor read(std::string_view& input, std::string& out);
  void judge_head(std::string& out);
  void begin_body();
  [[nodiscard]] bool unpack();
  void forget_body();
  void ask_api();
  void put_answer(std::string& out);
  void reply(std::string& out, HttpReply said);
  void finish(std::string& out, const HttpReply& said);
  // Refuses the request: the reply is sent after the body has been read; by refuse_now() at once.
  void refuse(HttpReply said);
  void refuse_now(HttpReply said);
  void refuse_body(const record::Refusal& why);
  [[nodiscard]] BatchingProducer::Origin origin();

  const Shared& shared_;
  Submitter& client_;
  const Reach reach_;
  http1::HttpRequestReader reader_;
  HttpBody body_;
  Elements elements_;
  State state_ = State::kRead;
  bool closes_ = false;  // the answer to this request is the last one
  HttpIntent intent_;    // of the current request
  HttpReply refusal_;    // of the current request; status 0: none
  Counts counts_;
  std::shared_ptr<std::optional<ReadAnswer>> read_;  // the API's answer to a read, once it has come
};

}  // namespace respand::sockets
