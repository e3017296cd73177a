#include "respand/http1/inflate.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "respand/base/ignore_case.h"

namespace respand::http1 {
namespace {

// The window that a zstd frame may ask for, as a power of two: 32 MiB, more than the largest body is long.
constexpr int kMaxWindowLog = 25;
constexpr std::size_t kLeastRoom = 16 * 1024;

// Makes room behind what is in `out`; false where the limit is reached. One byte above it tells a text that is exactly
// as long from a longer one.
bool grow(std::string& out, std::size_t used, std::size_t limit) {
  if (used > limit) {
    return false;
  }
  if (used == out.size()) {
    out.resize(std::min(std::max(kLeastRoom, 2 * out.size()), limit + 1));
  }
  return true;
}

class Zlib {
 public:
  explicit Zlib(int window) { good_ = ::inflateInit2(&stream_, window) == Z_OK; }
  ~Zlib() {
    if (good_) {
      ::inflateEnd(&stream_);
    }
  }
  Zlib(const Zlib&) = delete;
  Zlib& operator=(const Zlib&) = delete;

  [[nodiscard]] Inflated run(std::string_view packed, std::size_t limit, std::string& out) {
    if (!good_) {
      return Inflated::kDamaged;
    }
    std::size_t used = 0;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    for (;;) {
      if (!grow(out, used, limit)) {
        return Inflated::kTooLarge;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream_.avail_out = static_cast<uInt>(out.size() - used);
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      used = out.size() - stream_.avail_out;
      if (result == Z_STREAM_END && stream_.avail_in > 0) {
        ::inflateReset(&stream_);  // another member
      } else if (result == Z_STREAM_END) {
        out.resize(std::min(used, out.size()));
        return used > limit ? Inflated::kTooLarge : Inflated::kGood;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return Inflated::kDamaged;
      } else if (stream_.avail_in == 0 && stream_.avail_out > 0) {
        return Inflated::kDamaged;  // It ends early.
      }
    }
  }

 private:
  z_stream stream_{};
  bool good_ = false;
};

Inflated unpack_zstd(std::string_view packed, std::size_t limit, std::string& out) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(::ZSTD_createDCtx(), ::ZSTD_freeDCtx);
  if (context == nullptr) {
    return Inflated::kDamaged;
  }
  ::ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::size_t used = 0;
  for (;;) {
    if (!grow(out, used, limit)) {
      return Inflated::kTooLarge;
    }
    ZSTD_outBuffer part{out.data(), out.size(), used};
    const std::size_t left = ::ZSTD_decompressStream(context.get(), &part, &in);
    if (::ZSTD_isError(left) != 0U) {
      return Inflated::kDamaged;
    }
    used = part.pos;
    if (in.pos == in.size && left == 0) {
      out.resize(used);
      return used > limit ? Inflated::kTooLarge : Inflated::kGood;
    }
    if (in.pos == in.size && part.pos < part.size) {
      return Inflated::kDamaged;  // It ends early.
    }
  }
}

// RFC 9110 means zlib's format by "deflate"; some clients send the bare data.
int deflate_window(std::string_view packed) {
  constexpr int kZlib = 15;
  constexpr int kBare = -15;
  if (packed.size() < 2) {
    return kZlib;
  }
  const auto first = static_cast<unsigned char>(packed[0]);
  const auto second = static_cast<unsigned char>(packed[1]);
  const bool header = (first & 0x0FU) == 8 && (first * 256U + second) % 31 == 0;
  return header ? kZlib : kBare;
}

}  // namespace

std::optional<Packing> packing_of(std::string_view content_encoding) {
  if (content_encoding.empty() || iequals(content_encoding, "identity")) {
    return Packing::kNone;
  }
  if (iequals(content_encoding, "gzip") || iequals(content_encoding, "x-gzip")) {
    return Packing::kGzip;
  }
  if (iequals(content_encoding, "deflate")) {
    return Packing::kDeflate;
  }
  return iequals(content_encoding, "zstd") ? std::optional(Packing::kZstd) : std::nullopt;
}

Inflated inflate_body(Packing packing, std::string_view packed, std::size_t limit, std::string& out) {
  constexpr int kGzip = 15 + 16;
  std::string().swap(out);  // An assignment would keep the memory.
  Inflated result = Inflated::kGood;
  switch (packing) {
    case Packing::kNone:
      out = packed;
      result = out.size() > limit ? Inflated::kTooLarge : result;
      break;
    case Packing::kGzip:
      result = Zlib(kGzip).run(packed, limit, out);
      break;
    case Packing::kDeflate:
      result = Zlib(deflate_window(packed)).run(packed, limit, out);
      break;
    case Packing::kZstd:
      result = unpack_zstd(packed, limit, out);
      break;
  }
  if (result != Inflated::kGood) {
    std::string().swap(out);
  }
  return result;
}

}  // namespace respand::http1
