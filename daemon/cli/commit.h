#pragma once
// The commit that this build was made from. The build writes it (cmake/commit.cmake). Constant.

namespace respand::cli {

// Twelve digits, with "-dirty" behind them if files were changed; "unknown" if it was no checkout.
extern const char* const kCommit;

}  // namespace respand::cli
