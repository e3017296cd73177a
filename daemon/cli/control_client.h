#pragma once
// Asks the running daemon over its control socket: one request, one answer. Main thread.

#include <string>
#include <string_view>

#include "respand/base/result.h"

namespace respand::cli {

struct ControlAnswer {
  int status = 0;  // HTTP
  std::string body;
};

// kUnavailable: nobody listens at `path`; kPermission: the daemon does not answer this user.
[[nodiscard]] Result<ControlAnswer> ask_daemon(const std::string& path, std::string_view method,
                                               std::string_view target, std::string_view body = {});

}  // namespace respand::cli
