#pragma once

#include <hdf5.h>

#include <cstdint>
#include <mutex>
#include <string>

#include "evenscore/error.h"

namespace evenscore::h5 {

/// Held around every use of libhdf5, so that several threads of ours may use this folder whether or not the
/// library was built thread-safe. Not recursive: no `call` inside a `call`.
std::mutex& library_mutex();

/// Sets the library up on first use (no exit handler, no plugins) and silences its printing on this thread.
void prepare_library();

/// Throws what the library's error stack of this thread says. An operating system error in it becomes
/// storage_failure, whatever `code` is.
[[noreturn]] void throw_failure(const char* function_name, const std::string& place, ErrorCode code);

/// Runs `function`, which makes one or a few libhdf5 calls and returns what the last one did; a negative
/// result becomes an Error naming `function_name`, `place` and the library's own innermost message.
template <typename Function>
auto call(const char* function_name, Function&& function, const std::string& place = {},
          ErrorCode code = ErrorCode::corrupt_file) {
  const std::lock_guard<std::mutex> lock(library_mutex());
  prepare_library();
  const auto result = function();
  if (static_cast<std::int64_t>(result) < 0) throw_failure(function_name, place, code);
  return result;
}

}  // namespace evenscore::h5
