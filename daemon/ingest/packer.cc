#include "ingest/packer.h"

#include <array>

namespace respand::ingest {

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
  batch.end(filler_.fill(bytes, facts, received, payload));
}

}  // namespace respand::ingest
