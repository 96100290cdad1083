#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "h5/handle.h"
#include "h5/input_file.h"

namespace evenscore::h5 {

/// A file access property list by which libhdf5 reads the descriptor of `input` and nothing else: it opens no
/// second file (external links, virtual datasets), takes no lock, writes nothing, and reads at most 1 GiB.
/// `input` must outlive the list and the one file opened with it.
Handle read_only_access(const InputFile& input);

/// Where libhdf5 read raw data.
struct RawRead {
  std::uint64_t offset = 0;  ///< from the start of the file, user block included
  std::uint64_t bytes = 0;
};

/// From now on raw data is not read but noted; metadata is read as ever. Only inside `call`.
void begin_capture();
/// Ends it. Nothing when there was not exactly one read of raw data. Only inside `call`.
std::optional<RawRead> end_capture();

}  // namespace evenscore::h5
