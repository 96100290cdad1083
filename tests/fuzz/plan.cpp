// What a process that parsed a file of rows answers, to a checked plan; then rows of the file by it.
#include <algorithm>
#include <map>

#include "batch/rows_plan.h"
#include "batch/stored_rows.h"
#include "evenscore/error.h"
#include "fuzz/targets.h"
#include "support/memory_file.h"
#include "support/plan_sample.h"

namespace evenscore::fuzz {
namespace {

constexpr std::uint64_t kMostFile = 1 << 20, kMostBand = 1 << 20, kMostRowBytes = 64 << 10,
                        kMostColumns = 256;

// The type in which the values of a column are read, other than their own where that is exact.
ElementType read_as(const h5::StoredField& field, std::size_t index) {
  const ElementType own = field.type->element;
  const bool widens = index % 3 == 1 && own != ElementType::i64 && own != ElementType::u64;
  return field.type->is_number() && widens ? ElementType::f64 : own;
}

std::size_t bytes_of(const h5::StoredField& field, ElementType as) {
  return field.type->is_number() ? element_size(as) : field.type->size();
}

void read_range(StoredRows& rows, std::uint64_t first, std::uint64_t n) {
  if (first >= rows.rows()) return;
  n = std::min(n, rows.rows() - first);
  std::vector<std::byte> read(static_cast<std::size_t>(n) * rows.row_bytes());
  StoredRows::Pieces pieces;
  rows.add_pieces(first, n, read.data(), 2, pieces);
  std::size_t thread = 0;
  for (const std::vector<StoredRows::Piece>* some : {&pieces.first, &pieces.then}) {
    for (const StoredRows::Piece& piece : *some) {
      try {
        piece(thread++ % 2);
      } catch (const Error& error) {
        expect(!error.file().empty() && !error.place().empty());
      }
    }
  }
}

void read_dataset(const h5::InputFile& input, const RowsPlan& plan, std::size_t dataset,
                  const std::vector<PlannedColumn>& columns) {
  std::vector<RowValue> values;
  std::size_t row_bytes = 0;
  for (std::size_t i = 0; i < columns.size() && i < kMostColumns; ++i) {
    const h5::StoredField& field = plan.field(columns[i]);
    const ElementType as = read_as(field, i);
    values.push_back({columns[i].field, columns[i].item, columns[i].column, row_bytes, as});
    row_bytes += bytes_of(field, as);
  }
  if (row_bytes > kMostRowBytes) return;
  const h5::StoredDataset& stored = plan.datasets[dataset];
  for (const std::size_t kept : {std::size_t{0}, std::size_t{kMostBand}}) {
    StoredRows rows(input, stored, plan.is_turned(stored), values, row_bytes, kept);
    if (rows.band_bytes() > kMostBand) return;
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{3}, rows.rows() / 2, rows.rows() - 1})
      read_range(rows, first, 5);
  }
}

}  // namespace

void plan(std::span<const std::byte> bytes) {
  const auto sample = test::read_plan_sample(bytes);
  if (!sample || sample->file_bytes == 0) return;
  const std::uint64_t file_bytes = std::min<std::uint64_t>(sample->file_bytes, kMostFile);
  try {
    h5::AnswerReader in(sample->plan);
    const RowsPlan read = read_plan(in, file_bytes);
    in.finish();
    h5::AnswerWriter out;
    write_plan(out, read);
    const std::vector<std::byte> again = out.take();
    expect(again.size() <= sample->plan.size());  // an attribute may be told of twice

    static test::MemoryFile file;
    const h5::InputFile input = file.filled(sample->file, file_bytes);
    std::map<std::size_t, std::vector<PlannedColumn>> columns;
    for (const auto* of_plan : {&read.columns, &read.copies})
      for (const PlannedColumn& column : *of_plan)
        if (column.unreadable.empty()) columns[column.dataset].push_back(column);
    for (const auto& [dataset, of_dataset] : columns) read_dataset(input, read, dataset, of_dataset);
  } catch (const Error&) {
  }
}

}  // namespace evenscore::fuzz
