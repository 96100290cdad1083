#pragma once

#include "h5/file.h"
#include "h5/tree.h"

namespace evenscore::h5 {

/// What read_tree does, by libhdf5 in this very process: a damaged file may end it by a signal. Throws as
/// read_tree does. For the child of read_tree, and for files that are known to be whole.
Node parse_tree(const File& file, const TreeLimits& limits = {});

}  // namespace evenscore::h5
