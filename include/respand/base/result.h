#pragma once
// Result<T> and Error: how every function of respand that can fail says so. Used by all modules, on any thread.
// Exceptions of third-party libraries end inside the one module that owns the library; nothing throws across modules.

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace respand {

// Stable kinds of failure. A caller may decide by code; the message is for people.
enum class ErrorCode : std::uint8_t {
  kInvalid,      // the input is wrong: a value, a record, a file's content
  kNotFound,     // a name does not exist
  kExists,       // a name exists already, or a thing is in use by another process
  kPermission,   // the operating system refuses
  kNoSpace,      // the disk, a quota or a limit is full
  kUnavailable,  // a peer cannot be reached or is busy: try again later
  kCorrupt,      // bytes on disk are not what was written
  kUnsupported,  // a newer format, or a feature this build does not have
  kIo,           // any other failed system call
};

// A failure: a code for the caller, and a message for people.
struct Error {
  ErrorCode code = ErrorCode::kIo;  // what a caller may decide by
  std::string message;              // what failed and why, in one clause
  int os_error = 0;                 // errno where a system call failed, else 0

  // The same error with `what` in front: "open segment 7: no space left on device".
  [[nodiscard]] Error context(std::string_view what) && {
    message.insert(0, ": ").insert(0, what);
    return std::move(*this);
  }
};

// The code that fits an errno value.
[[nodiscard]] ErrorCode code_of_errno(int os_error) noexcept;
// An error of a failed system call, e.g. os_error(errno, "open /x") -> "open /x: No such file or directory".
[[nodiscard]] Error os_error(int os_error, std::string_view what);
// A short stable word for a code ("not found"), for logs and metrics.
[[nodiscard]] std::string_view name_of(ErrorCode code) noexcept;

// A value, or the error that there is in its place.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // Implicit, so that a function can simply return its error.
  Result(Error error)
      : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor)
  // The error with context, to hand up. Requires: !has_value().
  [[nodiscard]] Error fail(std::string_view what) && { return std::move(this->error()).context(what); }
};

// Success, or an error.
using Status = Result<void>;

// An error that no system call caused.
[[nodiscard]] inline Error error(ErrorCode code, std::string message) { return Error{code, std::move(message), 0}; }

}  // namespace respand
