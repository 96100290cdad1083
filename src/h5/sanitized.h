#pragma once

namespace evenscore::h5 {

/// Whether this program runs under a sanitizer that reserves terabytes of addresses and needs system calls of
/// its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
constexpr bool kIsSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif

}  // namespace evenscore::h5
