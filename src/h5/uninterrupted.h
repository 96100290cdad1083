#pragma once

#include <cerrno>

namespace evenscore::h5 {

/// What a system call returns that says -1 and errno; made again where a signal cut it short.
template <typename Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

}  // namespace evenscore::h5
