#include "evenscore/program.h"

#include <fmt/format.h>

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
    case StageKind::reject_infinity:
      return "reject infinity     NaN where v[i] is infinite";
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
    default:
      return "one-vs-rest: sigmoid of each score, over their sum";
  }
}

}  // namespace

ProgramView Program::view() const {
  ProgramView view;
  view.stages = stages.data();
  view.constants = constants.data();
  view.validity = validity.data();
  view.n_stages = static_cast<std::int32_t>(stages.size());
  view.n_classes = n_classes;
  view.n_scores = n_scores();
  view.link = link;
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
  text += fmt::format("{}  label               {}\n", number,
                      program.n_classes == 2 ? "z > 0" : "first of the largest scores");
  return text;
}

}  // namespace evenscore
