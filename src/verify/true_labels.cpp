#include "verify/true_labels.h"

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::verifier {

TrueLabels::TrueLabels(const FileLocation& location, const ClassIndex& classes, std::int64_t rows,
                       std::size_t ranking_memory)
    : location_(location),
      classes_(classes),
      source_(location),
      before_(classes.size()),
      after_(classes.size()),
      before_quality_(classes.size(), ranking_memory / 2),
      after_quality_(classes.size(), ranking_memory / 2) {
  if (source_.count() == rows) return;
  throw Error(ErrorCode::shape_mismatch, fmt::format("{} labels for {} rows", source_.count(), rows),
              location.object)
      .in_file(location.file);
}

void TrueLabels::add(std::int64_t first, std::int64_t n, const SideView& before, const SideView& after) {
  has_before_ = has_before_ || before.label_index != nullptr;
  has_after_ = has_after_ || after.label_index != nullptr;
  const Labels labels = source_.read(first, n);
  for (std::int64_t i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const std::int32_t truth = classes_.of(labels, k);
    if (truth < 0) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("the label of row {} (from 0) is '{}', which is none of the {} classes",
                              first + i, label_text(labels, k), classes_.size()),
                  location_.object)
          .in_file(location_.file);
    }
    before_quality_.add(before, i, truth);
    after_quality_.add(after, i, truth);
    if (before.label_index != nullptr) before_.add(truth, before.label_index[i]);
    if (after.label_index != nullptr) after_.add(truth, after.label_index[i]);
  }
}

void TrueLabels::report(VerifyReport& report) {
  if (report.before_source.empty()) report.before_source = report.sources[0];
  if (report.after_source.empty()) report.after_source = report.sources[1];
  if (has_after_) {
    report.after = after_.metrics();
    report.after->probabilities = after_quality_.metrics();
  }
  if (!has_before_) return;
  report.before = before_.metrics();
  report.before->probabilities = before_quality_.metrics();
  if (has_after_) report.hidden_losses = hidden_losses(*report.before, *report.after, report.class_names);
}

}  // namespace evenscore::verifier
