#include "score/batch.h"

namespace evenscore {
namespace {

std::int64_t output_size(OutputType type) {
  return type == OutputType::f64 ? 8 : 4;
}

}  // namespace

Batch::Batch(const Program& program, ElementType type, OutputType output_type, const WantedOutputs& wanted,
             std::int64_t most_rows, const std::vector<CopiedColumn>& copied_columns)
    : rows(static_cast<std::size_t>(most_rows * program.n_features()) * element_size(type)),
      status(static_cast<std::size_t>(most_rows)),
      type_(type),
      output_type_(output_type),
      columns_(program.n_features()) {
  const auto n = static_cast<std::size_t>(most_rows);
  const auto values = n * static_cast<std::size_t>(output_size(output_type));
  if (wanted.label || wanted.label_index) label_index_.resize(n);
  if (wanted.proba) proba_.resize(values * static_cast<std::size_t>(program.n_proba()));
  if (wanted.log_proba) log_proba_.resize(values * static_cast<std::size_t>(program.n_proba()));
  if (wanted.decision || wanted.prediction)
    decision_.resize(values * static_cast<std::size_t>(program.n_scores()));
  for (const CopiedColumn& column : copied_columns) copies.emplace_back(n * column.size());
}

RowsView Batch::rows_view() const {
  const auto size = static_cast<std::int64_t>(element_size(type_));
  return {rows.data(), type_, count, columns_, size * columns_, size, MemorySpace::host};
}

OutputsView Batch::outputs() {
  OutputsView view;
  view.type = output_type_;
  view.label_index = label_index_.empty() ? nullptr : label_index_.data();
  view.proba = proba_.empty() ? nullptr : proba_.data();
  view.log_proba = log_proba_.empty() ? nullptr : log_proba_.data();
  view.decision = decision_.empty() ? nullptr : decision_.data();
  view.status = status.data();
  return view;
}

std::vector<const std::byte*> Batch::copied() const {
  std::vector<const std::byte*> pointers;
  for (const std::vector<std::byte>& copy : copies) pointers.push_back(copy.data());
  return pointers;
}

std::vector<std::span<std::byte>> Batch::memory() {
  const auto bytes = [](auto& buffer) { return std::as_writable_bytes(std::span(buffer)); };
  return {bytes(rows),   bytes(status),     bytes(label_index_),
          bytes(proba_), bytes(log_proba_), bytes(decision_)};
}

std::int64_t result_bytes(const Program& program, OutputType type, const WantedOutputs& wanted) {
  const std::int64_t size = output_size(type);
  std::int64_t bytes = 1;
  if (wanted.label || wanted.label_index) bytes += 4;
  if (wanted.proba) bytes += size * program.n_proba();
  if (wanted.log_proba) bytes += size * program.n_proba();
  if (wanted.decision || wanted.prediction) bytes += size * program.n_scores();
  return bytes;
}

}  // namespace evenscore
