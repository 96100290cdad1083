#include "batch/row_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "batch/name_list.h"
#include "batch/pandas_frame.h"
#include "batch/row_dataset.h"
#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/describe.h"
#include "h5/text.h"

namespace evenscore {
namespace {

std::string joined_path(const std::string& group, const std::string& name) {
  return group.ends_with('/') ? group + name : group + "/" + name;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

void check_shape(const h5::StoredDataset& dataset, const std::string& path) {
  for (const std::uint64_t extent : dataset.shape) {
    if (extent > kMostRows) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("has shape {}", h5::shape_text(dataset.shape)),
                  path);
    }
  }
}

// netCDF keeps numbers scaled: scored as they are, they would give wrong predictions.
void refuse_scaled(const h5::StoredDataset& dataset, const std::string& path) {
  for (const char* name : {"scale_factor", "add_offset"}) {
    if (dataset.texts.count(name) == 0) continue;
    throw Error(ErrorCode::unsupported,
                fmt::format("holds packed numbers: its attribute {} says that they are not the values", name),
                path, "write the unpacked values");
  }
}

// AnnData names the columns of /X in the index of /var.
std::vector<std::string> anndata_names(const h5::File& file) {
  const std::optional<std::string> encoding = h5::text_attribute(file, "/", "encoding-type");
  if (!encoding || *encoding != "anndata") return {};
  try {
    const std::string index = h5::text_attribute(file, "/var", "_index").value_or("_index");
    const NameList list = read_names(file, "/var/" + index);
    return list.is_text ? list.names : std::vector<std::string>{};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::bad_request) return {};  // there is no /var
    throw;
  }
}

RowsPlan plan_matrix(const h5::File& file, h5::StoredDataset stored, const RowsOptions& options) {
  RowsPlan plan;
  plan.path = stored.path;
  plan.transposed = options.transpose || stored.texts.count("MATLAB_class") > 0;
  const std::size_t row_axis = plan.transposed ? 1 : 0;
  plan.rows = stored.shape[row_axis];
  const std::uint64_t columns = stored.shape[1 - row_axis];
  if (columns > kMostColumns)
    throw Error(ErrorCode::limit_exceeded, fmt::format("has {} columns", columns), plan.path);
  refuse_scaled(stored, plan.path);
  for (std::uint64_t i = 0; i < columns; ++i) plan.columns.push_back({0, 0, 0, i, {}});
  const auto own = stored.texts.find("feature_names");
  if (own != stored.texts.end() && !own->second.empty()) {
    plan.names = own->second;
  } else {
    plan.names = row_axis == 0 ? stored.column_names : stored.row_names;
    if (plan.names.empty() && plan.path == "/X") plan.names = anndata_names(file);
  }
  if (!plan.names.empty() && plan.names.size() != columns) {
    throw Error(ErrorCode::corrupt_file,
                fmt::format("names {} features and has {} columns", plan.names.size(), columns), plan.path,
                "correct its feature_names");
  }
  plan.datasets.push_back(std::move(stored));
  return plan;
}

// A dataset of structures: each field is a column, an array inside a structure several.
RowsPlan plan_table(h5::StoredDataset stored) {
  RowsPlan plan;
  plan.path = stored.path;
  plan.rows = stored.shape[0];
  for (std::size_t f = 0; f < stored.fields.size(); ++f) add_field_columns(plan, stored, 0, f, {});
  plan.datasets.push_back(std::move(stored));
  return plan;
}

bool is_complex(const h5::StoredDataset& dataset) {
  return dataset.fields.size() == 2 && dataset.fields[0].name == "r" && dataset.fields[1].name == "i";
}

RowsPlan plan_dataset(const h5::File& file, const std::string& path, const RowsOptions& options) {
  h5::StoredDataset stored = h5::describe(h5::Dataset(file, path));
  if (stored.is_compound && stored.shape.size() == 1 && !is_complex(stored)) {
    if (options.transpose)
      throw Error(ErrorCode::bad_request, "is a table, which cannot be transposed", path,
                  "leave --transpose out");
    check_shape(stored, path);
    return plan_table(std::move(stored));
  }
  if (!stored.is_number()) {
    throw Error(ErrorCode::unsupported, fmt::format("holds {}, not numbers", stored.type_name), path,
                "name a numeric dataset with --dataset");
  }
  check_shape(stored, path);
  if (stored.shape.size() != 2) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has shape {}, where rows x features is needed", h5::shape_text(stored.shape)),
                path, "reshape it to two dimensions");
  }
  return plan_matrix(file, std::move(stored), options);
}

// A group of one-dimensional datasets of one length, each a column named as it is.
RowsPlan plan_columns(const h5::File& file, const std::string& group, const RowsOptions& options) {
  RowsPlan plan;
  plan.path = group;
  plan.has_order = false;
  const std::set<std::string> wanted(options.columns.begin(), options.columns.end());
  std::string first;
  for (const h5::Link& link : h5::links_of(file.open(file.locate(group)), kMostMembers)) {
    if (!wanted.empty() && wanted.count(link.name) == 0) continue;
    const std::string path = joined_path(group, link.name);
    const h5::Handle object = file.open(file.locate(path));
    if (!h5::is_dataset(object)) continue;
    h5::StoredDataset stored = h5::describe(h5::Dataset(file, path));
    check_shape(stored, path);
    if (stored.shape.size() != 1 && !wanted.empty()) {
      throw Error(ErrorCode::unsupported,
                  fmt::format("is {} of shape {}, where a column of numbers is needed", stored.type_name,
                              h5::shape_text(stored.shape)),
                  h5::printable(path), "choose the columns with --columns");
    }
    if (stored.shape.size() != 1) continue;
    if (first.empty()) {
      first = link.name;
      plan.rows = stored.rows();
    }
    if (stored.rows() != plan.rows) {
      throw Error(ErrorCode::shape_mismatch,
                  fmt::format("has {} rows and {} has {}", stored.rows(), h5::printable(first), plan.rows),
                  h5::printable(path), "choose the columns with --columns");
    }
    plan.columns.push_back({plan.datasets.size(), 0, 0, 0, why_unreadable(stored.fields.front())});
    plan.names.push_back(link.name);
    plan.datasets.push_back(std::move(stored));
  }
  if (plan.columns.empty()) {
    throw Error(ErrorCode::bad_request, "is a group without one-dimensional datasets", group,
                "name a two-dimensional dataset with --dataset");
  }
  return plan;
}

RowsPlan plan_group(const h5::File& file, const std::string& path, const RowsOptions& options) {
  const std::optional<std::string> encoding = h5::text_attribute(file, path, "encoding-type");
  if (encoding && (*encoding == "csr_matrix" || *encoding == "csc_matrix")) {
    throw Error(ErrorCode::unsupported, fmt::format("is a sparse matrix ({})", *encoding), path,
                "write it dense, for example with adata.X = adata.X.toarray()");
  }
  if (options.transpose) {
    throw Error(ErrorCode::bad_request, "is a group, which cannot be transposed", path,
                "leave --transpose out");
  }
  const std::optional<std::string> pandas = h5::text_attribute(file, path, "pandas_type");
  if (pandas) return plan_pandas(file, path, *pandas);
  return plan_columns(file, path, options);
}

// Where the index of a frame of pandas is: a field of its table, or a dataset of its own.
std::optional<PlannedColumn> frame_index(const RowsPlan& plan) {
  for (std::size_t d = 0; d < plan.datasets.size(); ++d) {
    const std::vector<h5::StoredField>& fields = plan.datasets[d].fields;
    for (std::size_t f = 0; f < fields.size() && plan.datasets[d].is_compound; ++f)
      if (fields[f].name == "index" && fields[f].count == 1) return PlannedColumn{d, f, 0, 0, {}};
  }
  return std::nullopt;
}

// A key column: one of the columns by its name, the index of a frame, else a one-dimensional dataset.
PlannedColumn find_copy(const h5::File& file, RowsPlan& plan, const std::string& name) {
  const auto named = std::find(plan.names.begin(), plan.names.end(), name);
  if (named != plan.names.end()) {
    PlannedColumn column = plan.columns[static_cast<std::size_t>(named - plan.names.begin())];
    column.unreadable.clear();
    return column;
  }
  std::vector<std::string> places{name};
  if (name == "index" && h5::text_attribute(file, plan.path, "pandas_type")) {
    if (const std::optional<PlannedColumn> index = frame_index(plan)) return *index;
    places = {joined_path(plan.path, "axis1")};
  } else if (!name.starts_with('/')) {
    const std::string beside = folder_of(plan.path);
    places = {joined_path(beside, name)};
    if (beside != "/") places.push_back("/" + name);
  }
  for (const std::string& path : places) {
    try {
      h5::StoredDataset stored = h5::describe(h5::Dataset(file, path));
      if (stored.is_compound || stored.only().count != 1 || stored.shape.size() != 1 ||
          stored.rows() != plan.rows) {
        throw Error(ErrorCode::shape_mismatch,
                    fmt::format("is {} of shape {}, where one value for each of {} rows is needed",
                                stored.type_name, h5::shape_text(stored.shape), plan.rows),
                    h5::printable(path), "name another column with --copy");
      }
      plan.datasets.push_back(std::move(stored));
      return {plan.datasets.size() - 1, 0, 0, 0, {}};
    } catch (const Error& error) {
      if (error.code() != ErrorCode::bad_request) throw;  // not there
    }
  }
  throw Error(ErrorCode::bad_request, fmt::format("has no column {} to copy", h5::printable(name)), plan.path,
              "name a column of the rows, or a one-dimensional dataset of as many rows by its path");
}

// What to do about a column whose type cannot be copied.
std::string how_to_copy(const h5::File& file, const RowsPlan& plan, bool in_table) {
  const std::optional<std::string> pandas = h5::text_attribute(file, plan.path, "pandas_type");
  if (pandas && !in_table)
    return "write the frame with to_hdf(..., format='table'), which keeps text as text";
  if (in_table)
    return "give the field a fixed length, in NumPy with astype('S20'), and write the table again";
  return "copy numbers, booleans or text";
}

void add_copies(const h5::File& file, const RowsOptions& options, RowsPlan& plan) {
  for (const std::string& name : options.copies) {
    const PlannedColumn column = find_copy(file, plan, name);
    const h5::StoredField& field = plan.field(column);
    const bool in_table = plan.datasets[column.dataset].is_compound;
    if (!field.type || (field.type->is_variable_string() && in_table)) {
      throw Error(ErrorCode::unsupported, fmt::format("is {}, which cannot be copied", field.type_name),
                  h5::printable(name), how_to_copy(file, plan, in_table));
    }
    plan.copies.push_back(column);
  }
}

}  // namespace

RowsPlan find_rows(const h5::File& file, const RowsOptions& options) {
  const std::string path = options.dataset.empty() ? find_row_object(file) : options.dataset;
  const bool is_group = h5::is_group(file.open(file.locate(path)));
  RowsPlan plan = is_group ? plan_group(file, path, options) : plan_dataset(file, path, options);
  add_copies(file, options, plan);
  return plan;
}

}  // namespace evenscore
