#include "ingest/packer.h"

#include <array>

namespace respand::ingest {

std::size_t Packer::prepare(std::string_view bytes, const record::Facts& facts) {
  if (prices_ != nullptr && prices_->version() != prices_version_) {
    prices_version_ = prices_->version();
    filler_.use(prices_->get());
  }
  return bytes.size() + filler_.plan(facts).growth + kAccountRoom;
}

void Packer::append(journal::Batch& batch, std::string_view bytes, const record::Facts& facts,
                    std::string_view attributes, History history) {
  const WallTime received = clock_.wall();
  const record::Plan& plan = filler_.plan();
  std::array<char, kMaxAttributes + kAccountRoom> memory;
  journal::AttributeWriter list(memory.data(), memory.size());
  list.append(attributes);
  if (history == History::kNew) {
    list.end(record::encode(plan.account, list.begin(journal::Tag::kAccount, record::kMaxAccountSize)));
  }
  char* const payload = batch.begin(journal::Kind::kCompletion, received, list.list(), bytes.size() + plan.growth);
  if (missing_ != nullptr && !plan.missing.empty()) {
    missing_->add(plan.missing);
  }
  batch.end(filler_.fill(bytes, facts, received, payload));
}

}  // namespace respand::ingest
