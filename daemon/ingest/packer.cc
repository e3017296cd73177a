#include "ingest/packer.h"

#include <array>
#include <utility>
#include <vector>

#include "ingest/protobuf.h"
#include "respand/record/half_pairs.h"
#include "respand/record/otlp.h"
#include "respand/record/otlp_calls.h"

namespace respand::ingest {
namespace {

constexpr std::string_view kNotReadable =
    "masks are set, and what is to be masked in this OTLP body can't be told: not taken, for it would be forwarded "
    "unmasked";
constexpr std::string_view kMaskedTooLarge = "with its masks the body is over socket.max_record";

}  // namespace

record::Checked Packer::check(std::string_view bytes) {
  if (!mended_.empty()) {
    std::string().swap(mended_);  // Rare; and it may be 20 MiB.
  }
  record::Checked checked = checker_.check(bytes);
  if (checked.ok || checked.refusal.reason != record::Reason::kNotUtf8) {
    return checked;
  }
  mended_ = bytes;
  const std::size_t replaced = record::replace_half_pairs(mended_);
  if (replaced == 0) {
    return checked;
  }
  checked = checker_.check(mended_);
  if (checked.ok && rules_.half_pairs) {
    rules_.half_pairs->add(static_cast<double>(replaced));
  }
  return checked;
}

record::Checked Packer::check_otlp(std::string_view& bytes, bool protobuf) {
  record::Checked checked = protobuf ? check_protobuf(bytes) : check(bytes);
  if (!checked.ok || rules_.rules == nullptr || !rules_.rules->masks_otlp()) {
    return checked;
  }
  const std::string_view body = protobuf ? bytes : mended(bytes);
  record::OtlpMasked masked = protobuf ? mask_otlp_protobuf(body, *rules_.rules) : mask_otlp_json(body, *rules_.rules);
  switch (masked.what) {
    case record::OtlpMasked::What::kUnchanged:
      return checked;
    case record::OtlpMasked::What::kNotRead:
    case record::OtlpMasked::What::kTooMany:
      return {.facts = {}, .refusal = {record::Reason::kNotMaskable, 0, std::string(kNotReadable)}, .ok = false};
    case record::OtlpMasked::What::kChanged:
      break;
  }
  if (masked.text.size() > max_record_.value) {
    return {.facts = {}, .refusal = {record::Reason::kTooLarge, 0, std::string(kMaskedTooLarge)}, .ok = false};
  }
  for (const record::RuleIndex rule : masked.hits) {
    rules_.masked[rule].add();
  }
  masked_ = std::move(masked.text);
  bytes = masked_;
  return protobuf ? check_protobuf(bytes) : check(bytes);
}

void Packer::follow_prices() {
  if (prices_ != nullptr && prices_->version() != prices_version_) {
    prices_version_ = prices_->version();
    filler_.use(prices_->get());
  }
}

std::size_t Packer::prepare(std::string_view bytes, const record::Facts& facts) {
  follow_prices();
  return bytes.size() + filler_.plan(facts, clock_.wall()).growth + kAttributeRoom;
}

std::string_view Packer::key_for(const record::Facts& facts, const Sender& sender) const {
  if (sender.key) {
    return *sender.key;
  }
  const auto routed = rules_.rules != nullptr ? rules_.rules->key_of(facts, sender.uid) : std::nullopt;
  return routed.value_or(sender.local ? std::string_view(rules_.key) : std::string_view());
}

namespace {

void put_text(journal::AttributeWriter& list, journal::Tag tag, std::string_view text) {
  if (!text.empty()) {
    text.copy(list.begin(tag, text.size()), text.size());
    list.end(text.size());
  }
}

// What stands in front of what is posted to another route, but for the accounts.
std::size_t attributes_of(const Packer::Routed& routed) {
  return routed.attributes.size() + 4 * journal::kAttributeHead + routed.content_type.size() + routed.query.size() +
         routed.headers.size() + routed.key.size();
}

}  // namespace

// What the filler has planned last.
void Packer::add_account() {
  const record::Plan& plan = filler_.plan();
  if (missing_ != nullptr && !plan.missing.empty()) {
    missing_->add(plan.missing);
  }
  std::array<char, journal::kAttributeHead + record::kMaxAccountSize> memory;
  journal::AttributeWriter list(memory.data(), memory.size());
  list.end(record::encode(plan.account, list.begin(journal::Tag::kAccount, record::kMaxAccountSize)));
  accounts_ += list.list();
}

// Of spans each is one call or none; an export request holds some.
void Packer::account_for(std::string_view bytes, const record::Facts& facts, const Routed& routed) {
  follow_prices();
  if (is_spans(routed.route)) {
    const record::Account& account = filler_.plan(facts, clock_.wall()).account;
    const bool is_call = account.tokens != record::Tokens{} || account.cost || account.unpriced;
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
    if (const record::Checked checked = call_checker_.check(call); checked.ok) {
      filler_.plan(checked.facts, clock_.wall());
      add_account();
    }
  }
}

std::size_t Packer::room_routed(std::string_view bytes, const record::Facts& facts, const Routed& routed) {
  accounts_.clear();
  if (routed.history == History::kNew) {
    account_for(mended(bytes), facts, routed);
  }
  return mended(bytes).size() + facts.growth + attributes_of(routed) + accounts_.size();
}

void Packer::append_routed(journal::Batch& batch, std::string_view bytes, const record::Facts& facts,
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
  // Defaults are for records.
  std::vector<record::Edit> masks;
  for (const record::Edit& edit : facts.edits) {
    if (edit.rule != record::kNoRule) {
      masks.push_back(edit);
      rules_.count(edit);
    }
  }
  const journal::Kind kind = is_spans(routed.route) ? journal::Kind::kSpan : journal::Kind::kRequest;
  char* const payload =
      batch.begin(kind, clock_.wall(), list.list(), bytes.size() + facts.growth, journal::Deliver::kYes, routed.route);
  batch.end(static_cast<std::size_t>(record::put_edited(bytes, 0, bytes.size(), masks, payload) - payload));
}

void Packer::append(journal::Batch& batch, std::string_view bytes, const record::Facts& facts,
                    std::string_view attributes, History history, std::string_view key) {
  bytes = mended(bytes);
  const WallTime received = clock_.wall();
  const record::Plan& plan = filler_.plan();
  std::array<char, kMaxAttributes + kAttributeRoom> memory;
  journal::AttributeWriter list(memory.data(), memory.size());
  list.append(attributes);
  put_text(list, journal::Tag::kKey, key);
  if (history == History::kNew) {
    list.end(record::encode(plan.account, list.begin(journal::Tag::kAccount, record::kMaxAccountSize)));
  }
  journal::Deliver deliver = journal::Deliver::kYes;
  // What was let through once is not left out at another try.
  if (history == History::kNew && rules_.rules != nullptr && rules_.rules->samples() &&
      !rules_.rules->keeps(facts, plan.account, filler_.draw_identifier(received))) {
    deliver = journal::Deliver::kNo;
    *list.begin(journal::Tag::kSampledOut, 1) = 1;
    list.end(1);
  }
  for (const record::Edit& edit : facts.edits) {
    rules_.count(edit);
  }
  char* const payload = batch.begin(key.empty() ? journal::Kind::kCompletion : journal::Kind::kKeyed, received,
                                    list.list(), bytes.size() + plan.growth, deliver);
  if (missing_ != nullptr && !plan.missing.empty()) {
    missing_->add(plan.missing);
  }
  batch.end(filler_.fill(bytes, facts, received, payload));
}

}  // namespace respand::ingest
