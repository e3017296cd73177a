#include "cli/nats_session.h"

#include <memory>

#include "respand/base/clock.h"
#include "respand/base/text.h"
#include "respand/config/config.h"

namespace respand::cli {
namespace {

constexpr std::uint64_t kOnlyRequest = 1;

bool is_final(nats::Failure failure) {
  return failure == nats::Failure::kCertificate || failure == nats::Failure::kCredentials ||
         failure == nats::Failure::kProtocol;
}

}  // namespace

Result<nats::Target> nats_target(const config::Nats& nats) {
  nats::Target target;
  target.servers = nats.servers;
  target.ca_file = nats.ca_file;
  target.cert_file = nats.cert_file;
  target.key_file = nats.key_file;
  target.name = "respand nats";
  const config::Environment environment = config::Environment::process();
  std::string file = nats.credentials_file.empty() ? nats.nkey_file : nats.credentials_file;
  if (const auto folder = environment.variable("CREDENTIALS_DIRECTORY"); file.empty() && folder && !folder->empty()) {
    file = cat(*folder, "/nats_creds");
    if (const auto text = environment.read_file(file); !text && text.error().code == ErrorCode::kNotFound) {
      file.clear();
    }
  }
  if (!file.empty()) {
    auto text = environment.read_file(file);
    if (!text) {
      return std::move(text).error();
    }
    target.credentials = std::move(*text);
  }
  return target;
}

NatsSession::NatsSession(const nats::Target& target, Duration patience)
    : patience_(patience), client_(nats::make_client(target, system_clock(), *this)) {}

void NatsSession::reply(const nats::Reply& reply) {
  answer_ = Answer{reply.result, std::string(reply.message.payload)};
}

Status NatsSession::connect() {
  const MonoTime until = system_clock().mono() + patience_;
  while (state().link != nats::Link::kUp && !is_final(state().failure) && system_clock().mono() < until) {
    client_->poll(until, [] { return true; });
  }
  if (state().link == nats::Link::kUp) {
    return {};
  }
  const bool refused = state().failure == nats::Failure::kCredentials;
  return error(refused ? ErrorCode::kPermission : ErrorCode::kUnavailable,
               cat(state().server.empty() ? "the cluster" : state().server, ": ",
                   state().detail.empty() ? "no answer" : state().detail));
}

Result<std::string> NatsSession::ask(std::string_view subject, std::string_view payload) {
  answer_.reset();
  client_->request(kOnlyRequest, subject, {}, payload, patience_);
  while (!answer_) {
    client_->poll(MonoTime::max(), [] { return true; });
  }
  switch (answer_->result) {
    case nats::ReplyResult::kReply:
      return std::move(answer_->payload);
    case nats::ReplyResult::kNoResponders:
      return error(ErrorCode::kNotFound, cat("nobody answers ", subject));
    case nats::ReplyResult::kTimeout:
    case nats::ReplyResult::kBroken:
    case nats::ReplyResult::kTooLarge:
      break;
  }
  if (state().failure == nats::Failure::kCredentials) {
    return error(ErrorCode::kPermission, state().detail);
  }
  return error(ErrorCode::kUnavailable, cat("no answer to ", subject, " within ", to_text(patience_)));
}

}  // namespace respand::cli
