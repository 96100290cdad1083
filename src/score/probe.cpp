#include "evenscore/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "evenscore/arith/column.h"
#include "evenscore/arith/ops.h"
#include "evenscore/error.h"
#include "evenscore/views.h"
#include "score/feature_spread.h"
#include "score/made_up_rows.h"

namespace evenscore {
namespace {

constexpr std::size_t kMostProbeBytes = 1 << 20;

/// Outputs of one run over a probe set's rows.
struct Outputs {
  std::vector<std::int32_t> label_index;
  std::vector<double> decision_f64, proba_f64;
  std::vector<float> decision_f32, proba_f32;
};

Outputs run(Engine& engine, const Program& program, ElementType type, const std::vector<std::byte>& rows,
            std::int64_t count) {
  const auto size = static_cast<std::int64_t>(element_size(type));
  const RowsView view{rows.data(),      type, count, program.n_features(), size * program.n_features(), size,
                      MemorySpace::host};
  const auto n = static_cast<std::size_t>(count);
  Outputs out;
  if (!program.is_regressor()) out.label_index.resize(n);
  out.decision_f64.resize(n * static_cast<std::size_t>(program.n_scores()));
  out.decision_f32.resize(out.decision_f64.size());
  out.proba_f64.resize(n * static_cast<std::size_t>(program.n_proba()));
  out.proba_f32.resize(out.proba_f64.size());
  OutputsView f64;
  f64.label_index = program.is_regressor() ? nullptr : out.label_index.data();
  f64.decision = out.decision_f64.data();
  f64.proba = program.has_proba() ? out.proba_f64.data() : nullptr;
  engine.run(view, f64);
  OutputsView f32;
  f32.type = OutputType::f32;
  f32.decision = out.decision_f32.data();
  f32.proba = program.has_proba() ? out.proba_f32.data() : nullptr;
  engine.run(view, f32);
  return out;
}

/// Where a row of means would lie, and one unit of each feature. Read off the first step, if it is a scaler.
FeatureSpread centre_of(const Pipeline& pipeline) {
  const auto n = static_cast<std::size_t>(pipeline.n_features());
  FeatureSpread centre = spread_of(first_inside(pipeline.steps.front()), n);
  if (centre.mean.empty()) centre.mean.assign(n, 0.0);
  if (centre.unit.empty()) centre.unit.assign(n, 1.0);
  return centre;
}

/// What the stages before the linear one make of x[i] in a Program of column stages and one linear one, clips
/// and roundings left out: slope[i] * x[i] + offset[i].
struct ColumnMap {
  std::vector<double> slope, offset;
};

ColumnMap columns_of(const Program& program) {
  const auto n = static_cast<std::size_t>(program.n_features());
  ColumnMap map{std::vector<double>(n, 1.0), std::vector<double>(n, 0.0)};
  for (const Stage& stage : program.stages) {
    for (std::size_t i = 0; i < n; ++i) {
      const double p = program.constants[static_cast<std::size_t>(stage.parameter) + i];
      if (stage.kind == StageKind::subtract || stage.kind == StageKind::affine_centered) map.offset[i] -= p;
      if (stage.kind == StageKind::add) map.offset[i] += p;
      if (stage.kind == StageKind::multiply) map.slope[i] *= p, map.offset[i] *= p;
      if (stage.kind == StageKind::divide) map.slope[i] /= p, map.offset[i] /= p;
    }
  }
  return map;
}

/// Whether every stage but the last treats each column by itself, and the last is linear.
bool is_linear_in_columns(const Program& program) {
  for (const Stage& stage : program.stages) {
    const bool last = &stage == &program.stages.back();
    if (last ? !arith::is_linear(stage.kind) : !arith::is_fusible_column_stage(stage.kind)) return false;
  }
  return true;
}

/// Score of the first class boundary along `direction` from the mean: rows at mean + t * direction * unit.
std::vector<double> row_at(const FeatureSpread& centre, const std::vector<double>& direction, double t) {
  std::vector<double> row(centre.mean);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] += t * direction[i] * centre.unit[i];
  return row;
}

/// Rows in the making, at most as many bytes as a set may take.
class ProbeRows {
 public:
  explicit ProbeRows(const std::vector<double>& first) : n_(first.size()), rows_(first) {}
  bool has_room(std::size_t more) const {
    const std::size_t most =
        std::max<std::size_t>(12, kMostProbeBytes / sizeof(double) / std::max<std::size_t>(n_, 1));
    return rows_.size() / n_ + more <= most;
  }
  void add(const std::vector<double>& row) { rows_.insert(rows_.end(), row.begin(), row.end()); }
  const std::vector<double>& values() const { return rows_; }

 private:
  std::size_t n_;
  std::vector<double> rows_;
};

/// Far out both ways and on the boundary of every score: each score is moved along the signs of its weights,
/// where one unit changes it by the sum of their magnitudes.
void add_boundaries(const Program& program, const FeatureSpread& centre, ProbeRows& rows) {
  const Stage& linear = program.stages.back();
  const ColumnMap columns = columns_of(program);
  const std::size_t n = centre.mean.size();
  for (std::int64_t k = 0; k < linear.n_out && rows.has_room(7); ++k) {
    const double* w = program.constants.data() + linear.weight + k * linear.n_in;
    std::vector<double> direction(n);
    double slope = 0.0;
    double at_centre = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      direction[i] = w[i] < 0.0 ? -1.0 : 1.0;
      slope += std::fabs(w[i] * columns.slope[i] * centre.unit[i]);
      at_centre += w[i] * (columns.slope[i] * centre.mean[i] + columns.offset[i]);
    }
    if (!(slope > 0.0) || !std::isfinite(slope)) continue;
    at_centre += program.constants[static_cast<std::size_t>(linear.intercept + k)];
    for (const double z : {-700.0, -30.0, 0.0, 0x1p-40, 30.0, 700.0})
      rows.add(row_at(centre, direction, (z - at_centre) / slope));
  }
}

/// For any other Program: rows all around, near and far, and a value missing in each column that may miss
/// one.
void add_surroundings(const Program& program, const FeatureSpread& centre, ProbeRows& rows) {
  constexpr std::int64_t kRows = 24;
  GenerateJob job;
  job.features = program.n_features();
  job.type = ElementType::f64;
  std::vector<double> direction(centre.mean.size());
  for (std::int64_t r = 0; r < kRows && rows.has_room(1); ++r) {
    make_up_rows(job, r, 1, reinterpret_cast<std::byte*>(direction.data()));
    const double reach = r % 3 == 0 ? 0.25 : r % 3 == 1 ? 1.5 : 40.0;
    rows.add(row_at(centre, direction, reach));
  }
  rows.add(std::vector<double>(centre.mean.size(), 0.0));
  std::vector<double> missing = centre.mean;
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (program.validity[i] != Validity::finite && i % 2 == 0)
      missing[i] = std::numeric_limits<double>::quiet_NaN();
  }
  rows.add(missing);
}

/// f64 rows: the mean, what shows the bounds of the Program, and each feature moved up and down.
std::vector<double> probe_rows(const Pipeline& pipeline) {
  const Program program = compile(pipeline);
  const FeatureSpread centre = centre_of(pipeline);
  const std::size_t n = centre.mean.size();
  ProbeRows rows(centre.mean);
  is_linear_in_columns(program) ? add_boundaries(program, centre, rows)
                                : add_surroundings(program, centre, rows);
  for (std::size_t i = 0; i < n && rows.has_room(2); ++i) {
    for (const double t : {-1.5, 2.0}) {
      std::vector<double> row(centre.mean);
      row[i] += t * centre.unit[i];
      rows.add(row);
    }
  }
  // A row that is not finite shows nothing about arithmetic, unless it has missing values to replace.
  std::vector<double> finite;
  for (std::size_t r = 0; r < rows.values().size(); r += n) {
    const auto begin = rows.values().begin() + static_cast<std::ptrdiff_t>(r);
    const auto end = begin + static_cast<std::ptrdiff_t>(n);
    const bool usable = std::all_of(begin, end, [](double x) { return !std::isinf(arith::narrow(x)); });
    if (usable) finite.insert(finite.end(), begin, end);
  }
  return finite;
}

template <class T>
std::vector<std::byte> to_bytes(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string set_name(const ProbeSet& probe) {
  return fmt::format("/probe/{}/{}", probe.rows_type == ElementType::f64 ? "f64" : "f32",
                     probe.arithmetic == Arithmetic::exact ? "exact" : "sklearn");
}

template <class T>
std::uint64_t bits_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return arith::bits_of(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

template <class T>
void compare(const ProbeSet& probe, const char* output, const std::vector<T>& expected,
             const std::vector<T>& actual, const std::string& engine) {
  if (expected.size() != actual.size()) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("{} of the probe rows has another size than the model gives", output),
                set_name(probe), "import the model again");
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (bits_of(expected[i]) == bits_of(actual[i])) continue;
    const std::size_t row = i / (expected.size() / static_cast<std::size_t>(probe.count));
    throw Error(ErrorCode::arithmetic_failure,
                fmt::format("probe row {}: {} is {} on {}, where the model was proven to give {}", row,
                            output, actual[i], engine, expected[i]),
                set_name(probe),
                "this device does not compute as it must, so nothing was scored; run `evenscore doctor`");
  }
}

}  // namespace

std::vector<ProbeSet> make_probes(const Pipeline& pipeline) {
  const std::vector<double> f64_rows = probe_rows(pipeline);
  std::vector<float> f32_rows(f64_rows.size());
  for (std::size_t i = 0; i < f64_rows.size(); ++i) f32_rows[i] = arith::narrow(f64_rows[i]);
  const auto count = static_cast<std::int64_t>(f64_rows.size()) / pipeline.n_features();
  std::vector<ProbeSet> probes;
  for (const auto& [type, arithmetic] :
       {std::pair{ElementType::f64, Arithmetic::exact}, std::pair{ElementType::f32, Arithmetic::exact},
        std::pair{ElementType::f32, Arithmetic::sklearn}}) {
    Program program;
    try {
      program = compile(pipeline, {arithmetic, type});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::unsupported && arithmetic == Arithmetic::sklearn) continue;
      throw;
    }
    ProbeSet probe;
    probe.rows_type = type;
    probe.arithmetic = arithmetic;
    probe.count = count;
    probe.rows = type == ElementType::f64 ? to_bytes(f64_rows) : to_bytes(f32_rows);
    Outputs out = run(*make_engine(EngineKind::reference, program), program, type, probe.rows, count);
    probe.label_index = std::move(out.label_index);
    probe.decision_f64 = std::move(out.decision_f64);
    probe.decision_f32 = std::move(out.decision_f32);
    probe.proba_f64 = std::move(out.proba_f64);
    probe.proba_f32 = std::move(out.proba_f32);
    probes.push_back(std::move(probe));
  }
  return probes;
}

void check_probes(const Pipeline& pipeline, const std::vector<ProbeSet>& probes, EngineKind kind,
                  const EngineOptions& options, const EngineFactory& make) {
  for (const ProbeSet& probe : probes) {
    const Program program = compile(pipeline, {probe.arithmetic, probe.rows_type});
    for (const EngineOptions& one_device : options_of_each_device(kind, options)) {
      const std::unique_ptr<Engine> engine = make(kind, program, one_device);
      const Outputs out = run(*engine, program, probe.rows_type, probe.rows, probe.count);
      const std::string name = engine->description();
      compare(probe, "label_index", probe.label_index, out.label_index, name);
      compare(probe, "decision_f64", probe.decision_f64, out.decision_f64, name);
      compare(probe, "decision_f32", probe.decision_f32, out.decision_f32, name);
      compare(probe, "proba_f64", probe.proba_f64, out.proba_f64, name);
      compare(probe, "proba_f32", probe.proba_f32, out.proba_f32, name);
    }
  }
}

}  // namespace evenscore
