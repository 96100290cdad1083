#include "engine/cuda/cuda_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "engine/canaries.h"
#include "engine/cuda/open_gpus.h"
#include "engine/cuda/resident.h"
#include "engine/cuda/result_buffers.h"
#include "engine/cuda/slot_pool.h"
#include "engine/engine_checks.h"
#include "evenscore/error.h"

namespace evenscore::engine {
namespace {

using kernels::Device;

/// A device with the Program on it.
struct LoadedDevice {
  LoadedDevice(std::unique_ptr<Device> opened, const Program& program, int n_slots)
      : device(std::move(opened)), loaded(*device, program), resident(*device, program, loaded) {
    const std::string failed = meaning_of_canaries(device->failed_canaries());
    if (!failed.empty())
      throw Error(ErrorCode::arithmetic_failure, failed, device->description(),
                  "nothing was scored; run `evenscore doctor`");
    for (int i = 0; i < n_slots; ++i) slots.push_back(std::make_unique<cuda::Slot>(*device, program, loaded));
  }

  std::unique_ptr<Device> device;
  cuda::DeviceProgram loaded;
  cuda::Resident resident;
  std::vector<std::unique_ptr<cuda::Slot>> slots;
};

class CudaEngine final : public Engine {
 public:
  CudaEngine(const Program& program, std::vector<std::unique_ptr<Device>> devices, const CudaOptions& options)
      : program_(program), chunk_bytes_(options.chunk_bytes) {
    for (std::unique_ptr<Device>& device : devices) {
      devices_.push_back(std::make_unique<LoadedDevice>(std::move(device), program_, options.slots_a_device));
    }
    for (int i = 0; i < options.slots_a_device; ++i) {
      for (const auto& device : devices_) pool_.add(*device->slots[static_cast<std::size_t>(i)]);
    }
  }

  void run(const RowsView& rows, const OutputsView& outputs, Stream stream) override {
    check_views(program_, rows, outputs);
    if (rows.space != outputs.space)
      throw Error(ErrorCode::shape_mismatch, "rows and outputs lie in different memory", {},
                  "have both in host memory, or both on the GPU");
    if (rows.count == 0) return;
    if (rows.space == MemorySpace::host) return run_from_host(rows, outputs);
    if (devices_.size() > 1)
      throw Error(ErrorCode::bad_request, "rows on a device are for an engine of that one device",
                  fmt::format("{} devices", devices_.size()), "make an engine for each");
    devices_.front()->resident.run(rows, outputs, {stream.handle});
  }

  int concurrent_runs() const override {
    return static_cast<int>(devices_.size() * devices_.front()->slots.size());
  }

  void pin(void* memory, std::size_t bytes) override {
    if (bytes > 0) devices_.front()->device->pin(memory, bytes);
  }
  void unpin(void* memory) override { devices_.front()->device->unpin(memory); }

  std::string description() const override {
    std::string text = "cuda: ";
    for (const auto& device : devices_)
      text += (device == devices_.front() ? "" : "; ") + device->device->description();
    return text;
  }

 private:
  std::int64_t chunk_rows(const RowsView& rows, const OutputsView& outputs) const {
    const std::size_t row_bytes = element_size(rows.type) * static_cast<std::size_t>(rows.columns) +
                                  cuda::ResultBuffers(program_, outputs, 1).bytes;
    return static_cast<std::int64_t>(std::max<std::size_t>(1, chunk_bytes_ / row_bytes));
  }

  void run_from_host(const RowsView& rows, const OutputsView& outputs) {
    std::int64_t chunk = chunk_rows(rows, outputs);
    cuda::ChunksUnderWay under_way(pool_);
    for (std::int64_t first = 0; first < rows.count;) {
      const std::int64_t n = std::min(chunk, rows.count - first);
      RowsView part = rows;
      part.data += first * rows.row_stride;
      part.count = n;
      cuda::Slot& slot = under_way.take();
      if (slot.start(part, cuda::outputs_from(program_, outputs, first))) {
        first += n;
        continue;
      }
      if (under_way.retire_last()) continue;
      if (n == 1) throw out_of_memory(slot.device());
      chunk = n / 2;
    }
    while (!under_way.empty()) under_way.finish_oldest();
  }

  Error out_of_memory(Device& device) const {
    return Error(ErrorCode::device_failure,
                 fmt::format("out of device memory: {} bytes are free, too little for one row of {} features",
                             device.free_bytes(), program_.n_features()),
                 device.description(), "use another device, or --device cpu, which gives the same bits");
  }

  Program program_;
  std::size_t chunk_bytes_;
  std::vector<std::unique_ptr<LoadedDevice>> devices_;
  cuda::SlotPool pool_;
};

}  // namespace

std::unique_ptr<Engine> make_cuda(const Program& program, std::vector<std::unique_ptr<Device>> devices,
                                  const CudaOptions& options) {
  return std::make_unique<CudaEngine>(program, std::move(devices), options);
}

std::unique_ptr<Engine> make_cuda(const Program& program, const EngineOptions& options) {
  if (options.all_gpus) return make_cuda(program, cuda::open_all_gpus());
  return make_cuda(program, cuda::open_gpus(options.gpus.empty() ? std::vector<int>{0} : options.gpus));
}

}  // namespace evenscore::engine
