#include "engine/reference.h"

#include <utility>
#include <vector>

#include "engine/canaries.h"
#include "engine/engine_checks.h"
#include "evenscore/arith/column.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"
#include "evenscore/arith/score.h"

namespace evenscore::engine {
namespace {

/// One stage on the values of one row; an affine stage leaves the scores.
std::vector<double> apply(const Stage& stage, const double* constants, const std::vector<double>& v) {
  const double* parameter = constants + stage.parameter;
  std::vector<double> result(static_cast<std::size_t>(stage.n_out));
  if (stage.kind == StageKind::affine || stage.kind == StageKind::affine_centered) {
    for (std::int64_t k = 0; k < stage.n_out; ++k) {
      const double* w = constants + stage.weight + k * stage.n_in;
      const double b = constants[stage.intercept + k];
      result[static_cast<std::size_t>(k)] =
          stage.kind == StageKind::affine ? arith::score(v.data(), w, b, stage.n_in)
                                          : arith::score_centered(v.data(), parameter, w, b, stage.n_in);
    }
    return result;
  }
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = arith::apply_column_stage(stage, parameter, static_cast<std::int64_t>(i), v[i]);
  }
  return result;
}

class Reference final : public Engine {
 public:
  explicit Reference(const Program& program) : program_(program) {}

  void run(const RowsView& rows, const OutputsView& outputs, Stream) override {
    check_views(program_, rows, outputs);
    check_arithmetic_of_this_thread();
    const ProgramView program = program_.view();
    for (std::int64_t row = 0; row < rows.count; ++row) {
      std::vector<double> x(static_cast<std::size_t>(rows.columns));
      for (std::int64_t i = 0; i < rows.columns; ++i) {
        x[static_cast<std::size_t>(i)] =
            arith::load_element(rows.type, rows.data + row * rows.row_stride + i * rows.column_stride);
      }
      std::vector<double> v = x;
      for (const Stage& stage : program_.stages) v = apply(stage, program_.constants.data(), v);
      arith::finish_row(program, v.data(), arith::status_of(program, v.data(), x.data()), outputs, row);
    }
  }

  std::string description() const override { return "reference: scalar, 1 thread"; }

 private:
  Program program_;
};

}  // namespace

std::unique_ptr<Engine> make_reference(const Program& program) {
  return std::make_unique<Reference>(program);
}

}  // namespace evenscore::engine
