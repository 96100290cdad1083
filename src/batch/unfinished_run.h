#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "batch/journal_record.h"
#include "batch/output_layout.h"
#include "batch/part_frame.h"
#include "h5/part_file.h"

namespace evenscore {

/// What can be taken over of a run that did not end.
struct UnfinishedRun {
  DigestPlaces digests;
  std::vector<BlockHash> row_blocks;  ///< of the rows read, for each block that is as it was noted
  std::int64_t bad_rows = 0;          ///< rows among these with a status other than 0

  std::int64_t blocks() const { return static_cast<std::int64_t>(row_blocks.size()); }
};

/// Throws bad_request naming the first difference.
void check_fingerprint(const Fingerprint& before, const Fingerprint& now);

/// Whether the part file is the one that its journal tells of; then sets the columns' offsets, and takes the
/// blocks over up to the first that is not as it was noted. Throws storage_failure.
std::optional<UnfinishedRun> take_over(const h5::PartFile& file, const Journal& journal,
                                       OutputLayout& layout);

}  // namespace evenscore
