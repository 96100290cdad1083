#include "score/batch.h"

#include <algorithm>

namespace evenscore {
namespace {

std::int64_t output_size(OutputType type) {
  return type == OutputType::f64 ? 8 : 4;
}

}  // namespace

Batch::Batch(const Program& program, ElementType type, OutputType output_type, const WantedOutputs& wanted,
             std::int64_t most_rows, const std::vector<CopiedColumn>& copied_columns,
             std::int64_t most_read_rows)
    : rows(
          static_cast<std::size_t>((most_read_rows < 0 ? most_rows : most_read_rows) * program.n_features()) *
          element_size(type)),
      status(static_cast<std::size_t>(most_rows)),
      type_(type),
      output_type_(output_type),
      columns_(program.n_features()),
      n_proba_(program.n_proba()),
      n_scores_(program.n_scores()) {
  const auto n = static_cast<std::size_t>(most_rows);
  const auto values = n * static_cast<std::size_t>(output_size(output_type));
  if (wanted.label || wanted.label_index) label_index_.resize(n);
  if (wanted.proba) proba_.resize(values * static_cast<std::size_t>(program.n_proba()));
  if (wanted.log_proba) log_proba_.resize(values * static_cast<std::size_t>(program.n_proba()));
  if (wanted.decision || wanted.prediction)
    decision_.resize(values * static_cast<std::size_t>(program.n_scores()));
  for (const CopiedColumn& column : copied_columns) copies.emplace_back(n * column.size());
}

RowsView Batch::rows_view(std::int64_t n) const {
  const auto size = static_cast<std::int64_t>(element_size(type_));
  return {rows.data(), type_, n, columns_, size * columns_, size, MemorySpace::host};
}

OutputsView Batch::outputs(std::int64_t from) {
  const auto at = [&](std::vector<std::byte>& buffer, std::int64_t columns) -> void* {
    return buffer.empty() ? nullptr : buffer.data() + from * columns * output_size(output_type_);
  };
  OutputsView view;
  view.type = output_type_;
  view.label_index = label_index_.empty() ? nullptr : label_index_.data() + from;
  view.proba = at(proba_, n_proba_);
  view.log_proba = at(log_proba_, n_proba_);
  view.decision = at(decision_, n_scores_);
  view.status = status.data() + from;
  return view;
}

std::int64_t Batch::bad_rows(std::int64_t from, std::int64_t n) const {
  const std::uint8_t* begin = status.data() + from;
  std::uint8_t any = 0;  // nearly always none: a loop without a branch
  for (std::int64_t i = 0; i < n; ++i) any |= begin[i];
  return any == 0 ? 0 : n - std::count(begin, begin + n, std::uint8_t{0});
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
