#include "http/gzip.h"

#include <zlib.h>

namespace respand::http {
namespace {

// For records, which are text of a few KiB, level 3 comes within a tenth of the best size in a third of the time.
constexpr int kLevel = 3;
constexpr int kGzip = 15 + 16;  // window bits; 16 asks for gzip's own head and tail
constexpr int kMemory = 8;      // zlib's default

}  // namespace

void Gzip::End::operator()(z_stream_s* stream) const {
  ::deflateEnd(stream);
  delete stream;
}

bool Gzip::begin() {
  if (stream_) {
    return ::deflateReset(stream_.get()) == Z_OK;
  }
  auto stream = std::make_unique<z_stream_s>();
  if (::deflateInit2(stream.get(), kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return false;
  }
  stream_.reset(stream.release());
  return true;
}

bool Gzip::pack(std::string_view text, std::string& out) {
  if (!begin()) {
    return false;
  }
  // A record has 20 MiB at most, so both sizes fit; deflateBound() is never exceeded.
  out.resize(::deflateBound(stream_.get(), text.size()));
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream_->avail_in = static_cast<uInt>(text.size());
  stream_->next_out = reinterpret_cast<Bytef*>(out.data());
  stream_->avail_out = static_cast<uInt>(out.size());
  const bool whole = ::deflate(stream_.get(), Z_FINISH) == Z_STREAM_END;
  out.resize(out.size() - stream_->avail_out);
  return whole;
}

}  // namespace respand::http
