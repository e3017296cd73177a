#pragma once
// Asks the running daemon over its control socket: one request with one answer (ask_daemon), or with an answer that
// goes on (ControlStream). Main thread.

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

// The path of the control socket: `given`, or else the configuration's. None after printing what is wrong with that.
[[nodiscard]] std::optional<std::string> control_path(const std::string& given, const std::string& config);
// Prints to stderr why the daemon could not be asked, and returns the exit status.
[[nodiscard]] int unreachable(std::string_view command, const Error& why);

// An answer that comes line by line for as long as it is read.
class ControlStream {
 public:
  // Errors as of ask_daemon(); kInvalid, with the daemon's words, where it refuses.
  [[nodiscard]] static Result<ControlStream> open(const std::string& path, std::string_view target);
  // Waits for the next line and returns it without its end; the view holds until the next call. None: the daemon has
  // ended the answer, or the patience is over.
  [[nodiscard]] std::optional<std::string_view> next_line();
  // How long next_line() waits from now on; without this call it waits for ever.
  void set_patience(Duration patience);
  // Whether the last next_line() gave nothing because none came in time.
  [[nodiscard]] bool timed_out() const { return timed_out_; }

 private:
  explicit ControlStream(UniqueFd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] bool read_more();

  UniqueFd socket_;
  std::string text_;
  std::size_t at_ = 0;  // text_ was given out up to here
  bool timed_out_ = false;
};

}  // namespace respand::cli
