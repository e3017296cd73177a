#pragma once
// Asks the running daemon over its control socket: one request, one answer; or one whose answer goes on. Main thread.

#include <optional>
#include <string>
#include <string_view>

#include "respand/base/fd.h"
#include "respand/base/result.h"
#include "respand/base/units.h"

namespace respand::cli {

struct ControlAnswer {
  int status = 0;  // HTTP
  std::string body;
};

// kUnavailable: nobody listens at `path`; kPermission: the daemon does not answer this user.
[[nodiscard]] Result<ControlAnswer> ask_daemon(const std::string& path, std::string_view method,
                                               std::string_view target, std::string_view body = {});

// Where the control socket is: `given`, else as the configuration says. Nothing after saying what is wrong with that.
[[nodiscard]] std::optional<std::string> control_path(const std::string& given, const std::string& config);
// Says on stderr why the daemon could not be asked, and returns the exit status.
[[nodiscard]] int unreachable(std::string_view command, const Error& why);

// An answer that comes line by line for as long as it is read.
class ControlStream {
 public:
  // As ask_daemon(); kInvalid with the daemon's words where it refuses.
  [[nodiscard]] static Result<ControlStream> open(const std::string& path, std::string_view target);
  // The next line, without its end, once it is there; until the next call. Nothing: the daemon has ended it, or the
  // patience is over.
  [[nodiscard]] std::optional<std::string_view> next_line();
  // How long next_line() waits from now on; for ever, where this is not called.
  void set_patience(Duration patience);
  // Whether the last next_line() gave nothing because none came in time.
  [[nodiscard]] bool timed_out() const { return timed_out_; }

 private:
  explicit ControlStream(UniqueFd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] bool read_more();

  UniqueFd socket_;
  std::string text_;
  std::size_t at_ = 0;  // what was given out
  bool timed_out_ = false;
};

}  // namespace respand::cli
