#include "measure/f64_operations.h"

namespace evenscore::measure {
namespace {

constexpr double kExponential = 40.0;
constexpr double kDivision = 10.0;
constexpr double kLaneAdditions = 7.0;

double operations_of(const Stage& stage) {
  const auto in = static_cast<double>(stage.n_in);
  const auto out = static_cast<double>(stage.n_out);
  switch (stage.kind) {
    case StageKind::affine:
      return out * (in + kLaneAdditions + 1.0);
    case StageKind::affine_centered:
      return out * (in + kLaneAdditions + 1.0) + in;
    case StageKind::divide:
      return kDivision * in;
    case StageKind::normalize_l1:
    case StageKind::normalize_l2:
    case StageKind::normalize_max:
    case StageKind::normalize_signed_max:
      return (kDivision + 1.0) * in;
    case StageKind::clip:
      return 2.0 * in;
    case StageKind::gather:
      return 0.0;
    case StageKind::products:
      return out;
    default:
      return in;
  }
}

double operations_of_link(const Program& program) {
  const auto scores = static_cast<double>(program.n_scores());
  switch (program.link) {
    case LinkKind::sigmoid:
    case LinkKind::sigmoid_doubled:
    case LinkKind::softmax:
    case LinkKind::one_vs_rest:
      return scores * (kExponential + kDivision);
    case LinkKind::exponential:
      return scores * kExponential;
    case LinkKind::modified_huber:
      return 3.0 * scores;
    default:
      return 0.0;
  }
}

}  // namespace

double f64_operations_a_row(const Program& program, ElementType rows_type) {
  double operations = rows_type == ElementType::f64 ? 0.0 : static_cast<double>(program.n_features());
  for (const Stage& stage : program.stages) operations += operations_of(stage);
  return operations + operations_of_link(program);
}

}  // namespace evenscore::measure
