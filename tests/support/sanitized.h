#pragma once
// Whether this is a sanitizer's build, which is several times slower and uses more memory. Tests do less there.

namespace respand::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace respand::test
