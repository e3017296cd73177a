#pragma once
// Which commit this build is of; the build writes it (cmake/commit.cmake). Constant.

namespace respand::cli {

// Twelve digits, "-dirty" behind them where files were changed; "unknown" where it was no checkout.
extern const char* const kCommit;

}  // namespace respand::cli
