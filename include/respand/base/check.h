#pragma once
// CHECK: a programmer's error ends the process at once, in release builds too, before it can write anything wrong. Any
// thread.

#include <cstdio>
#include <cstdlib>

namespace respand::detail {
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "respand: internal error: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}
}  // namespace respand::detail

#define RESPAND_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::respand::detail::check_failed(#condition, __FILE__, __LINE__))
