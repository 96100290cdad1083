#include "evenscore/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "evenscore/arith/ops.h"
#include "evenscore/error.h"
#include "evenscore/views.h"
#include "score/feature_spread.h"

namespace evenscore {
namespace {

constexpr std::int64_t kMostProbeBytes = 1 << 20;

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
  out.label_index.resize(n);
  out.decision_f64.resize(n * static_cast<std::size_t>(program.n_scores()));
  out.decision_f32.resize(out.decision_f64.size());
  out.proba_f64.resize(n * static_cast<std::size_t>(program.n_classes));
  out.proba_f32.resize(out.proba_f64.size());
  OutputsView f64;
  f64.label_index = out.label_index.data();
  f64.decision = out.decision_f64.data();
  f64.proba = out.proba_f64.data();
  engine.run(view, f64);
  OutputsView f32;
  f32.type = OutputType::f32;
  f32.decision = out.decision_f32.data();
  f32.proba = out.proba_f32.data();
  engine.run(view, f32);
  return out;
}

/// Where a row of means would lie, and one unit of each feature. Read off the first step, if it is a scaler.
FeatureSpread centre_of(const Pipeline& pipeline) {
  const auto n = static_cast<std::size_t>(pipeline.n_features());
  FeatureSpread centre = spread_of(pipeline.steps.front(), n);
  if (centre.mean.empty()) centre.mean.assign(n, 0.0);
  if (centre.unit.empty()) centre.unit.assign(n, 1.0);
  return centre;
}

/// What the stages before the linear one make of x[i], clips and roundings left out: slope[i] * x[i] +
/// offset[i].
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

/// Score of the first class boundary along `direction` from the mean: rows at mean + t * direction * unit.
std::vector<double> row_at(const FeatureSpread& centre, const std::vector<double>& direction, double t) {
  std::vector<double> row(centre.mean);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] += t * direction[i] * centre.unit[i];
  return row;
}

/// f64 rows: the mean, each feature moved up and down, far out both ways, and on the boundary of every score.
std::vector<double> probe_rows(const Pipeline& pipeline) {
  const Program program = compile(pipeline);
  const Stage& linear = program.stages.back();
  const FeatureSpread centre = centre_of(pipeline);
  const ColumnMap columns = columns_of(program);
  const auto n = static_cast<std::size_t>(program.n_features());
  const std::int64_t most_rows =
      std::max<std::int64_t>(12, kMostProbeBytes / 8 / std::max<std::int64_t>(program.n_features(), 1));
  std::vector<double> rows = centre.mean;
  const auto room = [&](std::int64_t more) {
    return static_cast<std::int64_t>(rows.size() / n) + more <= most_rows;
  };
  const auto add = [&rows](const std::vector<double>& row) {
    rows.insert(rows.end(), row.begin(), row.end());
  };
  // Each score k is moved along the signs of its weights: one unit changes it by the sum of their magnitudes.
  for (std::int64_t k = 0; k < linear.n_out && room(7); ++k) {
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
      add(row_at(centre, direction, (z - at_centre) / slope));
  }
  for (std::size_t i = 0; i < n && room(2); ++i) {
    for (const double t : {-1.5, 2.0}) {
      std::vector<double> row(centre.mean);
      row[i] += t * centre.unit[i];
      add(row);
    }
  }
  // A row that is not finite shows nothing about arithmetic.
  std::vector<double> finite;
  for (std::size_t r = 0; r < rows.size(); r += n) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(r);
    const auto end = begin + static_cast<std::ptrdiff_t>(n);
    const bool usable = std::all_of(begin, end, [](double x) { return std::isfinite(arith::narrow(x)); });
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
                  const EngineOptions& options) {
  for (const ProbeSet& probe : probes) {
    const Program program = compile(pipeline, {probe.arithmetic, probe.rows_type});
    const std::unique_ptr<Engine> engine = make_engine(kind, program, options);
    const Outputs out = run(*engine, program, probe.rows_type, probe.rows, probe.count);
    const std::string name = engine->description();
    compare(probe, "label_index", probe.label_index, out.label_index, name);
    compare(probe, "decision_f64", probe.decision_f64, out.decision_f64, name);
    compare(probe, "decision_f32", probe.decision_f32, out.decision_f32, name);
    compare(probe, "proba_f64", probe.proba_f64, out.proba_f64, name);
    compare(probe, "proba_f32", probe.proba_f32, out.proba_f32, name);
  }
}

}  // namespace evenscore
