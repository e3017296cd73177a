#include "spool/source.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <span>

#include "respand/base/text.h"

namespace respand::spool {
namespace {

// So many bytes zlib has read at most when it says that they are no gzip header.
constexpr std::uint64_t kHeader = 10;

}  // namespace

struct SpoolSource::Gzip {
  z_stream stream{};
  Gzip() {
    if (inflateInit2(&stream, 15 + 16) != Z_OK) {  // The largest window; gzip headers only.
      std::abort();                                // Out of memory for 40 KiB, or a zlib of another version.
    }
  }
  ~Gzip() { inflateEnd(&stream); }
};

struct SpoolSource::Zstd {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  Zstd() {
    if (context == nullptr) {
      std::abort();
    }
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kMaxWindowLog);
  }
  ~Zstd() { ZSTD_freeDCtx(context); }
};

SpoolSource::SpoolSource(const fs::File& file, SpoolPacking packing) : file_(file), packing_(packing) {
  in_.resize(packing == SpoolPacking::kPlain ? kPiece : kPackedPiece);
  switch (packing) {
    case SpoolPacking::kPlain:
      return;
    case SpoolPacking::kGzip:
      gzip_ = std::make_unique<Gzip>();
      break;
    case SpoolPacking::kZstd:
      zstd_ = std::make_unique<Zstd>();
      break;
  }
  out_.resize(kPiece);
}

SpoolSource::~SpoolSource() = default;

bool SpoolSource::refill() {
  const auto got = file_.read_at(offset_, std::as_writable_bytes(std::span(in_)));
  if (!got) {
    os_error_ = got.error().os_error != 0 ? got.error().os_error : EIO;
    return false;
  }
  in_at_ = 0;
  in_size_ = *got;
  offset_ += in_size_;
  return in_size_ > 0;
}

SpoolSource::Got SpoolSource::starved() {
  if (os_error_ != 0) {
    return Got::kFailed;
  }
  return in_member_ ? damaged("it ends early") : Got::kEnd;
}

// The file does not even begin with the format's header: most likely it has the wrong suffix, and is not damaged.
SpoolSource::Got SpoolSource::not_packed() {
  broken_ = true;
  why_ = packing_ == SpoolPacking::kGzip ? "not a gzip file, though its name says .gz"
                                         : "not a zstd file, though its name says .zst";
  return Got::kDamaged;
}

SpoolSource::Got SpoolSource::damaged(std::string_view why) {
  broken_ = true;
  why_ = cat(packing_ == SpoolPacking::kGzip ? "gzip" : "zstd", " data is damaged: ", why);
  return Got::kDamaged;
}

SpoolSource::Got SpoolSource::read(std::string_view& bytes) {
  if (broken_) {
    return Got::kDamaged;
  }
  switch (packing_) {
    case SpoolPacking::kPlain:
      if (!refill()) {
        return starved();
      }
      bytes = {in_.data(), in_size_};
      return Got::kBytes;
    case SpoolPacking::kGzip:
      return read_gzip(bytes);
    case SpoolPacking::kZstd:
      return read_zstd(bytes);
  }
  return Got::kEnd;
}

SpoolSource::Got SpoolSource::read_gzip(std::string_view& bytes) {
  z_stream& stream = gzip_->stream;
  while (true) {
    if (in_at_ == in_size_ && !output_full_ && !refill()) {
      return starved();
    }
    if (!in_member_) {
      // gzip itself passes over zeros behind a member (tapes, block devices).
      while (member_ended_ && in_at_ < in_size_ && in_[in_at_] == '\0') {
        ++in_at_;
      }
      if (in_at_ == in_size_) {
        continue;
      }
      member_ = offset_ - (in_size_ - in_at_);
      in_member_ = true;
      inflateReset(&stream);
    }
    stream.next_in = reinterpret_cast<Bytef*>(in_.data() + in_at_);
    stream.avail_in = static_cast<uInt>(in_size_ - in_at_);
    stream.next_out = reinterpret_cast<Bytef*>(out_.data());
    stream.avail_out = static_cast<uInt>(out_.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    in_at_ = in_size_ - stream.avail_in;
    bytes = {out_.data(), out_.size() - stream.avail_out};
    output_full_ = stream.avail_out == 0 && result == Z_OK;
    if (result == Z_STREAM_END) {
      in_member_ = false;
      member_ended_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      const bool no_header = offset_ == in_size_ && stream.total_in <= kHeader && stream.total_out == 0;
      (void)(no_header && member_ == 0 ? not_packed() : damaged(stream.msg != nullptr ? stream.msg : "unknown"));
    }
    if (!bytes.empty()) {
      return Got::kBytes;  // What was unpacked before the damage goes first.
    }
    if (broken_) {
      return Got::kDamaged;
    }
  }
}

SpoolSource::Got SpoolSource::read_zstd(std::string_view& bytes) {
  while (true) {
    if (in_at_ == in_size_ && !output_full_ && !refill()) {
      return starved();
    }
    if (!in_member_) {
      member_ = offset_ - (in_size_ - in_at_);
      in_member_ = true;
    }
    // Unpacks one block a call: when zstd fails it does not say how much it had put out in the same call.
    ZSTD_inBuffer in{in_.data(), std::min(in_size_, in_at_ + next_input_), in_at_};
    ZSTD_outBuffer out{out_.data(), out_.size(), 0};
    const std::size_t result = ZSTD_decompressStream(zstd_->context, &out, &in);
    if (ZSTD_isError(result) != 0U) {
      const bool no_header = ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown && member_ == 0;
      return no_header ? not_packed() : damaged(ZSTD_getErrorName(result));
    }
    in_at_ = in.pos;
    in_member_ = result != 0;
    next_input_ = std::max<std::size_t>(result, 1);
    output_full_ = out.pos == out.size && in_member_;
    bytes = {out_.data(), out.pos};
    if (!bytes.empty()) {
      return Got::kBytes;
    }
  }
}

}  // namespace respand::spool
