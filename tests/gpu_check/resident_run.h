#pragma once

#include "cases.h"
#include "engine_results.h"
#include "kernels/device_memory.h"

namespace evenscore::gpu_check {

/// Buffers of all outputs in a GPU's memory, of the sizes of `Results`, guard bytes included.
class ResidentOutputs {
 public:
  ResidentOutputs(int device, const test::Results& shape)
      : type_(shape.type),
        label_index_(device, shape.label_index.size() * sizeof(std::int32_t)),
        status_(device, shape.status.size()),
        proba_(device, shape.proba.size()),
        log_proba_(device, shape.log_proba.size()),
        decision_(device, shape.decision.size()) {
    label_index_.copy_from(shape.label_index.data(), label_index_.bytes());
    status_.copy_from(shape.status.data(), status_.bytes());
    proba_.copy_from(shape.proba.data(), proba_.bytes());
    log_proba_.copy_from(shape.log_proba.data(), log_proba_.bytes());
    decision_.copy_from(shape.decision.data(), decision_.bytes());
  }

  OutputsView from(const Program& program, std::int64_t row) const {
    const auto at = static_cast<std::size_t>(row) * (type_ == OutputType::f64 ? 8 : 4);
    const auto n_proba = static_cast<std::size_t>(program.n_proba());
    OutputsView view;
    view.type = type_;
    view.space = MemorySpace::device;
    if (!program.is_regressor()) view.label_index = label_index_.as<std::int32_t>() + row;
    view.status = status_.as<std::uint8_t>() + row;
    if (program.has_proba()) {
      view.proba = proba_.as() + at * n_proba;
      view.log_proba = log_proba_.as() + at * n_proba;
    }
    view.decision = decision_.as() + at * static_cast<std::size_t>(program.n_scores());
    return view;
  }

  void copy_to(test::Results& results) const {
    label_index_.copy_to(results.label_index.data(), label_index_.bytes());
    status_.copy_to(results.status.data(), status_.bytes());
    proba_.copy_to(results.proba.data(), proba_.bytes());
    log_proba_.copy_to(results.log_proba.data(), log_proba_.bytes());
    decision_.copy_to(results.decision.data(), decision_.bytes());
  }

 private:
  OutputType type_;
  kernels::DeviceMemory label_index_, status_, proba_, log_proba_, decision_;
};

/// test::run with rows and outputs in the memory of a GPU.
inline test::Results run_resident(Engine& engine, const test::CaseData& data, OutputType type,
                                  std::int64_t split, int device) {
  test::Results results(data.program, data.view.count, type);
  const ResidentOutputs outputs(device, results);
  kernels::DeviceMemory rows(device, data.memory.size());
  rows.copy_from(data.memory.data(), data.memory.size());
  const std::int64_t step = split > 0 ? split : std::max<std::int64_t>(data.view.count, 1);
  for (std::int64_t row = 0; row < data.view.count; row += step) {
    RowsView part = data.view;
    part.data = rows.as() + (data.view.data - data.memory.data()) + row * part.row_stride;
    part.count = std::min(step, data.view.count - row);
    part.space = MemorySpace::device;
    engine.run(part, outputs.from(data.program, row));
  }
  outputs.copy_to(results);
  return results;
}

}  // namespace evenscore::gpu_check
