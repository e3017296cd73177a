#include "ingest/spool_name.h"

namespace respand::ingest {

SpoolName judge_name(std::string_view name, SpoolKind& kind) {
  if (name.empty() || name.front() == '.' || name.ends_with(".tmp") || name.ends_with(".part") ||
      name == kRejectedFolder) {
    return SpoolName::kLeave;
  }
  kind.packing = SpoolPacking::kPlain;
  if (name.ends_with(".gz")) {
    kind.packing = SpoolPacking::kGzip;
    name.remove_suffix(3);
  } else if (name.ends_with(".zst")) {
    kind.packing = SpoolPacking::kZstd;
    name.remove_suffix(4);
  }
  if (name.ends_with(".json")) {
    kind.form = SpoolForm::kText;
    return SpoolName::kTake;
  }
  if (name.ends_with(".ndjson") || name.ends_with(".jsonl")) {
    kind.form = SpoolForm::kLines;
    return SpoolName::kTake;
  }
  return SpoolName::kUnknown;
}

}  // namespace respand::ingest
