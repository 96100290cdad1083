#include <fmt/format.h>

#include <array>

#include "cases.h"
#include "gpu_check/check_options.h"
#include "gpu_check/resident_run.h"
#include "kernels/block_checks.h"

namespace evenscore::gpu_check {
namespace {

/// Of scripts/sweep, on every instruction set (docs/arithmetic.md, section 5).
constexpr std::uint64_t kSweepTotal = 0x149d8398e7cbe6efULL;
constexpr std::size_t kOutputs = 5;
constexpr std::array<const char*, kOutputs> kOutputNames{"label_index", "status", "decision", "proba",
                                                         "log_proba"};
using Hashes = std::array<std::uint64_t, kOutputs>;

/// One Program over random rows.
struct Shape {
  std::string name;
  Program program;
  kernels::RandomRows rows;
};

std::vector<Shape> shapes() {
  std::vector<Shape> shapes;
  for (const std::int64_t features : {5, 16, 33, 128}) {
    for (const ElementType type : {ElementType::f32, ElementType::f64}) {
      for (const Arithmetic arithmetic : {Arithmetic::exact, Arithmetic::sklearn}) {
        for (const std::int32_t scores : {1, 10}) {
          const test::EngineCase c{features,
                                   scores,
                                   0,
                                   type,
                                   arithmetic,
                                   test::Scaling::folded,
                                   test::Outcome::usual,
                                   test::Values::normal,
                                   1,
                                   0,
                                   0,
                                   false};
          shapes.push_back({fmt::format("F{} {} {} K{}", features, element_name(type),
                                        arithmetic == Arithmetic::exact ? "exact" : "sklearn", scores),
                            test::make_case(c).program,
                            {1000 + shapes.size(), type, features}});
        }
      }
    }
  }
  return shapes;
}

RowsView dense_view(const Shape& shape, const std::byte* data, std::int64_t count, MemorySpace space) {
  const auto size = static_cast<std::int64_t>(element_size(shape.rows.type));
  return {data, shape.rows.type, count, shape.rows.columns, shape.rows.columns * size, size, space};
}

std::size_t bytes_of_block(const Shape& shape, std::int64_t count) {
  return static_cast<std::size_t>(count * shape.rows.columns) * element_size(shape.rows.type);
}

template <class Hash>
Hashes hashes_of(const Shape& shape, const OutputsView& view, std::int64_t count, const Hash& hash) {
  const int size = view.type == OutputType::f64 ? 8 : 4;
  return {hash(view.label_index, 4, count), hash(view.status, 1, count),
          hash(view.decision, size, count * shape.program.n_scores()),
          hash(view.proba, size, count * shape.program.n_proba()),
          hash(view.log_proba, size, count * shape.program.n_proba())};
}

Hashes host_hashes(Engine& engine, const Shape& shape, std::int64_t first, std::int64_t count,
                   OutputType type) {
  std::vector<std::byte> memory(bytes_of_block(shape, count));
  kernels::fill_random_rows(shape.rows, first, count, memory.data());
  test::Results results(shape.program, count, type);
  const OutputsView view = results.from(shape.program, 0);
  engine.run(dense_view(shape, memory.data(), count, MemorySpace::host), view);
  return hashes_of(shape, view, count, kernels::hash_elements);
}

Hashes resident_hashes(Engine& engine, const Shape& shape, std::int64_t first, std::int64_t count,
                       OutputType type, int device) {
  const kernels::DeviceMemory memory(device, bytes_of_block(shape, count));
  kernels::fill_random_rows_on(device, shape.rows, first, count, memory.as());
  const ResidentOutputs outputs(device, test::Results(shape.program, count, type));
  const OutputsView view = outputs.from(shape.program, 0);
  engine.run(dense_view(shape, memory.as(), count, MemorySpace::device), view);
  return hashes_of(shape, view, count, [device](const void* elements, int bytes, std::int64_t n) {
    return kernels::hash_elements_on(device, elements, bytes, n);
  });
}

}  // namespace

Json check_sweep(const CheckOptions& options) {
  if (options.engine != EngineKind::cuda)
    return {{"verdict", "unavailable"}, {"why", "the sweep needs a GPU"}};
  const Deadline deadline(options.seconds);
  Tally tally;
  std::uint64_t total = 0;
  int block = 0;
  for (; block < options.sweep_blocks && !deadline.passed(); ++block) {
    const std::uint64_t on_gpu = kernels::sweep_block_on(options.device, block);
    tally.compare(on_gpu == kernels::sweep_block(block), fmt::format("floats from {:#010x}", block << 24U));
    total += on_gpu;
  }
  const bool complete = block == kernels::kSweepBlocks;
  if (complete) tally.compare(total == kSweepTotal, fmt::format("all floats: {:016x}", total));
  Json result = {{"blocks", block},
                 {"floats", block * kernels::kSweepBlockFloats},
                 {"complete", complete},
                 {"hash", fmt::format("{:016x}", total)}};
  tally.add_to(result);
  return result;
}

Json check_random_rows(const CheckOptions& options) {
  const Deadline deadline(options.seconds);
  Tally tally;
  const std::vector<Shape> all = shapes();
  std::vector<std::unique_ptr<Engine>> tested, truth;
  for (const Shape& shape : all) {
    tested.push_back(make_tested_engine(options, shape.program));
    truth.push_back(make_engine(fast_truth(options), shape.program));
  }
  std::int64_t rows = 0;
  std::vector<std::int64_t> blocks_of_shape(all.size());
  for (std::int64_t block = 0; rows < options.rows && !deadline.passed(); ++block) {
    const auto s = static_cast<std::size_t>(block) % all.size();
    const Shape& shape = all[s];
    const std::int64_t first = blocks_of_shape[s] * options.block_rows;
    const OutputType type = blocks_of_shape[s]++ % 2 == 0 ? OutputType::f64 : OutputType::f32;
    const Hashes expected = host_hashes(*truth[s], shape, first, options.block_rows, type);
    const Hashes actual =
        options.engine == EngineKind::cuda
            ? resident_hashes(*tested[s], shape, first, options.block_rows, type, options.device)
            : host_hashes(*tested[s], shape, first, options.block_rows, type);
    for (std::size_t i = 0; i < kOutputs; ++i) {
      tally.compare(expected[i] == actual[i],
                    fmt::format("{} {} rows from {}: {}", shape.name, type == OutputType::f64 ? "f64" : "f32",
                                first, kOutputNames[i]));
    }
    rows += options.block_rows;
  }
  Json result = {{"rows", rows}, {"rows_wanted", options.rows}, {"block_rows", options.block_rows}};
  for (std::size_t s = 0; s < all.size(); ++s) {
    result["rows_of_shape"][all[s].name] = blocks_of_shape[s] * options.block_rows;
  }
  tally.add_to(result);
  return result;
}

}  // namespace evenscore::gpu_check
