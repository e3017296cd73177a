#pragma once
// NatsSession: a connection to a NATS cluster as a command uses it: connects, asks, and waits for the answer, never
// longer than its patience. Main thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "respand/base/result.h"
#include "respand/base/units.h"
#include "respand/config/nats.h"
#include "respand/nats/client.h"

namespace respand::cli {

// The cluster of the configuration, with what its credentials file or nkey file holds, or
// $CREDENTIALS_DIRECTORY/nats_creds. The error says which file can't be read.
[[nodiscard]] Result<nats::Target> nats_target(const config::Nats& nats);

class NatsSession final : private nats::Handler {
 public:
  // `patience`: for the connection, and for each answer.
  NatsSession(const nats::Target& target, Duration patience);

  // Connects. The error says what is wrong and where; kPermission: the credentials.
  [[nodiscard]] Status connect();
  // The answer's payload. kNotFound: nobody serves the subject, so JetStream is off, has no quorum, or is not allowed;
  // kPermission: the server denies the subject; kUnavailable: no answer came.
  [[nodiscard]] Result<std::string> ask(std::string_view subject, std::string_view payload);
  [[nodiscard]] const nats::State& state() const { return client_->state(); }

 private:
  struct Answer {
    nats::ReplyResult result = nats::ReplyResult::kReply;
    std::string payload;
  };
  void link_changed(nats::Link) override {}
  void reply(const nats::Reply& reply) override;

  Duration patience_;
  std::unique_ptr<nats::Client> client_;
  std::optional<Answer> answer_;
};

}  // namespace respand::cli
