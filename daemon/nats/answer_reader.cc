#include "nats/answer_reader.h"

namespace respand::nats {
namespace {

// More subjects of one stream are of no use to respand.
constexpr std::size_t kMaxSubjects = 64;

StreamConfig stream_config(AnswerReader& reader, std::string_view object) {
  StreamConfig config;
  reader.members(object, [&](std::string_view name, std::string_view value) {
    if (name == "name") {
      config.name = reader.text(value);
    } else if (name == "subjects" && value.starts_with('[')) {
      reader.elements(value, [&](std::string_view element) {
        if (config.subjects.size() < kMaxSubjects) {
          config.subjects.push_back(reader.text(element));
        }
      });
    } else if (name == "retention") {
      config.retention = reader.text(value);
    } else if (name == "storage") {
      config.storage = reader.text(value);
    } else if (name == "discard") {
      config.discard = reader.text(value);
    } else if (name == "num_replicas") {
      reader.number(value, config.replicas);
    } else if (name == "max_age") {
      reader.number(value, config.max_age_ns);
    } else if (name == "max_bytes") {
      reader.number(value, config.max_bytes);
    } else if (name == "max_msgs") {
      reader.number(value, config.max_messages);
    } else if (name == "max_msg_size") {
      reader.number(value, config.max_message_size);
    } else if (name == "duplicate_window") {
      reader.number(value, config.duplicate_window_ns);
    } else if (name == "max_msgs_per_subject") {
      reader.number(value, config.max_messages_of_subject);
    } else if (name == "discard_new_per_subject") {
      config.refuses_over_subject = value == "true";
    } else if (name == "no_ack") {
      config.no_ack = value == "true";
    }
  });
  return config;
}

void read_stream_state(AnswerReader& reader, std::string_view object, StreamInfo& info) {
  reader.members(object, [&](std::string_view name, std::string_view value) {
    if (name == "messages") {
      reader.number(value, info.messages);
    } else if (name == "bytes") {
      reader.number(value, info.bytes);
    } else if (name == "first_seq") {
      reader.number(value, info.first_sequence);
    } else if (name == "last_seq") {
      reader.number(value, info.last_sequence);
    } else if (name == "first_ts") {
      info.first_time = reader.text(value);
    }
  });
}

void read_stream_cluster(AnswerReader& reader, std::string_view object, StreamInfo& info) {
  reader.members(object, [&](std::string_view name, std::string_view value) {
    if (name == "leader") {
      info.leader = reader.text(value);
    } else if (name == "replicas" && value.starts_with('[')) {
      reader.elements(value, [&](std::string_view peer) {
        reader.members(peer, [&](std::string_view key, std::string_view known) {
          info.current_replicas += key == "current" && known == "true" ? 1 : 0;
        });
      });
    }
  });
}

ConsumerConfig consumer_config(AnswerReader& reader, std::string_view object) {
  ConsumerConfig config;
  reader.members(object, [&](std::string_view name, std::string_view value) {
    if (name == "durable_name") {
      config.name = reader.text(value);
    } else if (name == "ack_policy") {
      config.ack_policy = reader.text(value);
    } else if (name == "deliver_policy") {
      config.deliver_policy = reader.text(value);
    } else if (name == "ack_wait") {
      reader.number(value, config.ack_wait_ns);
    } else if (name == "max_deliver") {
      reader.number(value, config.max_deliver);
    } else if (name == "max_ack_pending") {
      reader.number(value, config.max_ack_pending);
    } else if (name == "deliver_subject") {
      config.push = !reader.text(value).empty();
    } else if (name == "filter_subject") {
      config.filtered = config.filtered || !reader.text(value).empty();
    } else if (name == "filter_subjects" && value.starts_with('[')) {
      reader.elements(value, [&](std::string_view) { config.filtered = true; });
    } else if (name == "headers_only") {
      config.headers_only = value == "true";
    }
  });
  return config;
}

}  // namespace

ApiError AnswerReader::api_error(std::string_view value) {
  ApiError found;
  members(value, [&](std::string_view name, std::string_view inner) {
    if (name == "code") {
      number(inner, found.code);
    } else if (name == "err_code") {
      number(inner, found.err_code);
    } else if (name == "description") {
      found.description = text(inner);
    }
  });
  expect(found.code != 0 || found.err_code != 0 || !found.description.empty());
  return found;
}

Result<Answered<StreamInfo>> read_stream_info(std::string_view payload) {
  Answered<StreamInfo> answer;
  AnswerReader reader(payload);
  reader.members([&](std::string_view name, std::string_view value) {
    if (name == "error") {
      answer.error = reader.api_error(value);
    } else if (name == "config") {
      answer.value.config = stream_config(reader, value);
    } else if (name == "created") {
      answer.value.created = reader.text(value);
    } else if (name == "state") {
      read_stream_state(reader, value, answer.value);
    } else if (name == "cluster") {
      read_stream_cluster(reader, value, answer.value);
    }
  });
  if (!reader.good() || (!answer.error && (answer.value.config.name.empty() || answer.value.created.empty()))) {
    return error(ErrorCode::kInvalid,
                 "expected what JetStream says of a stream: {\"config\":{\"name\":…},\"created\":…}");
  }
  return answer;
}

Result<Answered<ConsumerInfo>> read_consumer_info(std::string_view payload) {
  Answered<ConsumerInfo> answer;
  AnswerReader reader(payload);
  ConsumerInfo& info = answer.value;
  std::string name_outside;
  reader.members([&](std::string_view name, std::string_view value) {
    if (name == "error") {
      answer.error = reader.api_error(value);
    } else if (name == "config") {
      info.config = consumer_config(reader, value);
    } else if (name == "name") {
      name_outside = reader.text(value);
    } else if (name == "created") {
      info.created = reader.text(value);
    } else if (name == "num_pending") {
      reader.number(value, info.pending);
    } else if (name == "num_ack_pending") {
      reader.number(value, info.ack_pending);
    } else if (name == "num_redelivered") {
      reader.number(value, info.redelivered);
    }
  });
  if (info.config.name.empty()) {
    info.config.name = name_outside;  // one that is not durable
  }
  if (!reader.good() || (!answer.error && info.config.name.empty())) {
    return error(ErrorCode::kInvalid, "expected what JetStream says of a consumer: {\"name\":…,\"config\":…}");
  }
  return answer;
}

}  // namespace respand::nats
