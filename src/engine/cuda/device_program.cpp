#include "engine/cuda/device_program.h"

#include <fmt/format.h>

#include <cstring>

#include "engine/cuda/device_queue.h"
#include "evenscore/error.h"

namespace evenscore::engine::cuda {

DeviceProgram::DeviceProgram(kernels::Device& device, const Program& program)
    : memory_(device), view_(program.view()) {
  const std::size_t stage_bytes = program.stages.size() * sizeof(Stage);
  const std::size_t constant_bytes = program.constants.size() * sizeof(double);
  std::vector<std::byte> image(stage_bytes + constant_bytes + program.validity.size() * sizeof(Validity));
  const auto put = [&image](std::size_t at, const auto& values) {
    if (!values.empty()) std::memcpy(image.data() + at, values.data(), values.size() * sizeof(values[0]));
  };
  static_assert(sizeof(Stage) % alignof(double) == 0);
  put(0, program.stages);
  put(stage_bytes, program.constants);
  put(stage_bytes + constant_bytes, program.validity);
  if (!memory_.reserve(image.size())) {
    throw Error(ErrorCode::device_failure,
                fmt::format("the model needs {} bytes of device memory, {} are free", image.size(),
                            device.free_bytes()),
                device.description(), "use another device, or --device cpu, which gives the same bits");
  }
  DeviceQueue queue(device);
  device.copy_to_device(memory_.data(), image.data(), image.size(), queue.stream());
  queue.mark();
  queue.wait();
  view_.stages = reinterpret_cast<const Stage*>(memory_.data());
  view_.constants = reinterpret_cast<const double*>(memory_.data() + stage_bytes);
  view_.validity = reinterpret_cast<const Validity*>(memory_.data() + stage_bytes + constant_bytes);
}

}  // namespace evenscore::engine::cuda
