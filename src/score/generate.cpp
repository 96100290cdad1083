#include "evenscore/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "evenscore/error.h"
#include "h5/rows_writer.h"
#include "score/feature_spread.h"

namespace evenscore {
namespace {

constexpr std::int64_t kBatchBytes = std::int64_t{8} << 20;

/// splitmix64's finaliser: a hash, so that any value can be made by itself.
std::uint64_t hash(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Four uniform 16-bit numbers added: mean 0, standard deviation 1, within 3.47, and exact arithmetic but for
/// one product.
double nearly_normal(std::uint64_t bits) {
  std::int64_t sum = -2 * 65535;
  for (int shift = 0; shift < 64; shift += 16) sum += static_cast<std::int64_t>(bits >> shift & 0xffff);
  constexpr double kPerDeviation = 0x1.bb67ae8584caap-16;  // sqrt(3) / 65536
  return static_cast<double>(sum) * kPerDeviation;
}

template <class T>
void fill(const GenerateJob& job, std::int64_t first, std::int64_t n, std::byte* destination) {
  const auto columns = static_cast<std::size_t>(job.features);
  auto* out = reinterpret_cast<T*>(destination);
  for (std::int64_t row = first; row < first + n; ++row) {
    for (std::size_t i = 0; i < columns; ++i) {
      const std::uint64_t index = static_cast<std::uint64_t>(row) * columns + i;
      const double normal = nearly_normal(hash(index * 0x9e3779b97f4a7c15ULL + hash(job.seed + 1)));
      const double scaled = job.scale.empty() ? normal : normal * job.scale[i];
      *out++ = static_cast<T>(job.mean.empty() ? scaled : job.mean[i] + scaled);
    }
  }
}

}  // namespace

void imitate(GenerateJob& job, const Pipeline& pipeline) {
  job.features = pipeline.n_features();
  job.feature_names = pipeline.feature_names;
  const auto n = static_cast<std::uint64_t>(job.features);
  for (const Step& step : pipeline.steps) {
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
    job.type == ElementType::f32 ? fill<float>(job, row, n, buffer.data())
                                 : fill<double>(job, row, n, buffer.data());
    writer.write(row, n, buffer.data());
    if (job.progress) job.progress({row + n, job.rows, (row + n) * row_bytes});
  }
  writer.finish();
  return true;
}

}  // namespace evenscore
