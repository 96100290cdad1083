#include "h5/storage_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace evenscore::h5 {

Error storage_error(const std::string& path, const char* doing, int reason) {
  return Error(ErrorCode::storage_failure,
               fmt::format("cannot {}: {}", doing, std::generic_category().message(reason)), {},
               reason == ENOSPC || reason == EDQUOT ? "free space, or write to another disk" : "")
      .in_file(path);
}

}  // namespace evenscore::h5
