#pragma once
// SpoolSource: the bytes of a spool file in order, unpacked, in pieces of bounded size: what a file unpacks to does not
// matter, only one piece is ever in memory. Several gzip members or zstd frames one after the other are one text. Spool
// thread.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "respand/fs/directory.h"
#include "spool/name.h"

struct z_stream_s;
struct ZSTD_DCtx_s;

namespace respand::spool {

class SpoolSource {
 public:
  static constexpr std::size_t kPackedPiece = 64 * 1024;
  static constexpr std::size_t kPiece = 256 * 1024;
  // The window that a zstd frame may ask for, as a power of two: 128 MiB, what the zstd tool itself takes unasked.
  static constexpr int kMaxWindowLog = 27;

  enum class Got : std::uint8_t {
    kBytes,    // `bytes` holds the next piece, until the next call
    kEnd,      // all was read
    kDamaged,  // the packed data can't be unpacked any further: why(), restart()
    kFailed,   // a system call failed: os_error()
  };

  // `file` is borrowed; it is read from the beginning.
  SpoolSource(const fs::File& file, SpoolPacking packing);
  ~SpoolSource();

  [[nodiscard]] Got read(std::string_view& bytes);
  [[nodiscard]] const std::string& why() const { return why_; }
  // Where in the file the damaged member or frame begins: the last place from which unpacking can start.
  [[nodiscard]] std::uint64_t restart() const { return member_; }
  [[nodiscard]] int os_error() const { return os_error_; }

 private:
  struct Gzip;
  struct Zstd;
  Got read_gzip(std::string_view& bytes);
  Got read_zstd(std::string_view& bytes);
  bool refill();  // false: the end of the file, or a failure (os_error_)
  Got starved();  // what it means that refill() said false
  Got damaged(std::string_view why);
  Got not_packed();

  const fs::File& file_;
  const SpoolPacking packing_;
  std::unique_ptr<Gzip> gzip_;
  std::unique_ptr<Zstd> zstd_;
  std::vector<char> in_;   // as in the file
  std::vector<char> out_;  // unpacked; unused for plain files
  std::size_t in_at_ = 0;
  std::size_t in_size_ = 0;
  std::uint64_t offset_ = 0;  // in the file: one past in_
  std::uint64_t member_ = 0;
  bool in_member_ = false;
  bool member_ended_ = false;   // at least one member was read to its end
  bool output_full_ = false;    // the decoder may hold more than it could put out
  bool broken_ = false;         // damaged, and said so at the next call
  std::size_t next_input_ = 1;  // zstd: bytes up to the end of the next block
  std::string why_;
  int os_error_ = 0;
};

}  // namespace respand::spool
