#include "verify/stored_side.h"

#include <fmt/format.h>

#include <filesystem>

#include "evenscore/error.h"

namespace evenscore::verifier {
namespace {

const char* name_of(NumberOutput output) {
  switch (output) {
    case NumberOutput::decision:
      return "decision";
    case NumberOutput::prediction:
      return "prediction";
    case NumberOutput::proba:
      return "proba";
    default:
      return "log_proba";
  }
}

}  // namespace

StoredSide::StoredSide(const FileLocation& location, const ClassIndex& classes, const PredictionShape& shape)
    : source_(location),
      classes_(classes),
      scores_(shape.is_regressor() ? NumberOutput::prediction : NumberOutput::decision),
      name_(std::filesystem::path(location.file).filename().string()) {
  if (location.object != "/") name_ += ":" + location.object;
  bool any = has_labels();
  for (const NumberOutput output : {scores_, NumberOutput::proba, NumberOutput::log_proba}) {
    if (!source_.has(output)) continue;
    any = true;
    const bool probabilities = output != scores_;
    if (probabilities && shape.n_proba == 0) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("the {} has no probabilities to compare with", shape.whose), name_of(output),
                  "give the predictions of this model")
          .in_file(location.file);
    }
    const std::int64_t columns = source_.columns(output);
    const std::int64_t expected = probabilities ? shape.n_proba : shape.n_scores;
    const bool second_class_only = probabilities && columns == 1 && shape.n_classes == 2;
    if (columns != expected && !second_class_only) {
      const std::string gives = shape.is_regressor() ? fmt::format("predicts {} targets", shape.n_scores)
                                                     : fmt::format("has {} classes", shape.n_classes);
      throw Error(ErrorCode::shape_mismatch,
                  fmt::format("{} columns, but the {} {}", columns, shape.whose, gives), name_of(output))
          .in_file(location.file);
    }
  }
  if (!any) {
    throw Error(ErrorCode::bad_request,
                shape.is_regressor() ? "holds no dataset 'prediction', which a regressor is compared by"
                                     : "holds none of label, label_index, decision, proba and log_proba",
                location.object, "give the group that holds predictions: FILE:/group")
        .in_file(location.file);
  }
}

bool StoredSide::written_by_evenscore() const {
  return source_.attribute("encoding-type") == "evenscore-predictions" &&
         source_.attribute("evenscore_version").has_value();
}

OutputType StoredSide::type() const {
  for (const NumberOutput output : {scores_, NumberOutput::proba, NumberOutput::log_proba}) {
    if (source_.has(output) && source_.type(output) == OutputType::f32) return OutputType::f32;
  }
  return OutputType::f64;
}

bool StoredSide::same_classes() const {
  if (!source_.classes()) return true;
  const std::vector<std::int32_t> index = classes_.of(*source_.classes());
  if (static_cast<std::int32_t>(index.size()) != classes_.size()) return false;
  for (std::size_t i = 0; i < index.size(); ++i) {
    if (index[i] != static_cast<std::int32_t>(i)) return false;
  }
  return true;
}

SideView StoredSide::read(std::int64_t first, std::int64_t n, const std::int32_t* expected) {
  SideView view;
  view.decision = read_numbers(scores_, first, n, decision_);
  view.proba = read_numbers(NumberOutput::proba, first, n, proba_);
  view.log_proba = read_numbers(NumberOutput::log_proba, first, n, log_proba_);
  if (has_labels()) {
    read_labels(first, n, expected);
    view.label_index = label_index_.data();
    view.labels = source_.labels() != nullptr ? &labels_ : nullptr;
  }
  return view;
}

NumbersView StoredSide::read_numbers(NumberOutput output, std::int64_t first, std::int64_t n,
                                     std::vector<std::byte>& buffer) {
  if (!source_.has(output)) return {};
  const std::int64_t columns = source_.columns(output);
  const OutputType type = source_.type(output);
  buffer.resize(static_cast<std::size_t>(n * columns) *
                (type == OutputType::f64 ? sizeof(double) : sizeof(float)));
  source_.read(output, first, n, buffer.data());
  const bool second_class_only = output != scores_ && columns == 1;
  return {buffer.data(), type, columns, second_class_only ? 1 : 0};
}

void StoredSide::read_labels(std::int64_t first, std::int64_t n, const std::int32_t* expected) {
  label_index_.clear();
  if (source_.labels() != nullptr) {
    labels_ = source_.labels()->read(first, n);
    label_index_ = classes_.of(labels_);
  }
  if (!source_.has_label_index()) return;
  std::vector<std::int32_t> stored = source_.read_label_index(first, n);
  for (std::int32_t& index : stored) {
    if (index < kNoLabel || index >= classes_.size()) index = kUnknownLabel;
  }
  if (label_index_.empty()) {
    label_index_ = std::move(stored);
    return;
  }
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (expected != nullptr && label_index_[i] == expected[i]) label_index_[i] = stored[i];
  }
}

}  // namespace evenscore::verifier
