#include "program/program_builder.h"

#include <cmath>
#include <utility>

#include "evenscore/arith/ops.h"

namespace evenscore {

ProgramBuilder::ProgramBuilder(std::int64_t n_features, const CompileOptions& options)
    : options_(options), n_columns_(n_features) {
  program_.validity.assign(static_cast<std::size_t>(n_features), Validity::any);
}

bool ProgramBuilder::follows_float32() const {
  return options_.arithmetic == Arithmetic::sklearn && options_.rows == ElementType::f32;
}

void ProgramBuilder::require(Validity validity) {
  for (Validity& column : program_.validity) column = std::max(column, validity);
}

void ProgramBuilder::centre_and_scale(std::optional<std::vector<double>> mean,
                                      std::optional<std::vector<double>> scale,
                                      Float32Scaling float32_scaling) {
  add_pending_unfolded();
  pending_ = CentreAndScale{std::move(mean), std::move(scale), float32_scaling};
}

void ProgramBuilder::multiply(std::vector<double> factor, Float32Scaling float32_scaling) {
  add_pending_unfolded();
  add_column_stage(StageKind::multiply, std::move(factor), float32_scaling);
}

void ProgramBuilder::add(std::vector<double> offset, Float32Scaling float32_scaling) {
  add_pending_unfolded();
  add_column_stage(StageKind::add, std::move(offset), float32_scaling);
}

void ProgramBuilder::clip(double low, double high) {
  add_pending_unfolded();
  const auto n = static_cast<std::size_t>(n_columns_);
  std::vector<double> bounds(n, low);
  bounds.insert(bounds.end(), n, high);
  // f32 values lie within the rounded bounds wherever they lie within the bounds: rounding is monotone.
  add_column_stage(StageKind::clip, std::move(bounds), Float32Scaling::narrow_parameters);
  program_.check_inputs = true;
}

void ProgramBuilder::reject_infinity() {
  add_pending_unfolded();
  if (program_.stages.empty()) return;  // the inputs are checked by themselves
  Stage stage;
  stage.kind = StageKind::reject_infinity;
  stage.n_in = stage.n_out = n_columns_;
  program_.stages.push_back(stage);
}

void ProgramBuilder::linear(const std::vector<double>& weights, const std::vector<double>& intercept) {
  std::vector<double> folded = weights;
  Stage stage;
  if (pending_ && fold(folded)) {
    stage.kind = StageKind::affine_centered;
    stage.parameter =
        append(pending_->mean.value_or(std::vector<double>(static_cast<std::size_t>(n_columns_), 0.0)));
    pending_.reset();
  } else {
    add_pending_unfolded();
    folded = weights;
  }
  stage.n_in = n_columns_;
  stage.n_out = static_cast<std::int64_t>(intercept.size());
  stage.weight = append(folded);
  stage.intercept = append(intercept);
  n_columns_ = stage.n_out;
  program_.stages.push_back(stage);
}

Program ProgramBuilder::finish(LinkKind link, std::int32_t n_classes) {
  program_.link = link;
  program_.n_classes = n_classes;
  program_.complement_first = options_.arithmetic == Arithmetic::sklearn && link == LinkKind::sigmoid;
  return std::move(program_);
}

std::int64_t ProgramBuilder::append(const std::vector<double>& values) {
  const auto offset = static_cast<std::int64_t>(program_.constants.size());
  program_.constants.insert(program_.constants.end(), values.begin(), values.end());
  return offset;
}

void ProgramBuilder::add_column_stage(StageKind kind, std::vector<double> parameter,
                                      Float32Scaling float32_scaling) {
  Stage stage;
  stage.kind = kind;
  stage.n_in = stage.n_out = n_columns_;
  if (follows_float32()) {
    stage.rounding = StageRounding::f32;
    if (float32_scaling == Float32Scaling::narrow_parameters) {
      for (double& value : parameter) value = arith::widen(arith::narrow(value));
    }
  }
  stage.parameter = append(parameter);
  program_.stages.push_back(stage);
}

void ProgramBuilder::add_pending_unfolded() {
  if (!pending_) return;
  if (pending_->mean) add_column_stage(StageKind::subtract, *pending_->mean, pending_->float32_scaling);
  if (pending_->scale) add_column_stage(StageKind::divide, *pending_->scale, pending_->float32_scaling);
  pending_.reset();
}

bool ProgramBuilder::fold(std::vector<double>& weights) const {
  if (follows_float32()) return false;
  if (!pending_->scale) return true;
  const std::vector<double>& scale = *pending_->scale;
  for (const double s : scale) {
    if (!std::isfinite(s) || s == 0.0) return false;
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double w = weights[i];
    weights[i] = arith::div(w, scale[i % scale.size()]);
    if (w != 0.0 && !std::isnormal(weights[i])) return false;
  }
  return true;
}

}  // namespace evenscore
