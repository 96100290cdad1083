#include "verify/found_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "evenscore/error.h"

namespace evenscore::verifier {
namespace {

constexpr std::int64_t kRowsAtATime = 65'536;
constexpr std::size_t kMostClasses = 4096;

/// Distinct labels as they come.
class DistinctLabels {
 public:
  void add(const LabelSource& source) {
    if (any_ && source.kind() != labels_.kind) {
      throw Error(ErrorCode::shape_mismatch, "labels of two kinds cannot be compared", "label",
                  "store numbers in both files, or texts in both");
    }
    any_ = true;
    labels_.kind = source.kind();
    labels_.element = source.element();
    for (std::int64_t first = 0; first < source.count(); first += kRowsAtATime) {
      const Labels read = source.read(first, std::min(kRowsAtATime, source.count() - first));
      integers_.insert(read.integers.begin(), read.integers.end());
      for (const double value : read.reals) {
        if (!std::isnan(value)) reals_.insert(value);
      }
      strings_.insert(read.strings.begin(), read.strings.end());
      if (integers_.size() + reals_.size() + strings_.size() > kMostClasses) {
        throw Error(ErrorCode::limit_exceeded, fmt::format("more than {} labels occur", kMostClasses),
                    "label", "store the classes as a dataset 'classes'");
      }
    }
  }
  bool any() const { return any_; }
  Labels sorted() const {
    Labels labels = labels_;
    labels.integers.assign(integers_.begin(), integers_.end());
    labels.reals.assign(reals_.begin(), reals_.end());
    labels.strings.assign(strings_.begin(), strings_.end());
    return labels;
  }

 private:
  bool any_ = false;
  Labels labels_;
  std::set<std::int64_t> integers_;
  std::set<double> reals_;
  std::set<std::string> strings_;
};

/// How many classes a file's columns or label indices speak of; 0 where they say nothing.
std::int64_t counted_classes(const PredictionSource& source) {
  for (const NumberOutput output : {NumberOutput::proba, NumberOutput::log_proba, NumberOutput::decision}) {
    if (source.has(output)) return std::max<std::int64_t>(2, source.columns(output));
  }
  if (!source.has_label_index()) return 0;
  std::int32_t largest = 1;
  for (std::int64_t first = 0; first < source.count(); first += kRowsAtATime) {
    for (const std::int32_t index :
         source.read_label_index(first, std::min(kRowsAtATime, source.count() - first)))
      largest = std::max(largest, index);
  }
  return std::int64_t{largest} + 1;
}

}  // namespace

std::optional<Labels> found_classes(const PredictionSource& a, const PredictionSource& b) {
  for (const PredictionSource* source : {&a, &b}) {
    if (source->classes()) return source->classes();
  }
  DistinctLabels distinct;
  for (const PredictionSource* source : {&a, &b}) {
    if (source->labels() != nullptr) distinct.add(*source->labels());
  }
  const std::int64_t counted = std::max(counted_classes(a), counted_classes(b));
  Labels labels;
  if (distinct.any()) labels = distinct.sorted();
  // A class that is never predicted has columns but no label: then the labels do not say which is which.
  if (distinct.any() && static_cast<std::int64_t>(labels.size()) >= counted) return labels;
  if (distinct.any() && counted > 0) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("{} labels occur, but there are columns for {} classes", labels.size(), counted),
                "label", "store the classes as a dataset 'classes' in one of the files");
  }
  if (counted == 0) return std::nullopt;
  if (counted > static_cast<std::int64_t>(kMostClasses))
    throw Error(ErrorCode::limit_exceeded, fmt::format("{} classes; at most {}", counted, kMostClasses));
  labels = {};
  for (std::int64_t index = 0; index < counted; ++index) labels.integers.push_back(index);
  return labels;
}

}  // namespace evenscore::verifier
