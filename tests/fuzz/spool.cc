// What the spool reads of others: names of files, and the origins among a record's attributes.

#include "spool/name.h"
#include "spool/origin.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

using spool::SpoolName;

void check_name(std::string_view name) {
  spool::SpoolKind kind;
  const SpoolName verdict = spool::judge_name(name, kind);
  const bool unfinished = name.empty() || name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part");
  claim(!unfinished || verdict == SpoolName::kLeave, "an unfinished file is left alone");
  if (verdict == SpoolName::kTake) {
    std::string ending = kind.form == spool::SpoolForm::kText ? ".json" : ".ndjson";
    const std::string_view packing = kind.packing == spool::SpoolPacking::kPlain  ? ""
                                     : kind.packing == spool::SpoolPacking::kGzip ? ".gz"
                                                                                  : ".zst";
    const bool jsonl = kind.form == spool::SpoolForm::kLines && name.ends_with(std::string(".jsonl").append(packing));
    claim(name.ends_with(ending.append(packing)) || jsonl, "a file is taken for what its name says");
  }
}

void check_origin(std::string_view attributes) {
  const auto found = spool::find_spool_origin(attributes);
  if (!found) {
    return;
  }
  const auto encoded = spool::encode(*found);
  const std::string_view value = std::string_view(encoded.data(), encoded.size()).substr(3);
  claim(attributes.find(value) != std::string_view::npos, "an origin is one that stands there");
}

// Behind any attributes of other tags, the origin is found as it was written.
void check_round_trip(Source source) {
  spool::SpoolOrigin origin;
  origin.file = {source.number<std::uint64_t>(), source.number<std::int64_t>(), source.number<std::uint32_t>()};
  origin.version = source.number<std::uint32_t>();
  origin.ordinal = source.number<std::uint64_t>();
  origin.crc = source.number<std::uint32_t>();
  std::string attributes;
  while (!source.empty()) {
    const auto tag = static_cast<char>(source.byte());
    const std::string_view value = source.text(source.byte());
    if (tag != static_cast<char>(journal::Tag::kSpoolOrigin)) {
      const auto length = static_cast<std::uint16_t>(value.size());
      attributes.push_back(tag);
      attributes.append(reinterpret_cast<const char*>(&length), sizeof length);
      attributes.append(value);
    }
  }
  const auto encoded = spool::encode(origin);
  attributes.append(encoded.data(), encoded.size());
  const auto found = spool::find_spool_origin(Block(attributes).view());
  claim(found && spool::encode(*found) == encoded, "an origin is found as it was written");
  const std::string_view cut = std::string_view(attributes).substr(0, attributes.size() - 1);
  claim(!spool::find_spool_origin(Block(cut).view()), "an origin that is cut off is none");
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  check_name(block.view());
  check_origin(block.view());
  check_round_trip(Source(block.view()));
  return 0;
}
