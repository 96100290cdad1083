#include "kernel_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "engine/cuda/device_program.h"
#include "evenscore/error.h"
#include "measure/f64_operations.h"
#include "measure/reference_check.h"
#include "peer_kernels.h"

namespace evenscore::benchmarks {
namespace {

using kernels::PlanWish;
using kernels::Schedule;
using kernels::ScoreLaunch;
using measure::Limit;
using measure::TimedRun;

constexpr std::int64_t kBlockBytes = std::int64_t{64}
                                     << 20;  ///< of rows, made on the host; more than a cache
constexpr std::int64_t kSampleRows = 4096;
constexpr WantedOutputs kWanted{.label_index = true, .proba = true};
constexpr double kFreeOrderTolerance = 1e-3;

/// `count` elements near normal; the same on every machine.
template <class T>
void fill(std::byte* memory, std::int64_t count) {
  std::uint64_t state = 1;
  for (std::int64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const double sum = static_cast<double>(state >> 43U) + static_cast<double>(state >> 22U & 0x1fffff);
    const T value = static_cast<T>(sum * 0x1p-20 - 2.0);
    std::memcpy(memory + i * static_cast<std::int64_t>(sizeof value), &value, sizeof value);
  }
}

std::string name_of_plan(const ScoreLaunch& launch) {
  if (launch.schedule == Schedule::stages) return "stages";
  return fmt::format("{}, {} lanes a thread", launch.schedule == Schedule::fused_tiles ? "tiles" : "direct",
                     launch.lanes_a_thread);
}

/// Each schedule that the kernel has for such rows once, the usual choice first.
struct Plan {
  PlanWish wish;
  std::string name;
};
std::vector<Plan> plans_for(const Program& program, const RowsView& rows, const OutputsView& outputs,
                            const kernels::DeviceLimits& limits) {
  std::vector<Plan> plans;
  std::set<std::string> names;
  for (const PlanWish& wish : {PlanWish{}, PlanWish{Schedule::fused_tiles, {}},
                               PlanWish{Schedule::fused_tiles, 1}, PlanWish{Schedule::fused_direct, {}},
                               PlanWish{Schedule::fused_direct, 1}, PlanWish{Schedule::stages, {}}}) {
    const std::string name = name_of_plan(kernels::plan_score(program.view(), rows, outputs, limits, wish));
    if (names.insert(name).second) plans.push_back({wish, plans.empty() ? "chosen: " + name : name});
  }
  return plans;
}

RowsView device_rows(const KernelShape& shape, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(element_size(shape.type));
  return {nullptr, shape.type, count, shape.n_features, size * shape.n_features, size, MemorySpace::device};
}

constexpr const char* kFreeOrder = "free order and fast math, no bits kept";

}  // namespace

std::string KernelShape::name() const {
  return fmt::format("F{}/{}/K{}", n_features, element_name(type), n_scores);
}

std::vector<KernelShape> kernel_shapes() {
  std::vector<KernelShape> shapes;
  for (const std::int32_t scores : {1, 10, 100}) {
    for (const ElementType type : {ElementType::f32, ElementType::f64}) {
      for (const std::int64_t features : {5, 16, 50, 128, 500, 512})
        shapes.push_back({features, type, scores});
    }
  }
  return shapes;
}

/// One shape: its Program, its rows on the device, and what reference says about them.
struct KernelBench::Loaded {
  KernelBench& bench;
  kernels::Device& device;
  Program program;
  measure::ResultLayout layout;
  engine::cuda::DeviceProgram on_device;
  engine::cuda::DeviceBuffer folded;  ///< weights of the kernel that keeps no bits
  double folded_intercept = 0.0;
  std::vector<std::byte> block;  ///< rows that the device's repeat
  std::int64_t block_rows;
  RowsView rows;  ///< on the device
  std::unique_ptr<measure::ReferenceCheck> check;

  Loaded(KernelBench& owner, const KernelShape& shape)
      : bench(owner),
        device(owner.device_->device()),
        program(bench_program(shape.n_features, shape.n_scores, shape.type, Stages::folded)),
        layout(program, kWanted, OutputType::f32),
        on_device(device, program),
        folded(device) {
    const std::int64_t row_bytes = device_rows(shape, 0).row_stride;
    const auto available = static_cast<std::int64_t>(
        std::min(bench.options_.most_bytes,
                 (device.free_bytes() + bench.rows_.bytes() + bench.results_.bytes()) / 10 * 8));
    const std::int64_t most_rows = available / (row_bytes + std::max(row_bytes, layout.row_bytes()));
    block_rows =
        std::clamp<std::int64_t>(kBlockBytes / row_bytes / 32 * 32, 1, std::max<std::int64_t>(1, most_rows));
    const std::int64_t blocks = std::max<std::int64_t>(1, most_rows / block_rows);
    rows = device_rows(shape, blocks * block_rows);
    block.resize(static_cast<std::size_t>(block_rows * row_bytes));
    const std::int64_t elements = block_rows * shape.n_features;
    if (shape.type == ElementType::f64) {
      fill<double>(block.data(), elements);
    } else {
      fill<float>(block.data(), elements);
    }
    RowsView on_host = rows;
    on_host.data = block.data();
    on_host.count = block_rows;
    on_host.space = MemorySpace::host;
    check = std::make_unique<measure::ReferenceCheck>(program, on_host, layout, kSampleRows);
    copy_rows();
    fold(shape.type);
  }

  std::size_t rows_bytes() const { return static_cast<std::size_t>(rows.count * rows.row_stride); }
  std::span<std::uint64_t> results() const {
    return {reinterpret_cast<std::uint64_t*>(bench.results_.data()), bench.results_.bytes() / 8};
  }
  OutputsView outputs() const {
    OutputsView view = layout.view(results(), rows.count, 0);
    view.space = MemorySpace::device;
    return view;
  }

  void copy_rows() {
    const std::size_t result_bytes = 8 * static_cast<std::size_t>(layout.words(rows.count));
    if (!bench.rows_.reserve(rows_bytes()) || !bench.results_.reserve(std::max(rows_bytes(), result_bytes)))
      throw Error(ErrorCode::device_failure, "out of device memory", device.description());
    rows.data = bench.rows_.data();
    bench.device_->time([&] {
      device.copy_to_device(bench.rows_.data(), block.data(), block.size(), bench.device_->stream());
      for (std::size_t at = block.size(); at < rows_bytes(); at += block.size())
        bench.device_->copy_on_device(bench.rows_.data() + at, bench.rows_.data(), block.size());
    });
  }

  /// z = sum x w / scale + (b - sum mean w / scale): the scaler goes into the weights.
  void fold(ElementType type) {
    const Stage& stage = program.stages.back();
    if (!bench.has_free_order(program)) return;
    const double* weights = program.constants.data() + stage.weight;
    const double* means = program.constants.data() + stage.parameter;
    folded_intercept = program.constants[static_cast<std::size_t>(stage.intercept)];
    std::vector<std::byte> values(static_cast<std::size_t>(stage.n_in) * element_size(type));
    for (std::int64_t i = 0; i < stage.n_in; ++i) {
      folded_intercept -= means[i] * weights[i];
      const auto narrow = static_cast<float>(weights[i]);
      const void* value = &narrow;
      if (type == ElementType::f64) value = &weights[i];
      const std::size_t size = element_size(type);
      std::memcpy(values.data() + static_cast<std::size_t>(i) * size, value, size);
    }
    if (!folded.reserve(values.size()))
      throw Error(ErrorCode::device_failure, "out of device memory", device.description());
    bench.device_->time(
        [&] { device.copy_to_device(folded.data(), values.data(), values.size(), bench.device_->stream()); });
  }

  /// Results of the first and of the last block of rows, as a ReferenceCheck reads them.
  std::string difference_from_reference() const {
    for (const std::int64_t offset : {std::int64_t{0}, rows.count - block_rows}) {
      std::string difference =
          check->first_difference([&](std::int64_t first, std::int64_t count, const OutputsView& to) {
            read(offset + first, count, to);
          });
      if (!difference.empty()) return difference;
    }
    return {};
  }

  void read(std::int64_t first, std::int64_t count, const OutputsView& to) const {
    const OutputsView from = layout.view(results(), rows.count, first);
    bench.device_->time([&] {
      device.copy_to_host(to.label_index, from.label_index, static_cast<std::size_t>(4 * count),
                          bench.device_->stream());
      device.copy_to_host(to.proba, from.proba, static_cast<std::size_t>(4 * count * program.n_proba()),
                          bench.device_->stream());
    });
    if (bench.options_.flip_a_bit) to.label_index[count - 1] ^= 1;
  }

  /// What reads and writes no row as it should.
  void spoil() const {
    std::vector<std::byte> poison(std::min<std::size_t>(results().size_bytes(), 1 << 20), std::byte{0x5a});
    bench.device_->time([&] {
      for (std::size_t at = 0; at < results().size_bytes(); at += poison.size())
        device.copy_to_device(bench.results_.data() + at, poison.data(),
                              std::min(poison.size(), results().size_bytes() - at), bench.device_->stream());
    });
  }

  TimedRun run_of(const std::string& name, const std::function<void()>& work) {
    TimedRun run;
    run.timing.kind = EngineKind::cuda;
    run.timing.description = name;
    run.timing.rows = run.timing.batch_rows = rows.count;
    const auto read_bytes = static_cast<double>(rows_bytes());
    run.bytes = read_bytes + static_cast<double>(rows.count * layout.row_bytes());
    const double operations =
        measure::f64_operations_a_row(program, rows.type) * static_cast<double>(rows.count);
    run.needs = [read_bytes, bytes = run.bytes, operations] {
      return std::vector{read_bytes, bytes, operations};
    };
    run.seconds = [this, work] { return bench.device_->time(work); };
    return run;
  }

  void add_schedule(std::vector<TimedRun>& runs, const Plan& plan) {
    ScoreLaunch launch = kernels::plan_score(program.view(), rows, outputs(), device.limits(), plan.wish);
    const auto scratch = std::make_shared<engine::cuda::DeviceBuffer>(device);
    if (launch.scratch_bytes > 0 && !scratch->reserve(launch.scratch_bytes))
      throw Error(ErrorCode::device_failure, "out of device memory", device.description());
    launch.program = on_device.view();
    launch.scratch = reinterpret_cast<double*>(scratch->data());
    runs.push_back(
        run_of(plan.name, [this, launch, scratch] { device.launch(launch, bench.device_->stream()); }));
    runs.back().difference = [this, launch, scratch] {
      spoil();
      bench.device_->time([&] { device.launch(launch, bench.device_->stream()); });
      return difference_from_reference();
    };
  }

  void add_free_order(std::vector<TimedRun>& runs) {
    const OutputsView view = outputs();
    const FreeOrder work{rows.data,        folded.data(),
                         folded_intercept, rows.type == ElementType::f64,
                         rows.count,       static_cast<std::int32_t>(rows.columns),
                         view.label_index, static_cast<float*>(view.proba)};
    const auto go = [this, work] {
      free_order_scores(work, device.limits().multiprocessors, bench.device_->stream());
    };
    runs.push_back(run_of(kFreeOrder, go));
    runs.back().difference = [this, go] {
      spoil();
      bench.device_->time(go);
      return free_order_difference();
    };
  }

  /// Against the bits that the kernel of before gives: near is enough.
  std::string free_order_difference() const {
    const std::int64_t count = std::min(rows.count, kSampleRows);
    std::vector<std::uint64_t> expected(static_cast<std::size_t>(layout.words(count))),
        words(expected.size());
    RowsView on_host{block.data(),       rows.type,        count, rows.columns, rows.row_stride,
                     rows.column_stride, MemorySpace::host};
    make_engine(EngineKind::cpu, program)->run(on_host, layout.view(expected, count, 0));
    const OutputsView to = layout.view(words, count, 0);
    read(0, count, to);
    const auto* a = static_cast<const float*>(to.proba);
    const auto* b = static_cast<const float*>(layout.view(expected, count, 0).proba);
    for (std::int64_t i = 0; i < 2 * count; ++i) {
      if (!(std::abs(a[i] - b[i]) <= kFreeOrderTolerance)) return fmt::format("proba of row {}", i / 2);
    }
    return {};
  }

  std::vector<Limit> limits() {
    const auto bytes = static_cast<double>(rows_bytes());
    const auto* words = reinterpret_cast<const std::uint64_t*>(rows.data);
    const std::size_t count = rows_bytes() / 8;
    auto* sum = reinterpret_cast<std::uint64_t*>(bench.sum_.data());
    kernels::BenchDevice& timed = *bench.device_;
    std::function<void()> add = [&timed, words, count, sum] { timed.sum(words, count, sum); };
    if (bench.has_peers()) {
      std::size_t temporary_bytes = 0;
      cub_sum(nullptr, temporary_bytes, words, count, sum, timed.stream());
      if (!bench.temporary_.reserve(std::max<std::size_t>(1, temporary_bytes)))
        throw Error(ErrorCode::device_failure, "out of device memory", device.description());
      add = [this, &timed, words, count, sum, temporary_bytes]() mutable {
        cub_sum(bench.temporary_.data(), temporary_bytes, words, count, sum, timed.stream());
      };
    }
    return {{bench.has_peers() ? "CUB sum" : "device read",
             "bytes",
             [&timed, bytes, add] { return bytes / timed.time(add); },
             {}},
            {"device copy",
             "bytes",
             [this, &timed, bytes] {
               return 2.0 * bytes / timed.time([&] {
                 timed.copy_on_device(bench.results_.data(), rows.data, rows_bytes());
               });
             },
             {}},
            {"f64 issue",
             "operations",
             [&timed] {
               double operations = 0.0;
               const double seconds = timed.time([&] { operations = timed.issue_f64(); });
               return operations / seconds;
             },
             {}}};
  }
};

KernelBench::KernelBench(std::unique_ptr<kernels::BenchDevice> device, const Options& options)
    : device_(std::move(device)),
      options_(options),
      rows_(device_->device()),
      results_(device_->device()),
      sum_(device_->device()),
      temporary_(device_->device()) {
  if (!sum_.reserve(sizeof(std::uint64_t)))
    throw Error(ErrorCode::device_failure, "out of device memory", device_name());
}

measure::TimedGroup KernelBench::group(const KernelShape& shape) {
  loaded_.reset();
  loaded_ = std::make_shared<Loaded>(*this, shape);
  measure::TimedGroup group{BenchWay::resident, shape.name(), loaded_->limits(), {}};
  for (const Plan& plan :
       plans_for(loaded_->program, loaded_->rows, loaded_->outputs(), device_->device().limits()))
    loaded_->add_schedule(group.runs, plan);
  if (has_free_order(loaded_->program)) loaded_->add_free_order(group.runs);
  return group;
}

bool KernelBench::has_peers() const {
  return options_.peers && has_peer_kernels();
}

bool KernelBench::has_free_order(const Program& program) const {
  return has_peers() && program.n_scores() == 1 && program.stages.size() == 1;
}

std::vector<std::string> KernelBench::names(const KernelShape& shape) {
  const Program program = bench_program(shape.n_features, shape.n_scores, shape.type, Stages::folded);
  std::vector<std::string> names;
  for (const Plan& plan : plans_for(program, device_rows(shape, 1 << 20), {}, device_->device().limits()))
    names.push_back(plan.name);
  if (has_free_order(program)) names.emplace_back(kFreeOrder);
  return names;
}

}  // namespace evenscore::benchmarks
