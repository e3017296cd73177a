// What edges and relays read: messages from the stream, what relays announce, and their own files. What is taken is
// within its limits, and says the same when it is written and read again.

#include <xxhash.h>

#include <cstring>

#include "fleet/batch_message.h"
#include "fleet/borders.h"
#include "fleet/relay_announcement.h"
#include "fleet/seen_records.h"
#include "tests/fuzz/input.h"

namespace respand::fuzz {
namespace {

// Small, so that a bomb is seen as one.
constexpr std::size_t kMostUnpacked = 1 << 16;

void check(std::string_view message) {
  const auto batch = fleet::read_batch(message, kMostUnpacked);
  if (!batch) {
    return;
  }
  claim(!batch->records.empty() && batch->records.size() <= fleet::kMostBatchRecords, "a number of records");
  claim(batch->body.size() <= kMostUnpacked && batch->host.size() <= fleet::kLongestHost, "limits");
  fleet::BatchWriter writer;
  writer.begin(batch->journal, batch->host);
  std::uint64_t last = 0;
  for (const fleet::BatchRecord& record : batch->records) {
    claim(record.sequence.value > last && !record.payload.empty(), "in order, and not empty");
    claim(record.kind == fleet::kind_for(record.route), "the kind fits the route");
    last = record.sequence.value;
    writer.add(record);
  }
  const auto again = fleet::read_batch(writer.finish(true), kMostUnpacked);
  claim(again && again->records.size() == batch->records.size(), "it can be written and read again");
  for (std::size_t i = 0; i < batch->records.size(); ++i) {
    claim(again->records[i].payload == batch->records[i].payload &&
              again->records[i].attributes == batch->records[i].attributes &&
              again->records[i].sequence == batch->records[i].sequence,
          "each record is the same");
  }
}

}  // namespace
}  // namespace respand::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace respand;
  using namespace respand::fuzz;
  const Block block(text_of(data, size));
  check(block.view());
  // The checksum keeps accidents out, not an attacker: he signs what he likes.
  std::string is_signed(block.view());
  const std::uint64_t checksum = XXH3_64bits(is_signed.data(), is_signed.size());
  is_signed.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  check(is_signed);
  if (const auto borders = fleet::Borders::decode(block.view())) {
    claim(fleet::Borders::decode(borders->encode()) == borders, "borders come back");
  }
  if (const auto seen = fleet::SeenRecords::decode(block.view())) {
    const auto again = fleet::SeenRecords::decode(seen->encode());
    claim(again && again->ranges() == seen->ranges() && again->edges() == seen->edges(), "what was seen comes back");
  }
  if (const auto origin = fleet::StreamOrigin::decode(block.view())) {
    claim(origin->encode() == block.view(), "an origin comes back");
  }
  if (const auto announcement = fleet::RelayAnnouncement::decode(block.view())) {
    const auto again = fleet::RelayAnnouncement::decode(announcement->encode());
    claim(again && again->relay == announcement->relay && again->number == announcement->number &&
              again->leaves == announcement->leaves,
          "an announcement comes back");
  }
  return 0;
}
