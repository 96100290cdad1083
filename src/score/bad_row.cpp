#include "score/bad_row.h"

#include <algorithm>

#include "engine/unscorable_row.h"

namespace evenscore {

Error bad_row(const RowSource& source, const Program& program, const Batch& batch, std::int64_t from,
              std::int64_t n) {
  const auto begin = batch.status.begin() + from;
  const auto bad = std::find_if(begin, begin + n, [](std::uint8_t status) { return status != 0; });
  const RowPlace place = source.place_of(batch.first + (bad - batch.status.begin()));
  return engine::unscorable_row(program, batch.rows_view(n), bad - begin, static_cast<RowStatus>(*bad),
                                place.row, place.dataset, source.feature_names())
      .in_file(place.path);
}

}  // namespace evenscore
