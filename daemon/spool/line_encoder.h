#pragma once
// LineEncoder: from a record of a spool file to one in a journal batch, with where it came from. A line of a replayed
// dead letter says itself where it goes. Spool thread.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "respand/base/api_route.h"
#include "respand/encode/record_encoder.h"
#include "respand/encode/rules_in_force.h"
#include "spool/batches.h"
#include "spool/shared.h"

namespace respand::spool {

class LineEncoder {
 public:
  // Both are borrowed.
  LineEncoder(Shared& shared, Batches& batches, encode::RulesInForce rules);

  // From the next record on.
  void reconfigure(encode::RulesInForce rules) { encoder_.reconfigure(std::move(rules)); }
  // Appends the record at which the file's reader stands; a refusal where it is none. Requires: batches.has_room().
  [[nodiscard]] std::optional<record::Refusal> take(SpoolFile& file);

 private:
  // What a line stands for.
  struct Replayed {
    std::string_view body{};  // until the next one
    ApiRoute route = ApiRoute::kRecords;
    std::optional<std::string_view> key{};  // its name; nothing: by the rules
    std::string_view content_type{};
    std::string query{};
    std::string headers{};
  };
  [[nodiscard]] Replayed replayed_in(const SpoolFile& file);
  void append(SpoolFile& file, const Replayed& line, const record::RecordFields& fields);

  Batches& batches_;
  encode::RecordEncoder encoder_;
  std::string unpacked_;  // of the line at hand
};

}  // namespace respand::spool
