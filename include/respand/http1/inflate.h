#pragma once
// Unpacks the body of a request (Content-Encoding) that is in memory as a whole. The size of the result is limited, and
// memory grows only with what came out so far: a small body that holds a huge one costs no more than the limit. Pure;
// any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace respand::http1 {

// How a body is packed. kDeflate: with zlib's frame or without one.
enum class Packing : std::uint8_t { kNone, kGzip, kDeflate, kZstd };

// What the value of Content-Encoding means; nothing where it is none of these, or several.
[[nodiscard]] std::optional<Packing> packing_of(std::string_view content_encoding);

// How unpacking ended. kTooLarge: the result would be over the limit.
enum class Inflated : std::uint8_t { kGood, kTooLarge, kDamaged };

// Unpacks `packed` to `out`, which it replaces, up to `limit` bytes. Several gzip members or zstd frames one after the
// other are one text. After a failure `out` is empty.
[[nodiscard]] Inflated inflate_body(Packing packing, std::string_view packed, std::size_t limit, std::string& out);

}  // namespace respand::http1
