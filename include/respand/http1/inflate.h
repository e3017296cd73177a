#pragma once
// Unpacks the body of a request (Content-Encoding) that is there as a whole. What it unpacks to is limited, and no more
// memory is taken than what came out so far: a small body that holds a huge one costs no more than the limit. Pure; any
// thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::http1 {

enum class Packing : std::uint8_t { kNone, kGzip, kDeflate, kZstd };

// By the value of Content-Encoding; nothing where it is none of these, or several.
[[nodiscard]] std::optional<Packing> packing_of(std::string_view content_encoding);

enum class Inflated : std::uint8_t { kGood, kTooLarge, kDamaged };

// Replaces `out`. Several gzip members or zstd frames one after the other are one text. After a failure `out` is empty.
[[nodiscard]] Inflated inflate_body(Packing packing, std::string_view packed, std::size_t limit, std::string& out);

}  // namespace respand::http1
