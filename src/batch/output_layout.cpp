#include "batch/output_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/sha256.h"
#include "evenscore/error.h"
#include "h5/text.h"

namespace evenscore {
namespace {

std::size_t row_bytes_of(const h5::ContiguousDataset& dataset) {
  std::size_t bytes = dataset.type.size();
  for (std::size_t i = 1; i < dataset.shape.size(); ++i) bytes *= dataset.shape[i];
  return bytes;
}

h5::StoredType type_of(const CopiedColumn& copy) {
  if (copy.kind == LabelKind::string) return {h5::ValueKind::string, ElementType::u8, copy.text_bytes};
  if (copy.kind == LabelKind::boolean) return {h5::ValueKind::boolean, ElementType::u8, 0};
  return {h5::ValueKind::numeric, copy.element, 0};
}

}  // namespace

OutputColumn::OutputColumn(h5::ContiguousDataset laid_out)
    : dataset(std::move(laid_out)), digest(row_bytes_of(dataset)) {}

std::size_t OutputColumn::row_bytes() const {
  return row_bytes_of(dataset);
}

OutputLayout::OutputLayout(const PredictionLayout& layout) : layout_(layout) {
  check();
  if (layout_.classes.size() > 0) labels_.emplace(layout_.classes);
  WantedOutputs& wanted = layout_.wanted;
  if (wanted.label && layout_.mark_bad_rows && !labels_->can_be_missing()) {
    wanted.label = false;
    wanted.label_index = true;
  }
  const auto rows = static_cast<std::uint64_t>(layout_.rows);
  const ElementType real = layout_.type == OutputType::f32 ? ElementType::f32 : ElementType::f64;
  const std::vector<std::uint64_t> per_class{rows, layout_.classes.size()};
  std::vector<std::uint64_t> decision{rows};
  if (layout_.decision_columns > 0) decision.push_back(static_cast<std::uint64_t>(layout_.decision_columns));
  const auto number = [](ElementType element) { return h5::StoredType{h5::ValueKind::numeric, element, 0}; };
  if (wanted.label) add({"label", labels_->type(), {rows}});
  if (wanted.label_index) add({"label_index", number(ElementType::i32), {rows}});
  if (wanted.proba) add({"proba", number(real), per_class});
  if (wanted.log_proba) add({"log_proba", number(real), per_class});
  if (wanted.decision) add({"decision", number(real), decision});
  if (wanted.prediction) add({"prediction", number(real), decision});
  if (layout_.mark_bad_rows) add({"status", number(ElementType::u8), {rows}});
  for (const CopiedColumn& copy : layout_.copies) add_copied(copy);
}

void OutputLayout::check() const {
  const WantedOutputs& w = layout_.wanted;
  const bool of_classes = w.label || w.label_index || w.proba || w.log_proba;
  if (layout_.rows < 0 || layout_.decision_columns < 0)
    throw Error(ErrorCode::bad_request, "a negative extent");
  if (of_classes && layout_.classes.size() == 0) {
    throw Error(ErrorCode::bad_request, "labels and probabilities need a classifier", {},
                "ask for prediction");
  }
  if (!of_classes && !w.decision && !w.prediction)
    throw Error(ErrorCode::bad_request, "no output is asked for");
}

void OutputLayout::add(h5::ContiguousDataset dataset) {
  const std::string name = dataset.name;
  columns_.emplace(name, OutputColumn(std::move(dataset)));
}

// Names of outputs are refused also where this file lacks them: who reads it takes them for what they say.
void OutputLayout::add_copied(const CopiedColumn& copy) {
  constexpr std::array kOutputs{"label",    "label_index", "proba",  "log_proba",
                                "decision", "prediction",  "status", "classes"};
  const std::string& name = copy.name;
  const bool is_output = std::find(kOutputs.begin(), kOutputs.end(), name) != kOutputs.end();
  if (is_output || name.empty() || name == "." || name == "..") {
    throw Error(ErrorCode::bad_request,
                fmt::format("a copied column may not be called '{}'{}", h5::printable(name),
                            is_output ? ", for that is an output" : ""),
                "--copy", "give the column another name in the file of rows, or leave it out");
  }
  if (columns_.count(name) > 0) {
    throw Error(ErrorCode::bad_request, fmt::format("two columns called '{}'", h5::printable(name)), "--copy",
                "copy each column once, and columns of different names");
  }
  add({name, type_of(copy), {static_cast<std::uint64_t>(layout_.rows)}});
}

std::vector<h5::ContiguousDataset> OutputLayout::datasets() const {
  std::vector<h5::ContiguousDataset> datasets;
  if (labels_) datasets.push_back({"classes", labels_->type(), {labels_->size()}});
  for (const auto& entry : columns_) datasets.push_back(entry.second.dataset);
  return datasets;
}

std::vector<std::byte> OutputLayout::classes() const {
  if (!labels_) return {};
  std::vector<std::int32_t> indices(labels_->size());
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int32_t>(i);
  std::vector<std::byte> bytes(labels_->type().size() * indices.size());
  labels_->write(indices, bytes.data());
  return bytes;
}

std::string OutputLayout::outputs_digest() const {
  std::map<std::string, std::string> digests;
  if (labels_) {
    BlockDigest digest(labels_->type().size());
    digest.update(classes().data(), static_cast<std::int64_t>(labels_->size()));
    digests["classes"] = digest.hex();
  }
  for (const auto& [name, column] : columns_) digests[name] = column.digest.hex();
  Sha256 all;
  for (const auto& [name, digest] : digests) {
    all.update(std::string_view(name.c_str(), name.size() + 1));
    all.update(digest);
  }
  return all.hex();
}

}  // namespace evenscore
