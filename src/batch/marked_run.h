#pragma once

#include <string>

#include "batch/journal_file.h"
#include "batch/journal_record.h"
#include "evenscore/prediction_file.h"
#include "h5/part_file.h"

namespace evenscore {

// A run with the rule `stop` becomes one with the rule `mark`, in files of its own (`PATH.marked.part`,
// `PATH.marked.journal`) that then take the places of the run's. Only for whoever holds the lock of
// `PATH.part`.

/// What a process that ended in the midst of mark_stopped_run() left: its last step is made, or its files are
/// removed. Before the journal is read. Throws storage_failure.
void settle_marking(const std::string& path);

/// Copies the blocks of the unfinished run in `file`, of which `journal` tells, into a part file laid out as
/// `layout` with `mark_bad_rows`, with status 0 for all of them. `marked` is the fingerprint of the run
/// that goes on. Durable when it returns; `file` is no longer the part file then. False, and nothing has
/// changed, where no block can be taken over. Throws storage_failure.
bool mark_stopped_run(const std::string& path, const h5::PartFile& file, const Journal& journal,
                      const PredictionLayout& layout, const Fingerprint& marked);

}  // namespace evenscore
