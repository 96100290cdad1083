#include "evenscore/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evenscore/error.h"
#include "h5/rows_writer.h"
#include "score/feature_spread.h"
#include "score/made_up_rows.h"

namespace evenscore {
namespace {

constexpr std::int64_t kBatchBytes = std::int64_t{8} << 20;

}  // namespace

void imitate(GenerateJob& job, const Pipeline& pipeline) {
  job.features = pipeline.n_features();
  job.feature_names = pipeline.feature_names;
  const auto n = static_cast<std::uint64_t>(job.features);
  for (const Step& outer : pipeline.steps) {
    const Step& step = first_inside(outer);
    FeatureSpread spread = spread_of(step, n);
    job.mean = std::move(spread.mean);
    job.scale = std::move(spread.unit);
    if (!job.mean.empty() || !job.scale.empty()) return;
  }
}

bool generate(const GenerateJob& job) {
  if (job.features < 1)
    throw Error(ErrorCode::bad_request, fmt::format("{} features", job.features), "--features",
                "give at least 1");
  if (job.rows < 0) throw Error(ErrorCode::bad_request, fmt::format("{} rows", job.rows), "--rows");
  if (job.rows > (std::int64_t{1} << 60) / (8 * job.features)) {
    throw Error(ErrorCode::bad_request, "more rows than a file can hold", "--rows");
  }
  if (job.type != ElementType::f32 && job.type != ElementType::f64) {
    throw Error(ErrorCode::bad_request, fmt::format("rows of {} are not generated", element_name(job.type)),
                "--dtype", "use f32 or f64");
  }
  if (job.gzip_level > 0 && job.chunk_rows == 0) {
    throw Error(ErrorCode::bad_request, "compression needs chunks", "--compress", "add --chunk-rows 16384");
  }
  h5::RowsDataset dataset;
  dataset.type = job.type;
  dataset.rows = job.rows;
  dataset.columns = job.features;
  dataset.feature_names = job.feature_names;
  dataset.chunk_rows = job.chunk_rows;
  dataset.gzip_level = job.gzip_level;
  h5::RowsWriter writer(job.output_path, dataset, job.overwrite);
  const std::int64_t row_bytes = job.features * static_cast<std::int64_t>(element_size(job.type));
  std::int64_t batch_rows = std::max<std::int64_t>(1, kBatchBytes / row_bytes);
  // Whole chunks, so that none is compressed twice.
  if (job.chunk_rows > 0) batch_rows = std::max(job.chunk_rows, batch_rows / job.chunk_rows * job.chunk_rows);
  batch_rows = std::min(batch_rows, std::max<std::int64_t>(job.rows, 1));
  std::vector<std::byte> buffer(static_cast<std::size_t>(batch_rows * row_bytes));
  for (std::int64_t row = 0; row < job.rows; row += batch_rows) {
    if (job.cancelled != nullptr && job.cancelled->load()) return false;
    const std::int64_t n = std::min(batch_rows, job.rows - row);
    make_up_rows(job, row, n, buffer.data());
    writer.write(row, n, buffer.data());
    if (job.progress) job.progress({row + n, job.rows, (row + n) * row_bytes});
  }
  writer.finish();
  return true;
}

}  // namespace evenscore
