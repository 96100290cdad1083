#include "program/program_builder.h"

#include <cmath>
#include <utility>

#include "evenscore/arith/ops.h"
#include "evenscore/error.h"

namespace evenscore {

ProgramBuilder::ProgramBuilder(std::int64_t n_features, const CompileOptions& options) : options_(options) {
  program_.validity.assign(static_cast<std::size_t>(n_features), Validity::any);
  for (std::int64_t i = 0; i < n_features; ++i) columns_.push_back({i, false});
}

bool ProgramBuilder::follows_float32() const {
  return options_.arithmetic == Arithmetic::sklearn && options_.rows == ElementType::f32;
}

void ProgramBuilder::require(Validity validity) {
  for (const Column& column : columns_) {
    if (column.input == kComputed) continue;
    const Validity wanted =
        validity == Validity::finite && column.nan_replaced ? Validity::no_infinity : validity;
    Validity& strictest = program_.validity[static_cast<std::size_t>(column.input)];
    strictest = std::max(strictest, wanted);
  }
}

void ProgramBuilder::reject(Validity validity) {
  add_pending_unfolded();
  if (program_.stages.empty() || validity == Validity::any) return;  // the inputs are checked by themselves
  add_stage(validity == Validity::finite ? StageKind::reject_not_finite : StageKind::reject_infinity,
            n_columns(), {});
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
  const auto n = static_cast<std::size_t>(n_columns());
  std::vector<double> bounds(n, low);
  bounds.insert(bounds.end(), n, high);
  // f32 values lie within the rounded bounds wherever they lie within the bounds: rounding is monotone.
  add_column_stage(StageKind::clip, std::move(bounds), Float32Scaling::narrow_parameters);
  program_.check_inputs = true;
}

void ProgramBuilder::binarize(double threshold) {
  add_pending_unfolded();
  add_stage(StageKind::binarize, n_columns(),
            std::vector<double>(static_cast<std::size_t>(n_columns()), threshold));
  program_.check_inputs = true;
}

void ProgramBuilder::replace_missing(double missing, const std::vector<double>& statistics,
                                     const std::vector<bool>& keep) {
  std::vector<double> parameter = statistics;
  for (const bool kept : keep) parameter.push_back(kept ? 1.0 : 0.0);
  parameter.push_back(missing);
  add_pending_unfolded();
  add_stage(StageKind::replace_missing, n_columns(), parameter);
  if (follows_float32()) program_.stages.back().rounding = StageRounding::f32;
  if (arith::is_nan(missing)) {
    for (Column& column : columns_) column.nan_replaced = true;
  }
  program_.check_inputs = true;
}

void ProgramBuilder::gather(const std::vector<std::int64_t>& kept) {
  add_pending_unfolded();
  std::vector<double> parameter;
  std::vector<Column> columns;
  for (const std::int64_t i : kept) {
    parameter.push_back(static_cast<double>(i));
    columns.push_back(columns_[static_cast<std::size_t>(i)]);
  }
  add_stage(StageKind::gather, static_cast<std::int64_t>(kept.size()), parameter);
  columns_ = std::move(columns);
  program_.check_inputs = true;
}

void ProgramBuilder::products(const std::vector<std::pair<std::int64_t, std::int64_t>>& factors) {
  std::vector<double> parameter;
  for (const auto& [left, right] : factors) {
    parameter.push_back(static_cast<double>(left));
    parameter.push_back(static_cast<double>(right));
  }
  add_pending_unfolded();
  add_stage(StageKind::products, static_cast<std::int64_t>(factors.size()), parameter);
  if (follows_float32()) program_.stages.back().rounding = StageRounding::f32;
  set_computed(static_cast<std::int64_t>(factors.size()));
  program_.check_inputs = true;
}

void ProgramBuilder::normalize(StageKind kind, double zero) {
  add_pending_unfolded();
  add_stage(kind, n_columns(), {zero});
  set_computed(n_columns());
  program_.check_inputs = true;
}

void ProgramBuilder::linear(const std::vector<double>& weights, const std::vector<double>& intercept) {
  std::vector<double> folded = weights;
  Stage stage;
  if (options_.fold && pending_ && fold(folded)) {
    stage.kind = StageKind::affine_centered;
    stage.parameter =
        append(pending_->mean.value_or(std::vector<double>(static_cast<std::size_t>(n_columns()), 0.0)));
    pending_.reset();
  } else {
    add_pending_unfolded();
    folded = weights;
  }
  stage.n_in = n_columns();
  stage.n_out = static_cast<std::int64_t>(intercept.size());
  stage.weight = append(folded);
  stage.intercept = append(intercept);
  program_.stages.push_back(stage);
  set_computed(stage.n_out);
}

void ProgramBuilder::classify(std::int32_t n_classes, LinkKind link, bool uniform_if_zero) {
  program_.n_classes = n_classes;
  program_.link = link;
  program_.uniform_if_zero = uniform_if_zero;
  const bool complement = link == LinkKind::sigmoid || link == LinkKind::modified_huber;
  program_.complement_first = options_.arithmetic == Arithmetic::sklearn && complement && n_classes == 2;
}

void ProgramBuilder::choose_by(LabelRule rule, double threshold, bool positive_first) {
  program_.label_rule = rule;
  program_.threshold = threshold;
  program_.positive_first = positive_first;
}

void ProgramBuilder::regress(LinkKind link) {
  program_.n_classes = 0;
  program_.n_targets = static_cast<std::int32_t>(n_columns());
  program_.link = link;
}

Program ProgramBuilder::finish() {
  if (program_.n_scores() == 0) {
    throw Error(ErrorCode::unsupported, "no step of it makes predictions", {},
                "append the file with the classifier or regressor by --then FILE");
  }
  return std::move(program_);
}

std::int64_t ProgramBuilder::append(const std::vector<double>& values) {
  const auto offset = static_cast<std::int64_t>(program_.constants.size());
  program_.constants.insert(program_.constants.end(), values.begin(), values.end());
  return offset;
}

void ProgramBuilder::add_stage(StageKind kind, std::int64_t n_out, const std::vector<double>& parameter) {
  Stage stage;
  stage.kind = kind;
  stage.n_in = n_columns();
  stage.n_out = n_out;
  stage.parameter = append(parameter);
  program_.stages.push_back(stage);
}

void ProgramBuilder::set_computed(std::int64_t n_columns) {
  columns_.assign(static_cast<std::size_t>(n_columns), {kComputed, false});
}

void ProgramBuilder::add_column_stage(StageKind kind, std::vector<double> parameter,
                                      Float32Scaling float32_scaling) {
  Stage stage;
  stage.kind = kind;
  stage.n_in = stage.n_out = n_columns();
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
