#pragma once
// The HTTP protocol (docs/protocol.md): POST of what one of the routes takes (http_routes.h), answered when it
// is durable. One request at a time; what a client pipelines waits its turn. io thread only.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "respand/http1/inflate.h"
#include "respand/http1/request_reader.h"
#include "respand/http1/trust.h"
#include "sockets/elements.h"
#include "sockets/http_keys.h"
#include "sockets/http_reads.h"
#include "sockets/http_refusals.h"
#include "sockets/http_routes.h"
#include "sockets/protocol.h"

namespace respand::sockets {

// What all connections that speak HTTP share.
struct HttpDesk {
  HttpDesk(metrics::Registry& registry, const Clock& clock) : refusals(registry, clock) {}

  // Bytes of bodies that were unpacked and wait for their turn, of all connections: a few KiB that came in can be 20
  // MiB. Where they are used up, a body more is asked to come again.
  static constexpr std::size_t kMostUnpacked = std::size_t{64} << 20;

  http1::HttpTrust trust;
  HttpKeys keys;
  // What /readyz says, and /readyz/intake: "ready", or why not. None: always ready.
  std::function<std::string(bool intake_only)> ready;
  // Export requests (OTLP) that the rules in force can't be kept to for: refused.
  bool refuse_otlp = false;
  // Masks are set, which are for records and traces.
  bool masks = false;
  ServedRoutes routes = 0;
  HttpRefusals refusals;
  AskApi ask_api;  // none: nothing is forwarded
  // Outlives the connections' home, as they may.
  std::shared_ptr<std::size_t> unpacked = std::make_shared<std::size_t>(0);
};

class HttpServer final : public Protocol {
 public:
  struct Shared {
    BatchingProducer& producer;
    const encode::Counters& counters;
    Bytes max_record;
    HttpDesk& desk;
  };
  // Whether anybody's web page may reach it.
  enum class Reach : bool { kUnix, kTcp };

  // `shared` and `client` (the connection that owns this) outlive it.
  HttpServer(const Shared& shared, Submitter& client, Reach reach);
  ~HttpServer() override;

  [[nodiscard]] WaitFor take(std::string_view& input, std::string& out) override;
  void hold() override { body_.hold(std::exchange(given_, {})); }
  [[nodiscard]] WaitFor end(std::string& out) override;
  [[nodiscard]] WaitFor stop(std::string& out) override;
  [[nodiscard]] bool leave(ConnectionState& connection_state) const override;
  void resume(const ConnectionState&) override {}  // A request that was begun is read anew.
  void answer(std::string&) override {}
  void committed(const PendingAck& pending, journal::CommitResult outcome) override;
  [[nodiscard]] Patience::Phase waits_for() const override {
    return reader_.in_request() ? Patience::Phase::kRequest : Patience::Phase::kNext;
  }
  [[nodiscard]] WaitFor time_out(std::string& out) override;
  [[nodiscard]] bool over() const override { return false; }  // It says so in its answer.
  [[nodiscard]] std::size_t memory() const override { return reader_.memory() + body_.memory() + unpacked_.capacity(); }
  [[nodiscard]] std::uint64_t completed() const override { return completed_; }
  [[nodiscard]] const encode::Counters& counters() const override { return shared_.counters; }

 private:
  enum class State : std::uint8_t { kRead, kWork, kCommit, kAsked, kRefused, kLeaving };
  // What is said once a request's body has gone by, where its content does not matter.
  struct Reply {
    unsigned status = 0;  // 0: it does
    std::string headers{};
    std::string body{};
    std::string_view type = "application/json";
  };

  [[nodiscard]] WaitFor read(std::string_view& input, std::string& out);
  void judge_head(std::string& out);
  [[nodiscard]] Reply judge_sender();
  [[nodiscard]] Reply judge_target();
  [[nodiscard]] Reply judge_body();
  [[nodiscard]] Reply judge_key();
  [[nodiscard]] Reply preflight() const;
  [[nodiscard]] Reply ready(bool intake_only) const;
  [[nodiscard]] Reply not_served();
  [[nodiscard]] Reply judge_read();
  void begin_body();
  void ask_api();
  [[nodiscard]] bool unpack();
  void forget_body();
  void refuse_body(const record::Refusal& why);
  void put_answer(std::string& out);
  [[nodiscard]] Reply success() const;
  void put_read(std::string& out);
  void reply(std::string& out, Reply said);
  void finish(std::string& out, const Reply& said);
  void refuse(Reply said);
  void reject(record::Reason reason) const;
  void reject_request() const;
  void log_refusal(const Reply& said) const;
  [[nodiscard]] BatchingProducer::Origin origin();

  const Shared& shared_;
  Submitter& client_;
  const Reach reach_;
  http1::HttpRequestReader reader_;
  Elements elements_;
  std::string_view given_;
  HeldText body_;
  const std::shared_ptr<std::size_t> all_unpacked_ = shared_.desk.unpacked;
  std::string unpacked_;  // what body_ is a view of, where it came packed
  State state_ = State::kRead;
  bool closes_ = false;  // the answer to this request is the last one
  Asked asked_;          // its views are of the reader's head
  http1::Packing packing_ = http1::Packing::kNone;
  bool protobuf_ = false;
  std::optional<std::string> key_;  // the name of that which the request bears; "": the configuration's; nothing: none
  std::string allow_origin_;        // a header for each answer to this request; empty: none
  std::uint64_t request_ = 0;
  std::uint64_t completed_ = 0;
  std::uint64_t pending_acks_ = 0;  // on their way
  std::uint64_t full_ = 0;          // records of this request that the journal refused
  std::uint64_t stopped_ = 0;
  Reply refusal_;
  std::string read_path_;                            // of the request, where it goes to the API
  std::shared_ptr<std::optional<ReadAnswer>> read_;  // what has come of it
};

}  // namespace respand::sockets
