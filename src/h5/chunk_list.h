#pragma once

#include <cstdint>

#include "h5/handle.h"
#include "h5/stored_dataset.h"

namespace evenscore::h5 {

/// Sets stored.chunks of a chunked dataset whose shape, chunk and filters are set; `allocated` is what
/// libhdf5 says all its chunks take. libhdf5's own listing takes time in the square of their number before
/// 1.14, so each chunk is read without its bytes (begin_capture). Throws limit_exceeded for more chunks than
/// StoredLimits, corrupt_file.
void list_chunks(const Handle& dataset, std::uint64_t allocated, StoredDataset& stored);

}  // namespace evenscore::h5
