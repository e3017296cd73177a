#pragma once
// HttpBody: the body of the current request, decompressed if it came compressed. Decompressed bytes are counted for all
// connections together. io thread only.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "respand/http1/inflate.h"
#include "sockets/protocol.h"

namespace respand::sockets {

class HttpBody {
 public:
  // `all_unpacked`: how many bytes of decompressed bodies all connections hold.
  explicit HttpBody(std::shared_ptr<std::size_t> all_unpacked) : all_unpacked_(std::move(all_unpacked)) {}
  ~HttpBody() { forget(); }
  HttpBody(const HttpBody&) = delete;
  HttpBody& operator=(const HttpBody&) = delete;

  // Notes the input that the reader is given: until hold() the body may be a view of it.
  void note_input(std::string_view input) { input_ = input; }
  // The input is about to be overwritten: copies the body if it lies there.
  void hold() { text_.hold(std::exchange(input_, {})); }

  void set(std::string_view text) { text_.set(text); }
  [[nodiscard]] std::string_view view() const { return text_.view(); }
  [[nodiscard]] std::size_t memory() const { return text_.memory() + unpacked_.capacity(); }

  // Decompresses the body; view() is then the text. After a failure the body is as it was.
  [[nodiscard]] http1::Inflated unpack(http1::Packing packing, std::size_t limit);
  [[nodiscard]] bool is_unpacked() const { return !unpacked_.empty(); }
  [[nodiscard]] std::size_t all_unpacked() const { return *all_unpacked_; }
  void forget();

 private:
  std::string_view input_;
  HeldText text_;
  std::string unpacked_;  // the decompressed body, which text_ is then a view of
  const std::shared_ptr<std::size_t> all_unpacked_;
};

}  // namespace respand::sockets
