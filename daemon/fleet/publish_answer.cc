#include "fleet/publish_answer.h"

#include "respand/base/text.h"

namespace respand::fleet {
namespace {

constexpr int kUnavailable = 503;  // ApiError::code of all errors that pass

PublishAnswer refusal_of(const nats::ApiError& error) {
  std::string words = cat(printable(error.description, 200), " (", error.err_code, ")");
  switch (error.err_code) {
    case nats::kStreamFull:
    case nats::kStorageFailed:
    case nats::kInsufficientResources:
      return {PublishOutcome::kFull, EdgeCondition::kFull, std::move(words), {}, error.err_code == nats::kStreamFull};
    case nats::kMessageTooLarge:
      return {PublishOutcome::kTooLarge};
    case nats::kInProcess:
      return {PublishOutcome::kInProcess};
    case nats::kNoSuchStream:
    case nats::kOtherStream:
      return {PublishOutcome::kRefused, EdgeCondition::kNoStream, std::move(words)};
    default:
      return {PublishOutcome::kRefused, error.code == kUnavailable ? EdgeCondition::kNoQuorum : EdgeCondition::kRefused,
              std::move(words)};
  }
}

PublishAnswer judge_payload(std::string_view payload, std::string_view stream) {
  auto ack = nats::read_pub_ack(payload);
  if (!ack) {
    return {PublishOutcome::kUnknown, EdgeCondition::kRefused,
            cat("an answer that is no PubAck: ", ack.error().message)};
  }
  if (ack->error) {
    return refusal_of(*ack->error);
  }
  if (ack->stream != stream) {
    return {PublishOutcome::kRefused, EdgeCondition::kNoStream,
            cat("the stream ", printable(ack->stream, 64), " took the message, not ", stream)};
  }
  const PublishOutcome outcome = ack->duplicate ? PublishOutcome::kDuplicate : PublishOutcome::kStored;
  return {outcome, EdgeCondition::kNone, {}, std::move(*ack)};
}

}  // namespace

PublishAnswer judge_answer(const nats::Reply& reply, std::string_view stream, std::string_view subject) {
  switch (reply.result) {
    case nats::ReplyResult::kReply:
      return judge_payload(reply.message.payload, stream);
    case nats::ReplyResult::kNoResponders:
      return {PublishOutcome::kNoResponders, EdgeCondition::kNoQuorum,
              cat("nobody answers on subject ", subject,
                  ": the stream has no quorum, does not exist or does not have this subject, or JetStream is off")};
    case nats::ReplyResult::kTimeout:
      return {PublishOutcome::kTimeout, EdgeCondition::kNoAnswer,
              cat("the cluster does not answer within ", to_text(kAnswerTimeout), "; or the user may not publish to ",
                  subject)};
    case nats::ReplyResult::kBroken:
      return {PublishOutcome::kBroken};
    case nats::ReplyResult::kTooLarge:
      return {PublishOutcome::kTooLarge};
  }
  return {};
}

std::string message_headers(std::string_view id, std::string_view stream) {
  return cat("Nats-Msg-Id: ", id, "\r\nNats-Expected-Stream: ", stream, "\r\n");
}

}  // namespace respand::fleet
