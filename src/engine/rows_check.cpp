#include "engine/rows_check.h"

#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "program/program_builder.h"

namespace evenscore::engine {
namespace {

constexpr std::int64_t kRows = 300;

/// splitmix64, in [-1, 1).
class Random {
 public:
  double unit() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    x ^= x >> 31;
    return static_cast<double>(x >> 11) * 0x1p-52 - 1.0;
  }
  std::vector<double> values(std::int64_t n, double centre, double spread) {
    std::vector<double> result(static_cast<std::size_t>(n));
    for (double& value : result) value = centre + spread * unit();
    return result;
  }

 private:
  std::uint64_t state_ = 7;
};

struct NamedProgram {
  const char* name;
  ElementType rows;
  Program program;
};

ProgramBuilder scaled(Random& random, std::int64_t n_features, const CompileOptions& options) {
  ProgramBuilder builder(n_features, options);
  builder.require(Validity::finite);
  builder.centre_and_scale(random.values(n_features, 0.0, 1.0), random.values(n_features, 2.0, 1.0),
                           Float32Scaling::round_each_step);
  return builder;
}

void add_linear(Random& random, std::int32_t n_scores, ProgramBuilder& builder) {
  builder.linear(random.values(builder.n_columns() * n_scores, 0.0, 1.0), random.values(n_scores, 0.0, 1.0));
}

std::vector<NamedProgram> programs() {
  Random random;
  std::vector<NamedProgram> programs;
  const auto logistic = [&](const char* name, ElementType rows, Arithmetic arithmetic, std::int64_t features,
                            std::int32_t n_scores) {
    ProgramBuilder builder = scaled(random, features, {arithmetic, rows});
    add_linear(random, n_scores, builder);
    const bool binary = n_scores == 1;
    programs.push_back(
        {name, rows, builder.finish(binary ? LinkKind::sigmoid : LinkKind::softmax, binary ? 2 : n_scores)});
  };
  logistic("binary f64 exact", ElementType::f64, Arithmetic::exact, 30, 1);
  logistic("binary f32 exact", ElementType::f32, Arithmetic::exact, 16, 1);
  logistic("binary f32 sklearn", ElementType::f32, Arithmetic::sklearn, 33, 1);
  logistic("10 classes f32 exact", ElementType::f32, Arithmetic::exact, 5, 10);
  logistic("3 classes f64 exact, wide", ElementType::f64, Arithmetic::exact, 500, 3);
  {
    ProgramBuilder builder = scaled(random, 9, {});
    builder.clip(-0.5, 0.75);
    add_linear(random, 4, builder);
    programs.push_back({"clipped, one-vs-rest", ElementType::f64, builder.finish(LinkKind::one_vs_rest, 4)});
  }
  {
    ProgramBuilder builder = scaled(random, 12, {});
    builder.normalize(StageKind::normalize_l2, 0x1p-1074);
    builder.products({{-1, -1}, {0, -1}, {3, 1}, {11, 2}});
    add_linear(random, 3, builder);
    builder.centre_and_scale(std::nullopt, random.values(3, 2.0, 1.0), Float32Scaling::round_each_step);
    add_linear(random, 1, builder);
    programs.push_back(
        {"normalised, products, projected", ElementType::f64, builder.finish(LinkKind::sigmoid_doubled, 2)});
  }
  {
    ProgramBuilder builder = scaled(random, 7, {});
    add_linear(random, 2, builder);
    builder.regress(LinkKind::exponential);
    programs.push_back({"two targets, exponential", ElementType::f64, builder.finish()});
  }
  return programs;
}

/// Values of all scales, and NaN, infinities and zeros among them.
double value_of(Random& random, std::int64_t row) {
  const double kind = random.unit();
  const double value = 4.0 * random.unit();
  if (row % 5 != 4) return value;
  if (kind < -0.96) return std::numeric_limits<double>::quiet_NaN();
  if (kind < -0.92) return std::numeric_limits<double>::infinity();
  if (kind < -0.7) return value * 0x1p-1060;
  if (kind > 0.98) return value * 0x1p1000;
  return kind > 0.6 ? value * 0x1p30 : 0.0;
}

/// All outputs of one run; bytes of f32 or f64.
struct Outputs {
  std::vector<std::int32_t> label_index;
  std::vector<std::uint8_t> status;
  std::vector<std::byte> decision, proba, log_proba;
};

Outputs run(Engine& engine, const Program& program, const RowsView& rows, OutputType type) {
  const std::size_t bytes = static_cast<std::size_t>(rows.count) * (type == OutputType::f64 ? 8 : 4);
  Outputs out;
  out.label_index.resize(static_cast<std::size_t>(rows.count));
  out.status.resize(static_cast<std::size_t>(rows.count));
  out.decision.resize(bytes * static_cast<std::size_t>(program.n_scores()));
  out.proba.resize(bytes * static_cast<std::size_t>(program.n_proba()));
  out.log_proba.resize(out.proba.size());
  OutputsView view;
  view.type = type;
  view.status = out.status.data();
  view.decision = out.decision.data();
  if (!program.is_regressor()) view.label_index = out.label_index.data();
  if (program.has_proba()) {
    view.proba = out.proba.data();
    view.log_proba = out.log_proba.data();
  }
  engine.run(rows, view);
  return out;
}

/// The first of the outputs in which `row` differs, or null.
const char* difference(const Outputs& a, const Outputs& b, std::size_t row) {
  const auto differs = [row](const auto& left, const auto& right) {
    const std::size_t width = left.size() * sizeof left[0] / kRows;
    const auto* l = reinterpret_cast<const std::byte*>(left.data());
    const auto* r = reinterpret_cast<const std::byte*>(right.data());
    return width > 0 && std::memcmp(l + row * width, r + row * width, width) != 0;
  };
  if (differs(a.label_index, b.label_index)) return "label_index";
  if (differs(a.status, b.status)) return "status";
  if (differs(a.decision, b.decision)) return "decision";
  if (differs(a.proba, b.proba)) return "proba";
  return differs(a.log_proba, b.log_proba) ? "log_proba" : nullptr;
}

std::vector<std::byte> made_up_rows(const NamedProgram& named) {
  const std::size_t size = element_size(named.rows);
  const std::int64_t features = named.program.n_features();
  std::vector<std::byte> memory(static_cast<std::size_t>(kRows * features) * size);
  Random random;
  std::byte* at = memory.data();
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t i = 0; i < features; ++i, at += size) {
      const double value = value_of(random, row);
      const float narrow = static_cast<float>(value);
      if (named.rows == ElementType::f32) {
        std::memcpy(at, &narrow, sizeof narrow);
      } else {
        std::memcpy(at, &value, sizeof value);
      }
    }
  }
  return memory;
}

}  // namespace

RowsReport check_rows(EngineKind kind, const EngineOptions& options) {
  RowsReport report;
  for (const NamedProgram& named : programs()) {
    const std::vector<std::byte> memory = made_up_rows(named);
    const auto size = static_cast<std::int64_t>(element_size(named.rows));
    const std::int64_t features = named.program.n_features();
    const RowsView rows{memory.data(), named.rows, kRows, features, features * size, size, MemorySpace::host};
    const std::unique_ptr<Engine> reference = make_engine(EngineKind::reference, named.program);
    const std::unique_ptr<Engine> engine = make_engine(kind, named.program, options);
    for (const OutputType type : {OutputType::f64, OutputType::f32}) {
      const Outputs expected = run(*reference, named.program, rows, type);
      const Outputs actual = run(*engine, named.program, rows, type);
      for (std::size_t row = 0; row < static_cast<std::size_t>(kRows); ++row) {
        ++report.checked;
        const char* output = difference(expected, actual, row);
        if (output == nullptr || report.wrong++ > 0) continue;
        report.first_wrong = std::string(named.name) + ", " + (type == OutputType::f64 ? "f64" : "f32") +
                             " outputs, row " + std::to_string(row) + ": " + output;
      }
    }
  }
  return report;
}

}  // namespace evenscore::engine
