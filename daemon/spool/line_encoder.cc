#include "spool/line_encoder.h"

#include "respand/base/random.h"
#include "respand/base/replay_line.h"
#include "respand/base/text.h"
#include "respand/json/text.h"
#include "respand/record/record_parser.h"
#include "spool/origin.h"

namespace respand::spool {

LineEncoder::LineEncoder(Shared& shared, Batches& batches, encode::RulesInForce rules)
    : batches_(batches), encoder_(shared.settings.encoder, shared.clock, entropy()) {
  encoder_.reconfigure(std::move(rules));
}

// What a line stands for. Most are a record as it is; a line of a replay names its route, key and headers around the
// record.
LineEncoder::Replayed LineEncoder::replayed_in(const SpoolFile& file) {
  Replayed line{.body = file.reader->text()};
  if (!file.replayed) {
    return line;
  }
  line.key.emplace();  // A replay goes where it came from, whatever the rules say now.
  const auto replayed = read_replay_line(line.body);
  if (!replayed) {
    return line;
  }
  line = {.body = replayed->body,
          .route = replayed->route,
          .key = replayed->key,
          .query = json::decoded(cat('"', replayed->query, '"')),
          .headers = json::decoded(cat('"', replayed->headers, '"'))};
  if (is_otlp(line.route)) {
    if (auto bytes = json::out_of_base64(line.body)) {
      unpacked_ = std::move(*bytes);
      line.body = unpacked_;
      line.content_type = encode::kProtobuf;
    }
  }
  return line;
}

std::optional<record::Refusal> LineEncoder::take(SpoolFile& file) {
  Replayed replayed = replayed_in(file);
  record::ParsedRecord parsed = is_otlp(replayed.route)
                                    ? encoder_.check_otlp(replayed.body, !replayed.content_type.empty())
                                    : encoder_.parse(replayed.body);
  if (!parsed.ok) {
    return std::move(parsed.refusal);
  }
  append(file, replayed, parsed.fields);
  return std::nullopt;
}

void LineEncoder::append(SpoolFile& file, const Replayed& line, const record::RecordFields& fields) {
  const std::string_view text = file.reader->text();
  const SpoolOrigin origin{file.id, file.taken.version(), file.reader->ordinal(), crc_of(text)};
  const auto attributes = encode(origin);
  const std::string_view list(attributes.data(), attributes.size());
  const bool routed = line.route != ApiRoute::kRecords;
  const std::string_view key = encoder_.key_for(fields, {.key = line.key, .uid = file.owner});
  const encode::RecordEncoder::History came =
      file.replayed ? encode::RecordEncoder::History::kReplayed : encode::RecordEncoder::History::kNew;
  const encode::RecordEncoder::Routed to{.route = line.route,
                                         .content_type = line.content_type,
                                         .query = line.query,
                                         .headers = line.headers,
                                         .key = key,
                                         .attributes = list,
                                         .history = came};
  const std::size_t room = routed ? encoder_.room_routed(line.body, fields, to) : encoder_.prepare(line.body, fields);
  journal::Batch& batch = batches_.batch_for(attributes.size(), room);
  const std::size_t before = batch.size();
  if (routed) {
    encoder_.append_routed(batch, line.body, fields, to);
  } else {
    encoder_.append(batch, line.body, fields, list, came, key);
  }
  batches_.note({&file, origin.ordinal, origin.crc, static_cast<std::uint32_t>(text.size())}, batch.size() - before);
}

}  // namespace respand::spool
