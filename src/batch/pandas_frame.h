#pragma once

#include <string>
#include <vector>

#include "batch/rows_plan.h"
#include "h5/file.h"

namespace evenscore {

/// Why no rows can be read from a field, "" where they can: "is text", "is a reference".
std::string why_unreadable(const h5::StoredField& field);

/// Adds the columns of field `field` of `stored`, which will be dataset `dataset` of the plan: one named as
/// the field, or name_0, name_1 and so on for an array, or `names` where there are as many.
void add_field_columns(RowsPlan& plan, const h5::StoredDataset& stored, std::size_t dataset,
                       std::size_t field, const std::vector<std::string>& names);

/// The rows of a frame that pandas wrote to the group `path`, whose pandas_type is `kind`: "frame" (fixed
/// format) or "frame_table" (table format). Its columns are in the frame's order; the index is none of them.
/// Runs in the child process of h5::ask. Throws Error: unsupported, corrupt_file.
RowsPlan plan_pandas(const h5::File& file, const std::string& path, const std::string& kind);

}  // namespace evenscore
