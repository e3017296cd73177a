#pragma once
// What stands in an encoded batch, for tests of those who fill one.

#include <string>
#include <vector>

#include "journal/format.h"
#include "respand/journal/writer.h"

namespace respand::encode::test {

// The payloads of an encoded batch; where `attributes` is given, each record's are appended there.
inline std::vector<std::string> payloads_of(journal::Batch& batch, std::vector<std::string>* attributes = nullptr) {
  std::vector<std::string> payloads;
  const auto bytes = batch.encoded();
  for (std::size_t at = 0; at < bytes.size();) {
    const journal::RecordHeader header = journal::decode_record(bytes.data() + at);
    const char* const begin = reinterpret_cast<const char*>(bytes.data() + at + journal::RecordHeader::kSize);
    if (attributes != nullptr) {
      attributes->emplace_back(begin, header.attributes);
    }
    payloads.emplace_back(begin + header.attributes, header.length - header.attributes);
    at += journal::record_extent(header.length);
  }
  return payloads;
}

}  // namespace respand::encode::test
