#pragma once
// FaultFinder: says what is wrong with a record that DocumentWalk does not accept, and where. It reads the record once
// more, with RapidJSON, whose error codes name the fault, and judges each text by itself: it accepts exactly what
// DocumentWalk accepts, which tests hold it to (tests/record/document_walk_oracle_test.cc,
// tests/fuzz/document_walk.cc). Private to RecordParser; one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "respand/record/record_parser.h"

namespace respand::record {

class FaultFinder {
 public:
  explicit FaultFinder(std::uint32_t max_depth);
  ~FaultFinder();

  // None where nothing is wrong. Keeps its memory for the next record.
  [[nodiscard]] std::optional<Refusal> find(std::string_view record);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace respand::record
