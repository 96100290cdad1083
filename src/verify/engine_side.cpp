#include "verify/engine_side.h"

#include <utility>

namespace evenscore::verifier {
namespace {

void* resize(std::vector<std::byte>& buffer, bool wanted, OutputType type, std::int64_t n_values) {
  if (!wanted) return nullptr;
  buffer.resize(static_cast<std::size_t>(n_values) *
                (type == OutputType::f64 ? sizeof(double) : sizeof(float)));
  return buffer.data();
}

}  // namespace

EngineSide::EngineSide(EngineKind kind, const Program& program, const EngineOptions& options,
                       const std::vector<EngineRequest>& requests)
    : engine_(make_engine(kind, program, options)),
      name_(name_of(kind)),
      n_scores_(program.n_scores()),
      n_proba_(program.n_proba()),
      has_labels_(!program.is_regressor()) {
  for (EngineRequest request : requests) {
    request.proba = request.proba && program.has_proba();
    request.log_proba = request.log_proba && program.has_proba();
    buffers_.push_back({request, {}, {}, {}});
  }
}

void EngineSide::run(const RowsView& rows) {
  if (has_labels_) label_index_.resize(static_cast<std::size_t>(rows.count));
  status_.resize(static_cast<std::size_t>(rows.count));
  bool first = true;
  for (Buffers& buffers : buffers_) {
    const EngineRequest& request = buffers.request;
    OutputsView outputs;
    outputs.type = request.type;
    outputs.decision = resize(buffers.decision, request.decision, request.type, rows.count * n_scores_);
    outputs.proba = resize(buffers.proba, request.proba, request.type, rows.count * n_proba_);
    outputs.log_proba = resize(buffers.log_proba, request.log_proba, request.type, rows.count * n_proba_);
    outputs.label_index = first && has_labels_ ? label_index_.data() : nullptr;
    outputs.status = first ? status_.data() : nullptr;
    first = false;
    engine_->run(rows, outputs);
  }
}

SideView EngineSide::view(std::size_t i) const {
  const Buffers& buffers = buffers_[i];
  const auto numbers = [&](const std::vector<std::byte>& buffer, bool wanted, std::int64_t columns) {
    return wanted ? NumbersView{buffer.data(), buffers.request.type, columns, 0} : NumbersView{};
  };
  SideView view;
  view.label_index = label_index();
  view.decision = numbers(buffers.decision, buffers.request.decision, n_scores_);
  view.proba = numbers(buffers.proba, buffers.request.proba, n_proba_);
  view.log_proba = numbers(buffers.log_proba, buffers.request.log_proba, n_proba_);
  return view;
}

}  // namespace evenscore::verifier
