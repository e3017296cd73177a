#pragma once
// Problem: a mistake in a configuration, with its place. A value; any thread.

#include <cstdint>
#include <string>

#include "respand/base/result.h"

namespace respand::config {

// A mistake.
struct Problem {
  // What it is about, where a program acts on that.
  enum class About : std::uint8_t {
    kConfiguration,
    kKey,            // the API key is missing, or is none
    kExposedSecret,  // every user of this host can read a key or a token
  };
  // Where it is. Line and column (in characters) count from 1; 0: it has no place in the file.
  std::string file;
  int line = 0;
  int column = 0;
  std::string message;                   // what is wrong and what would be right; never a secret
  About about = About::kConfiguration;   // which of these a program that reads it would act on
  ErrorCode code = ErrorCode::kInvalid;  // of what the system refused; kPermission: this user may not read a file
  // "file:line:column: message".
  [[nodiscard]] std::string to_string() const;
};

}  // namespace respand::config
