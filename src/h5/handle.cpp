#include "h5/handle.h"

#include <type_traits>

#include "h5/call.h"

namespace evenscore::h5 {

static_assert(std::is_same_v<hid_t, std::int64_t>, "Handle keeps hid_t without including hdf5.h");

Handle::~Handle() {
  if (id_ == kNone) return;
  const std::lock_guard<std::mutex> lock(library_mutex());
  prepare_library();
  H5Idec_ref(id_);
}

void close_file(Handle file) {
  call(
      "H5Fclose", [&] { return H5Fclose(file.release()); }, {}, ErrorCode::storage_failure);
}

}  // namespace evenscore::h5
