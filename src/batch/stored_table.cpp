#include "batch/stored_table.h"

#include <utility>

namespace evenscore {
namespace {

constexpr std::size_t kMostKept = std::size_t{64} << 20;

std::uint64_t columns_of(const h5::StoredDataset& dataset, bool transposed) {
  return dataset.shape.size() == 2 ? dataset.shape[transposed ? 0 : 1] : 1;
}

StoredRows whole_rows(const h5::InputFile& input, h5::StoredDataset dataset, ElementType as,
                      bool transposed) {
  const h5::StoredType& type = *dataset.only().type;
  const std::size_t size = type.is_number() ? element_size(as) : type.string_bytes;
  const std::uint64_t columns = columns_of(dataset, transposed);
  std::vector<RowValue> values;
  for (std::uint64_t i = 0; i < columns; ++i)
    values.push_back({0, 0, i, static_cast<std::size_t>(i) * size, as});
  return {input, std::move(dataset), transposed, values, static_cast<std::size_t>(columns) * size, kMostKept};
}

}  // namespace

StoredTable::StoredTable(h5::InputFile input, h5::StoredDataset dataset, ElementType as, bool transposed,
                         int threads)
    : input_(std::move(input)),
      columns_(columns_of(dataset, transposed)),
      rows_(whole_rows(input_, std::move(dataset), as, transposed)),
      pool_(threads) {}

void StoredTable::read(std::uint64_t first, std::uint64_t n, std::byte* to) {
  StoredRows::Pieces pieces;
  rows_.add_pieces(first, n, to, pool_.threads(), pieces);
  pieces.run(pool_);
  input_.check_unchanged();
}

}  // namespace evenscore
