#include <fmt/format.h>

#include <algorithm>

#include "base/grouped_digits.h"
#include "evenscore/compare.h"
#include "evenscore/error.h"
#include "verify/class_index.h"
#include "verify/comparison.h"
#include "verify/difference_patterns.h"
#include "verify/found_classes.h"
#include "verify/stored_side.h"
#include "verify/true_labels.h"
#include "verify/verdict_reason.h"

namespace evenscore {
namespace {

using verifier::ClassIndex;
using verifier::PredictionShape;
using verifier::SideView;
using verifier::StoredSide;

constexpr std::int64_t kBatchBytes = std::int64_t{32} << 20;

void check_request(const CompareJob& job) {
  if (job.mode == VerifyMode::bound) {
    throw Error(ErrorCode::bad_request, "rounding bounds need the model", "--mode bound",
                "use evenscore verify MODEL ROWS.h5 --against FILE, or --mode tolerance");
  }
  verifier::check_tolerances(job.mode, job.tolerances);
}

/// What both sides are held to: of the first file that has the output.
PredictionShape shape_of(const PredictionSource& a, const PredictionSource& b, bool regressor,
                         std::int32_t n_classes) {
  const auto columns = [&](NumberOutput output) -> std::int64_t {
    if (a.has(output)) return a.columns(output);
    return b.has(output) ? b.columns(output) : 0;
  };
  PredictionShape shape;
  shape.whose = "other file";
  shape.n_classes = regressor ? 0 : n_classes;
  shape.n_scores = columns(regressor ? NumberOutput::prediction : NumberOutput::decision);
  const bool proba = columns(NumberOutput::proba) > 0 || columns(NumberOutput::log_proba) > 0;
  if (!regressor && proba) shape.n_proba = n_classes;
  return shape;
}

class PredictionComparison {
 public:
  explicit PredictionComparison(const CompareJob& job)
      : job_(job),
        source_a_(job.a),
        source_b_(job.b),
        found_(verifier::found_classes(source_a_, source_b_)),
        classes_(found_.value_or(Labels{})),
        shape_(shape_of(source_a_, source_b_, !found_, classes_.size())),
        a_(job.a, classes_, shape_),
        b_(job.b, classes_, shape_) {
    report_.rows = a_.count();
    report_.mode = job.mode;
    report_.tolerances = job.tolerances;
    report_.has_model = false;
    report_.class_names = found_ ? classes_.names() : std::vector<std::string>();
    report_.sources = {a_.name(), b_.name()};
    if (a_.name() == b_.name()) report_.sources = {a_.name() + " (1)", b_.name() + " (2)"};
  }

  VerifyReport run() {
    if (!comparable()) return std::move(report_);
    verifier::PredictionRules rules;
    rules.n_classes = shape_.n_classes;
    rules.n_scores = static_cast<std::int32_t>(shape_.n_scores);
    verifier::Comparison comparison(
        {report_.sources[0], report_.sources[1], job_.mode, job_.tolerances, rules, report_.class_names});
    verifier::DifferencePatterns patterns(report_.sources[0], report_.sources[1], report_.class_names);
    std::optional<verifier::TrueLabels> labels;
    if (job_.labels) labels.emplace(*job_.labels, classes_, a_.count(), job_.ranking_memory);
    const std::int64_t bytes_a_row = 48 * std::max<std::int64_t>(1, shape_.n_scores + shape_.n_classes);
    const std::int64_t step = std::max<std::int64_t>(1, kBatchBytes / bytes_a_row);
    for (std::int64_t first = 0; first < a_.count(); first += step) {
      const std::int64_t n = std::min(step, a_.count() - first);
      const SideView a = a_.read(first, n, nullptr);
      const SideView b = b_.read(first, n, a.label_index);
      comparison.add(first, n, a, b, nullptr);
      patterns.add(n, a, b);
      if (labels) labels->add(first, n, a, b);
      if (job_.progress) job_.progress(first + n, a_.count());
    }
    report_.comparison = comparison.result();
    report_.verdict = verifier::verdict_of(report_.comparison, job_.mode);
    report_.reason = verifier::verdict_reason(report_.comparison, report_.verdict, job_.mode, !found_);
    if (!report_.accepted()) report_.likely_causes = patterns.causes();
    if (labels) labels->report(report_);
    return std::move(report_);
  }

 private:
  bool comparable() {
    if (a_.count() != b_.count()) {
      report_.reason = fmt::format("{} has {} rows, {} has {}", report_.sources[0], grouped(a_.count()),
                                   report_.sources[1], grouped(b_.count()));
      return false;
    }
    for (const StoredSide* side : {&a_, &b_}) {
      if (side->same_classes()) continue;
      report_.reason = fmt::format("the classes in {} are not those in {}", report_.sources[side == &b_],
                                   report_.sources[side != &b_]);
      return false;
    }
    const auto both = [&](NumberOutput output) { return a_.has(output) && b_.has(output); };
    const NumberOutput scores = found_ ? NumberOutput::decision : NumberOutput::prediction;
    if (!both(scores) && !both(NumberOutput::proba) && !both(NumberOutput::log_proba) &&
        !(a_.has_labels() && b_.has_labels())) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("{} and {} hold nothing in common", report_.sources[0], report_.sources[1]), {},
                  "both need one of label, label_index, proba, log_proba, decision, prediction");
    }
    return true;
  }

  const CompareJob& job_;
  PredictionSource source_a_, source_b_;
  std::optional<Labels> found_;  ///< none for a regressor
  ClassIndex classes_;
  PredictionShape shape_;
  StoredSide a_, b_;
  VerifyReport report_;
};

}  // namespace

VerifyReport compare(const CompareJob& job) {
  check_request(job);
  return PredictionComparison(job).run();
}

}  // namespace evenscore
