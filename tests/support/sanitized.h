#pragma once
// Whether this is a sanitizer's build: several times slower, with memory of its own. Tests do less there.

namespace respand::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace respand::test
