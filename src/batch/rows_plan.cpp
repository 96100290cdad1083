#include "batch/rows_plan.h"

#include <algorithm>

#include "evenscore/error.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kLongestPath = 64 << 10;
constexpr std::uint64_t kLongestReason = 4096;
constexpr std::uint64_t kMostCopies = 1024;

void write_columns(h5::AnswerWriter& out, const std::vector<PlannedColumn>& columns) {
  out.number(columns.size());
  for (const PlannedColumn& column : columns) {
    out.number(column.dataset);
    out.number(column.field);
    out.number(column.item);
    out.number(column.column);
    out.text(column.unreadable);
  }
}

// Whether an element of `dataset` has rows of its own along the row dimension, and a `column` beside it.
void check_column(const RowsPlan& plan, const PlannedColumn& column, bool is_copy) {
  const h5::StoredDataset& dataset = plan.datasets[column.dataset];
  if (!column.unreadable.empty()) return;
  const h5::StoredField& field = dataset.fields[column.field];
  if (!field.type || (field.type->is_variable_string() && (!is_copy || dataset.is_compound)))
    h5::refuse_answer("a column of no value");
  if (column.item >= field.count) h5::refuse_answer("a column outside its field");
  const std::size_t dimensions = dataset.shape.size();
  if (dimensions != 1 && dimensions != 2) h5::refuse_answer("a column of another shape");
  const std::size_t row_axis = plan.is_turned(dataset) ? 1 : 0;
  const std::uint64_t beside = dimensions == 1 ? 1 : dataset.shape[1 - row_axis];
  if (column.column >= beside) h5::refuse_answer("a column outside its dataset");
  if (dataset.shape[row_axis] != plan.rows) h5::refuse_answer("a column of another number of rows");
  if (dataset.layout == h5::Layout::chunked && dataset.chunks.empty() && dataset.elements() != 0)
    h5::refuse_answer("a column without its chunks");
}

std::vector<PlannedColumn> read_columns(h5::AnswerReader& in, const RowsPlan& plan, std::uint64_t most,
                                        bool are_copies) {
  constexpr std::uint64_t kBytes = 5 * sizeof(std::uint64_t);
  const std::uint64_t count = in.number(std::min<std::uint64_t>(most, in.left() / kBytes));
  std::vector<PlannedColumn> columns(static_cast<std::size_t>(count));
  for (PlannedColumn& column : columns) {
    column.dataset = static_cast<std::size_t>(in.number());
    if (column.dataset >= plan.datasets.size()) h5::refuse_answer("a column of no dataset");
    column.field = static_cast<std::size_t>(in.number());
    if (column.field >= plan.datasets[column.dataset].fields.size())
      h5::refuse_answer("a column of no field");
    column.item = in.number();
    column.column = in.number();
    column.unreadable = in.text(kLongestReason);
    check_column(plan, column, are_copies);
  }
  return columns;
}

}  // namespace

void write_plan(h5::AnswerWriter& out, const RowsPlan& plan) {
  out.text(plan.path);
  out.number(plan.rows);
  out.small(plan.transposed ? 1 : 0);
  out.small(plan.has_order ? 1 : 0);
  out.number(plan.datasets.size());
  for (const h5::StoredDataset& dataset : plan.datasets) h5::write_stored(out, dataset);
  write_columns(out, plan.columns);
  write_columns(out, plan.copies);
  out.texts(plan.names);
}

RowsPlan read_plan(h5::AnswerReader& in, std::uint64_t file_bytes) {
  RowsPlan plan;
  plan.path = in.text(kLongestPath);
  plan.rows = in.number(kMostRows);
  plan.transposed = in.truth();
  plan.has_order = in.truth();
  const std::uint64_t datasets = in.number(kMostMembers);
  for (std::uint64_t i = 0; i < datasets; ++i) plan.datasets.push_back(h5::read_stored(in, file_bytes));
  plan.columns = read_columns(in, plan, kMostColumns, false);
  plan.copies = read_columns(in, plan, kMostCopies, true);
  plan.names = in.texts(kMostColumns, kLongestPath);
  if (!plan.names.empty() && plan.names.size() != plan.columns.size())
    h5::refuse_answer("another number of names");
  for (const std::string& name : plan.names)
    if (!h5::is_utf8(name)) h5::refuse_answer("a name is not UTF-8");
  return plan;
}

}  // namespace evenscore
