#include "engine/cuda/result_buffers.h"

namespace evenscore::engine::cuda {
namespace {

constexpr std::size_t kAlignment = 256;

/// The outputs of a view in one order, with the bytes that a row has of each.
template <class View, class Visit>
void for_each_output(const Program& program, View& outputs, Visit visit) {
  const std::size_t size = outputs.type == OutputType::f64 ? 8 : 4;
  visit(outputs.label_index, sizeof(std::int32_t));
  visit(outputs.status, sizeof(std::uint8_t));
  visit(outputs.proba, size * static_cast<std::size_t>(program.n_proba()));
  visit(outputs.log_proba, size * static_cast<std::size_t>(program.n_proba()));
  visit(outputs.decision, size * static_cast<std::size_t>(program.n_scores()));
}

}  // namespace

ResultBuffers::ResultBuffers(const Program& program, const OutputsView& outputs, std::int64_t rows) {
  for_each_output(program, outputs, [&](auto* caller, std::size_t row_bytes) {
    if (caller == nullptr) return;
    buffers.push_back({caller, bytes, row_bytes * static_cast<std::size_t>(rows)});
    bytes = (bytes + buffers.back().bytes + kAlignment - 1) / kAlignment * kAlignment;
  });
}

OutputsView ResultBuffers::view(const Program& program, const OutputsView& outputs, std::byte* base) const {
  OutputsView view = outputs;
  auto next = buffers.begin();
  for_each_output(program, view, [&]<class T>(T*& pointer, std::size_t) {
    if (pointer != nullptr) pointer = reinterpret_cast<T*>(base + next++->offset);
  });
  return view;
}

OutputsView outputs_from(const Program& program, const OutputsView& outputs, std::int64_t first) {
  OutputsView view = outputs;
  for_each_output(program, view, [&]<class T>(T*& pointer, std::size_t row_bytes) {
    if (pointer == nullptr) return;
    pointer = reinterpret_cast<T*>(reinterpret_cast<std::byte*>(pointer) +
                                   static_cast<std::size_t>(first) * row_bytes);
  });
  return view;
}

}  // namespace evenscore::engine::cuda
