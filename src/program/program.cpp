#include "evenscore/program.h"

#include <fmt/format.h>

#include <algorithm>

namespace evenscore {
namespace {

std::string to_string(const Stage& stage) {
  const char* rounding = stage.rounding == StageRounding::f32 ? ", rounded to f32" : "";
  switch (stage.kind) {
    case StageKind::subtract:
      return fmt::format("subtract            v[i] - p[i]{}", rounding);
    case StageKind::divide:
      return fmt::format("divide              v[i] / p[i]{}", rounding);
    case StageKind::multiply:
      return fmt::format("multiply            v[i] * p[i]{}", rounding);
    case StageKind::add:
      return fmt::format("add                 v[i] + p[i]{}", rounding);
    case StageKind::clip:
      return fmt::format("clip                at least p[i], at most q[i]{}", rounding);
    case StageKind::binarize:
      return fmt::format("binarize            v[i] > p[i]");
    case StageKind::replace_missing:
      return fmt::format("replace missing     p[i] where v[i] is missing{}", rounding);
    case StageKind::reject_infinity:
      return "reject infinity     no score where a v[i] is infinite";
    case StageKind::reject_not_finite:
      return "reject not finite   no score where a v[i] is NaN or infinite";
    case StageKind::gather:
      return fmt::format("gather              v[p[j]], {} -> {}", stage.n_in, stage.n_out);
    case StageKind::products:
      return fmt::format("products            of columns, {} -> {}{}", stage.n_in, stage.n_out, rounding);
    case StageKind::normalize_l1:
      return "normalize, l1       v[i] / sum |v|";
    case StageKind::normalize_l2:
      return "normalize, l2       v[i] / sqrt(sum v^2)";
    case StageKind::normalize_signed_max:
      return "normalize, max      v[i] / max v";
    case StageKind::normalize_max:
      return "normalize, max      v[i] / max |v|";
    case StageKind::affine:
      return fmt::format("affine              sum v[i] * w[k][i] + b[k], {} -> {}", stage.n_in, stage.n_out);
    default:
      return fmt::format("affine, centred     sum (v[i] - mu[i]) * w[k][i] + b[k], {} -> {}", stage.n_in,
                         stage.n_out);
  }
}

const char* to_string(LinkKind link) {
  switch (link) {
    case LinkKind::sigmoid:
      return "sigmoid";
    case LinkKind::sigmoid_doubled:
      return "sigmoid of 2z (softmax of [-z, z])";
    case LinkKind::softmax:
      return "softmax";
    case LinkKind::one_vs_rest:
      return "one-vs-rest: sigmoid of each score, over their sum";
    case LinkKind::modified_huber:
      return "modified Huber: (clipped score + 1) / 2";
    case LinkKind::none:
      return "none: no probabilities";
    case LinkKind::identity:
      return "none: the scores are the predictions";
    default:
      return "exponential: the predictions are e^z";
  }
}

}  // namespace

std::int64_t Program::widest() const {
  std::int64_t widest = n_features();
  for (const Stage& stage : stages) widest = std::max({widest, stage.n_in, stage.n_out});
  return widest;
}

ProgramView Program::view() const {
  ProgramView view;
  view.stages = stages.data();
  view.constants = constants.data();
  view.validity = validity.data();
  view.n_stages = static_cast<std::int32_t>(stages.size());
  view.n_classes = n_classes;
  view.n_scores = n_scores();
  view.link = link;
  view.label_rule = label_rule;
  view.positive_first = positive_first;
  view.uniform_if_zero = uniform_if_zero;
  view.threshold = threshold;
  view.complement_first = complement_first;
  view.check_inputs = check_inputs;
  view.n_features = n_features();
  return view;
}

std::string to_string(const Program& program) {
  std::string text;
  int number = 0;
  for (const Stage& stage : program.stages) text += fmt::format("{}  {}\n", number++, to_string(stage));
  text += fmt::format("{}  link                {}{}\n", number++, to_string(program.link),
                      program.complement_first ? ", first class 1 - p" : "");
  if (program.is_regressor()) return text;
  std::string rule = program.n_classes == 2 ? "z > 0" : "first of the largest scores";
  if (program.label_rule != LabelRule::score) {
    rule = fmt::format("class {} where its {} >= {}", program.positive_first ? 0 : 1,
                       program.label_rule == LabelRule::proba_threshold ? "probability" : "score",
                       program.threshold);
  }
  text += fmt::format("{}  label               {}\n", number, rule);
  return text;
}

}  // namespace evenscore
