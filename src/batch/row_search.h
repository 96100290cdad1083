#pragma once

#include "batch/rows_plan.h"
#include "evenscore/rows_file.h"
#include "h5/file.h"

namespace evenscore {

/// Finds the rows of an HDF5 file: what `options` name, else /X, else the only thing in the file that holds
/// rows. That is a matrix (rows, features), a table of structures, a group of columns, a frame that pandas
/// wrote, or AnnData's dense /X. Runs in the child process of h5::ask. Throws Error: bad_request (nothing of
/// that name, or several candidates, which it lists), unsupported, shape_mismatch, corrupt_file,
/// limit_exceeded.
RowsPlan find_rows(const h5::File& file, const RowsOptions& options);

}  // namespace evenscore
