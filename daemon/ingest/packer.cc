#include "ingest/packer.h"

namespace respand::ingest {

void Packer::append(journal::Batch& batch, std::string_view bytes, const record::Facts& facts,
                    std::string_view attributes) {
  const WallTime received = clock_.wall();
  char* const payload = batch.begin(journal::Kind::kCompletion, received, attributes, room(bytes.size()));
  batch.end(filler_.fill(bytes, facts, received, payload));
}

}  // namespace respand::ingest
