#pragma once

#include "h5/dataset.h"
#include "h5/stored_dataset.h"

namespace evenscore::h5 {

/// How `dataset` is stored; where its chunks lie only `with_chunks`, as that takes time for each. Strings of
/// variable length are told of without where they lie: Dataset::read_strings reads them. Throws as Dataset's
/// members do, and corrupt_file for chunks that contradict their own index.
StoredDataset describe(const Dataset& dataset, bool with_chunks = true);

}  // namespace evenscore::h5
