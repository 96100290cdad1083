#include "batch/pandas_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "batch/name_list.h"
#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/describe.h"
#include "h5/text.h"
#include "pickle/parse.h"

namespace evenscore {
namespace {

constexpr int kMostBlocks = 1024;

Error damaged(const std::string& path, const std::string& cause) {
  return Error(ErrorCode::corrupt_file, "is a frame of pandas that " + cause, h5::printable(path),
               "write it again with DataFrame.to_hdf");
}

bool has(const h5::File& file, const std::string& path) {
  try {
    file.locate(path);
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::bad_request) return false;
    throw;
  }
}

// Puts the columns into the order of `list`, which must be all of them, each once. Columns that are numbered
// have no names that a model could know.
void put_in_order(RowsPlan& plan, const NameList& list) {
  std::map<std::string, PlannedColumn> by_name;
  for (std::size_t i = 0; i < plan.names.size(); ++i) {
    if (!by_name.emplace(plan.names[i], plan.columns[i]).second)
      throw damaged(plan.path, fmt::format("holds {} twice", h5::printable(plan.names[i])));
  }
  std::vector<PlannedColumn> columns;
  for (const std::string& name : list.names) {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      throw damaged(plan.path, fmt::format("has no values of {}", h5::printable(name)));
    columns.push_back(found->second);
  }
  const std::set<std::string> once(list.names.begin(), list.names.end());
  if (columns.size() != by_name.size() || once.size() != list.names.size())
    throw damaged(plan.path, "names other columns than it has values of");
  plan.columns = std::move(columns);
  plan.names = list.is_text ? list.names : std::vector<std::string>{};
}

// block0_items names the columns of block0_values (rows, columns); so does every other block.
RowsPlan plan_fixed(const h5::File& file, const std::string& path) {
  RowsPlan plan;
  plan.path = path;
  bool has_rows = false;
  for (int block = 0; block < kMostBlocks; ++block) {
    const std::string items_path = fmt::format("{}/block{}_items", path, block);
    if (!has(file, items_path)) break;
    const std::vector<std::string> items = read_names(file, items_path).names;
    h5::StoredDataset values = h5::describe(h5::Dataset(file, fmt::format("{}/block{}_values", path, block)));
    const std::string why = why_unreadable(values.fields.front());
    if (values.is_compound || !why.empty() || values.shape.size() != 2) {
      const bool is_matrix = values.shape.size() == 2 && values.shape[1] == items.size();
      for (std::size_t i = 0; i < items.size(); ++i) {
        plan.columns.push_back(
            {plan.datasets.size(), 0, 0, is_matrix ? i : 0, why.empty() ? "is no column of numbers" : why});
        plan.names.push_back(items[i]);
      }
    } else {
      if (values.shape[1] != items.size() || (has_rows && values.shape[0] != plan.rows))
        throw damaged(values.path, fmt::format("has shape {}", h5::shape_text(values.shape)));
      plan.rows = values.shape[0];
      has_rows = true;
      for (std::size_t i = 0; i < items.size(); ++i) {
        plan.columns.push_back({plan.datasets.size(), 0, 0, i, {}});
        plan.names.push_back(items[i]);
      }
    }
    plan.datasets.push_back(std::move(values));
  }
  put_in_order(plan, read_names(file, path + "/axis0"));
  return plan;
}

// A list of names, or of integers alone.
std::optional<NameList> list_of_names(const pickle::Document& document, pickle::NodeId id) {
  if (document.kind(id) != pickle::Kind::list) return std::nullopt;
  NameList list;
  std::size_t integers = 0;
  for (const pickle::NodeId item : document.items(id)) {
    if (document.kind(item) == pickle::Kind::integer) {
      list.names.push_back(std::to_string(document.integer(item)));
      ++integers;
    } else if (document.kind(item) == pickle::Kind::string) {
      list.names.emplace_back(document.string(item));
    } else {
      return std::nullopt;
    }
  }
  if (integers != 0 && integers != list.names.size()) return std::nullopt;
  list.is_text = integers == 0;
  return list;
}

// PyTables keeps lists as pickles in attributes. Reading one runs nothing.
std::optional<pickle::Document> unpickled(const std::map<std::string, std::vector<std::string>>& attributes,
                                          const std::string& name) {
  const auto found = attributes.find(name);
  if (found == attributes.end() || found->second.size() != 1) return std::nullopt;
  return pickle::parse(std::as_bytes(std::span(found->second.front())), {}, pickle::Limits{});
}

// [(1, ['a', 'b', ...])]: the columns in the frame's order.
std::optional<NameList> frame_order(const std::map<std::string, std::vector<std::string>>& attributes) {
  const std::optional<pickle::Document> axes = unpickled(attributes, "non_index_axes");
  if (!axes || axes->kind(axes->root()) != pickle::Kind::list || axes->items(axes->root()).size() != 1)
    return std::nullopt;
  const pickle::NodeId first = axes->items(axes->root())[0];
  if (axes->kind(first) != pickle::Kind::tuple || axes->items(first).size() != 2) return std::nullopt;
  return list_of_names(*axes, axes->items(first)[1]);
}

// A table of structures: columns that have a field of their own, and blocks of columns as arrays.
RowsPlan plan_frame_table(const h5::File& file, const std::string& path) {
  RowsPlan plan;
  plan.path = path;
  h5::StoredDataset table = h5::describe(h5::Dataset(file, path + "/table"));
  if (!table.is_compound || table.shape.size() != 1) throw damaged(table.path, "is no table");
  plan.rows = table.shape[0];
  for (std::size_t f = 0; f < table.fields.size(); ++f) {
    const std::string& name = table.fields[f].name;
    if (name == "index") continue;
    std::vector<std::string> names;
    if (name.starts_with("values_block_")) {
      const std::optional<pickle::Document> kind = unpickled(table.texts, name + "_kind");
      const auto listed = kind ? list_of_names(*kind, kind->root()) : std::nullopt;
      if (!listed || listed->names.size() != table.fields[f].count)
        throw damaged(table.path, fmt::format("does not name the columns of {}", h5::printable(name)));
      names = listed->names;
    }
    add_field_columns(plan, table, 0, f, names);
  }
  plan.datasets.push_back(std::move(table));
  const std::optional<NameList> order = frame_order(h5::attributes_of(file, path));
  if (!order) {
    throw Error(ErrorCode::unsupported,
                "is a frame of pandas that names its columns by something else than text",
                h5::printable(path), "give the frame's columns text names before to_hdf");
  }
  put_in_order(plan, *order);
  return plan;
}

}  // namespace

std::string why_unreadable(const h5::StoredField& field) {
  if (field.type && field.type->is_number()) return {};
  return fmt::format("is {}, where a number is needed", field.type_name);
}

void add_field_columns(RowsPlan& plan, const h5::StoredDataset& stored, std::size_t dataset,
                       std::size_t field, const std::vector<std::string>& names) {
  const h5::StoredField& of = stored.fields[field];
  const std::string why = why_unreadable(of);
  if (of.count + plan.columns.size() > kMostColumns)
    throw Error(ErrorCode::limit_exceeded, fmt::format("has more than {} columns", kMostColumns),
                stored.path);
  const bool is_text = of.type && !of.type->is_number();
  const std::uint64_t values = why.empty() || is_text ? of.count : 1;
  for (std::uint64_t item = 0; item < values; ++item) {
    plan.columns.push_back({dataset, field, item, 0, why});
    plan.names.push_back(names.size() == of.count ? names[static_cast<std::size_t>(item)]
                         : of.count == 1          ? of.name
                                                  : fmt::format("{}_{}", of.name, item));
  }
}

RowsPlan plan_pandas(const h5::File& file, const std::string& path, const std::string& kind) {
  if (kind == "frame") return plan_fixed(file, path);
  if (kind == "frame_table") return plan_frame_table(file, path);
  throw Error(ErrorCode::unsupported, fmt::format("is a {} of pandas", h5::printable(kind)),
              h5::printable(path), "write a DataFrame with to_hdf");
}

}  // namespace evenscore
