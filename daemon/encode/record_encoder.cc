#include "respand/encode/record_encoder.h"

#include <array>
#include <utility>
#include <vector>

#include "encode/protobuf.h"
#include "respand/record/half_pairs.h"
#include "respand/record/otlp.h"
#include "respand/record/otlp_calls.h"

namespace respand::encode {
namespace {

constexpr std::string_view kNotReadable =
    "masks are set, and what is to be masked in this OTLP body can't be told: not taken, for it would be forwarded "
    "unmasked";
constexpr std::string_view kMaskedTooLarge = "with its masks the body is over socket.max_record";

}  // namespace

record::ParsedRecord RecordEncoder::parse(std::string_view bytes) {
  if (!mended_.empty()) {
    std::string().swap(mended_);  // It is rarely needed, and may have 20 MiB.
  }
  record::ParsedRecord parsed = parser_.parse(bytes);
  if (parsed.ok || parsed.refusal.reason != record::Reason::kNotUtf8) {
    return parsed;
  }
  // A second try, with half surrogate pairs replaced: JavaScript leaves them of an emoji that was cut in two, and the
  // record would be lost for one character.
  mended_ = bytes;
  const std::size_t replaced = record::replace_half_pairs(mended_);
  if (replaced == 0) {
    return parsed;
  }
  parsed = parser_.parse(mended_);
  if (parsed.ok && rules_.half_pairs) {
    rules_.half_pairs->add(static_cast<double>(replaced));
  }
  return parsed;
}

// Where something is to be masked, a request that can't be read is refused: to let it pass would forward it unmasked.
// The masked text is checked once more, because the fields that are found must point into the text that is appended.
record::ParsedRecord RecordEncoder::check_otlp(std::string_view& bytes, bool protobuf) {
  record::ParsedRecord parsed = protobuf ? check_protobuf(bytes) : parse(bytes);
  if (!parsed.ok || rules_.rules == nullptr || !rules_.rules->masks_otlp()) {
    return parsed;
  }
  const std::string_view body = protobuf ? bytes : mended(bytes);
  record::OtlpMasked masked = protobuf ? mask_otlp_protobuf(body, *rules_.rules) : mask_otlp_json(body, *rules_.rules);
  switch (masked.what) {
    case record::OtlpMasked::What::kUnchanged:
      return parsed;
    case record::OtlpMasked::What::kNotRead:
    case record::OtlpMasked::What::kTooMany:
      return {.fields = {}, .refusal = {record::Reason::kNotMaskable, 0, std::string(kNotReadable)}, .ok = false};
    case record::OtlpMasked::What::kChanged:
      break;
  }
  if (masked.text.size() > max_record_.value) {
    return {.fields = {}, .refusal = {record::Reason::kTooLarge, 0, std::string(kMaskedTooLarge)}, .ok = false};
  }
  for (const record::RuleIndex rule : masked.hits) {
    rules_.masked[rule].add();
  }
  masked_ = std::move(masked.text);
  bytes = masked_;
  return protobuf ? check_protobuf(bytes) : parse(bytes);
}

void RecordEncoder::reconfigure_prices() {
  if (prices_ != nullptr && prices_->version() != prices_version_) {
    prices_version_ = prices_->version();
    enricher_.use(prices_->get());
  }
}

std::size_t RecordEncoder::prepare(std::string_view bytes, const record::RecordFields& fields, bool completed) {
  reconfigure_prices();
  const bool has_end = !fields.end_time.empty() && fields.end_time != "null";
  if (!completed || has_end || fields.start_time.empty()) {
    return bytes.size() + enricher_.enrichment(fields, clock_.wall()).growth + kAttributeRoom;
  }
  record::RecordFields without_start = fields;
  without_start.start_time = {};
  return bytes.size() + enricher_.enrichment(without_start, clock_.wall()).growth + kAttributeRoom;
}

std::string_view RecordEncoder::key_for(const record::RecordFields& fields, const Sender& sender) const {
  if (sender.key) {
    return *sender.key;
  }
  const auto routed = rules_.rules != nullptr ? rules_.rules->key_of(fields, sender.uid) : std::nullopt;
  return routed.value_or(sender.local ? std::string_view(rules_.key) : std::string_view());
}

namespace {

void put_text(journal::AttributeWriter& list, journal::Tag tag, std::string_view text) {
  if (!text.empty()) {
    text.copy(list.begin(tag, text.size()), text.size());
    list.end(text.size());
  }
}

// Bytes of the attributes in front of a body for another route, without the accounts.
std::size_t attributes_of(const RecordEncoder::Routed& routed) {
  return routed.attributes.size() + 4 * journal::kAttributeHead + routed.content_type.size() + routed.query.size() +
         routed.headers.size() + routed.key.size();
}

}  // namespace

// Adds the account of what the enricher has planned last.
void RecordEncoder::add_account() {
  const record::Enrichment& enrichment = enricher_.enrichment();
  if (missing_ != nullptr && !enrichment.missing.empty()) {
    missing_->add(enrichment.missing);
  }
  std::array<char, journal::kAttributeHead + record::kMaxAccountSize> memory;
  journal::AttributeWriter list(memory.data(), memory.size());
  list.end(record::encode(enrichment.summary, list.begin(journal::Tag::kAccount, record::kMaxAccountSize)));
  accounts_ += list.list();
}

// Notes the accounts of a body. A span in Respan's own form is one call or none; an export request holds any number.
void RecordEncoder::account_for(std::string_view bytes, const record::RecordFields& fields, const Routed& routed) {
  reconfigure_prices();
  if (is_spans(routed.route)) {
    const record::UsageSummary& summary = enricher_.enrichment(fields, clock_.wall()).summary;
    const bool is_call = summary.tokens != record::Tokens{} || summary.cost || summary.unpriced;
    if (is_call && !record::wraps_calls(bytes)) {
      add_account();
    }
    return;
  }
  if (!is_traces(routed.route)) {
    return;
  }
  const std::vector<std::string> calls =
      routed.content_type.empty() ? record::calls_in_otlp_json(bytes) : record::calls_in_otlp_protobuf(bytes);
  for (const std::string& call : calls) {
    if (accounts_.size() + journal::kAttributeHead + record::kMaxAccountSize > kMaxAccounts) {
      if (many_gate_.open(clock_.mono())) {
        log::warning("a request holds more model calls than the ledger can count: post fewer spans at once",
                     {{"calls", calls.size()}});
      }
      return;
    }
    if (const record::ParsedRecord parsed = call_parser_.parse(call); parsed.ok) {
      enricher_.enrichment(parsed.fields, clock_.wall());
      add_account();
    }
  }
}

std::size_t RecordEncoder::room_routed(std::string_view bytes, const record::RecordFields& fields,
                                       const Routed& routed) {
  accounts_.clear();
  if (routed.history == History::kNew) {
    account_for(mended(bytes), fields, routed);
  }
  return mended(bytes).size() + fields.growth + attributes_of(routed) + accounts_.size();
}

void RecordEncoder::append_routed(journal::Batch& batch, std::string_view bytes, const record::RecordFields& fields,
                                  const Routed& routed) {
  bytes = mended(bytes);
  std::string memory(attributes_of(routed) + accounts_.size(), '\0');
  journal::AttributeWriter list(memory.data(), memory.size());
  list.append(routed.attributes);
  list.append(accounts_);
  put_text(list, journal::Tag::kContentType, routed.content_type);
  put_text(list, journal::Tag::kQuery, routed.query);
  put_text(list, journal::Tag::kHeaders, routed.headers);
  put_text(list, journal::Tag::kKey, routed.key);
  // Only masks are applied: defaults are for records.
  std::vector<record::Edit> masks;
  for (const record::Edit& edit : fields.edits) {
    if (edit.rule != record::kNoRule) {
      masks.push_back(edit);
      rules_.count(edit);
    }
  }
  const journal::Kind kind = is_spans(routed.route) ? journal::Kind::kSpan : journal::Kind::kRequest;
  char* const payload =
      batch.begin(kind, clock_.wall(), list.list(), bytes.size() + fields.growth, journal::Deliver::kYes, routed.route);
  batch.end(static_cast<std::size_t>(record::put_edited(bytes, 0, bytes.size(), masks, payload) - payload));
}

// Attributes come first, because the journal wants them before the payload. The payload is written straight into the
// batch, with edits and additions applied on the way: this is the one copy of the bytes.
void RecordEncoder::append(journal::Batch& batch, std::string_view bytes, const record::RecordFields& fields,
                           std::string_view attributes, History history, std::string_view key) {
  bytes = mended(bytes);
  const WallTime received = clock_.wall();
  const record::Enrichment& enrichment = enricher_.enrichment();
  std::array<char, kMaxAttributes + kAttributeRoom> memory;
  journal::AttributeWriter list(memory.data(), memory.size());
  list.append(attributes);
  put_text(list, journal::Tag::kKey, key);
  if (history == History::kNew) {
    list.end(record::encode(enrichment.summary, list.begin(journal::Tag::kAccount, record::kMaxAccountSize)));
  }
  journal::Deliver deliver = journal::Deliver::kYes;
  // A replayed record was let through by sampling once, and is not left out now.
  if (history == History::kNew && rules_.rules != nullptr && rules_.rules->samples() &&
      !rules_.rules->keeps(fields, enrichment.summary, enricher_.draw_identifier(received))) {
    deliver = journal::Deliver::kNo;
    *list.begin(journal::Tag::kSampledOut, 1) = 1;
    list.end(1);
  }
  for (const record::Edit& edit : fields.edits) {
    rules_.count(edit);
  }
  char* const payload = batch.begin(key.empty() ? journal::Kind::kCompletion : journal::Kind::kKeyed, received,
                                    list.list(), bytes.size() + enrichment.growth, deliver);
  if (missing_ != nullptr && !enrichment.missing.empty()) {
    missing_->add(enrichment.missing);
  }
  batch.end(enricher_.fill(bytes, fields, received, payload));
}

}  // namespace respand::encode
