#pragma once
// Gzip: compresses one text after the other with the same memory (about 260 KiB, allocated for the first one). Used by
// CurlClient and `respand flare`; one thread.

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace respand::http {

class Gzip {
 public:
  Gzip() = default;
  // Replaces `out` by `text` in gzip. False: there is no memory.
  [[nodiscard]] bool pack(std::string_view text, std::string& out);

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  [[nodiscard]] bool begin();
  std::unique_ptr<z_stream_s, End> stream_;
};

}  // namespace respand::http
