#include "h5/call.h"

#include <fmt/format.h>

#include <string_view>

namespace evenscore::h5 {
namespace {

constexpr std::size_t kLongestMessage = 400;

extern "C" herr_t keep_innermost(unsigned, const H5E_error2_t* entry, void* text) {
  if (entry->desc != nullptr) *static_cast<std::string*>(text) = entry->desc;
  return 0;
}

// The drivers append the operating system's words to a long list of addresses; only the words help a user.
std::string system_message(const std::string& text) {
  constexpr std::string_view kBefore = "error message = '";
  const std::size_t start = text.find(kBefore);
  if (start == std::string::npos) return {};
  const std::size_t from = start + kBefore.size();
  return text.substr(from, text.find('\'', from) - from);
}

}  // namespace

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

void prepare_library() {
  // libhdf5's exit handler is known to crash on property lists of odd files; the system frees everything
  // anyway.
  static const bool ready = [] {
    H5dont_atexit();
    H5open();
    H5PLset_loading_state(0);
    return true;
  }();
  static_cast<void>(ready);
  thread_local bool silent = false;
  if (!silent) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    silent = true;
  }
}

void throw_failure(const char* function_name, const std::string& place, ErrorCode code) {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &text);
  H5Eclear2(H5E_DEFAULT);
  const std::string system = system_message(text);
  if (!system.empty()) {
    throw Error(ErrorCode::storage_failure, fmt::format("{} ({})", system, function_name), place);
  }
  if (text.find("bad version number") != std::string::npos ||
      text.find("unknown version number") != std::string::npos) {
    throw Error(ErrorCode::unsupported,
                fmt::format("is damaged, or was written by a newer HDF5: {} ({})", text, function_name),
                place, "write it with libver='earliest' or 'v110'");
  }
  if (text.size() > kLongestMessage) text.resize(kLongestMessage);
  throw Error(code, fmt::format("libhdf5 reports \"{}\" ({})", text, function_name), place);
}

}  // namespace evenscore::h5
