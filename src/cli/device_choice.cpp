#include "cli/device_choice.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "cli/numbers.h"
#include "cli/options.h"
#include "evenscore/error.h"

namespace evenscore::cli {
namespace {

/// Starting CUDA takes as long as the CPU takes for about as much. Estimated, not measured.
constexpr std::uintmax_t kWorthAGpu = std::uintmax_t{2} << 30;
constexpr int kMostGpus = 64;

[[noreturn]] void refuse(const std::string& device) {
  throw Error(ErrorCode::bad_request, fmt::format("there is no device '{}'", device), "--device",
              "use auto, cpu, cpu:avx2, reference, cuda, cuda:0,cuda:1 or cuda:all");
}

bool has_device_node() {
  for (int i = 0; i < kMostGpus; ++i) {
    if (std::filesystem::exists(fmt::format("/dev/nvidia{}", i))) return true;
  }
  return std::filesystem::exists("/dev/dxg");  // Windows Subsystem for Linux
}

DeviceChoice choose(const std::string& rows_path) {
  DeviceChoice choice;
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(rows_path, error);
  if (!has_device_node()) {
    choice.why = "no GPU";
  } else if (error || bytes < kWorthAGpu) {
    choice.why =
        fmt::format("a GPU gains from about {} of rows on", bytes_text(static_cast<double>(kWorthAGpu)));
  } else {
    for (const EngineAvailability& engine : available_engines()) {
      if (engine.kind != EngineKind::cuda) continue;
      choice.engine = engine.available ? EngineKind::cuda : EngineKind::cpu;
      choice.why =
          engine.available ? "there is a GPU, and enough rows to gain by it" : "no GPU: " + engine.detail;
    }
  }
  return choice;
}

int ordinal_of(const std::string& name, const std::string& device) {
  if (name == "cuda") return 0;
  int ordinal = -1;
  const char* const end = name.data() + name.size();
  if (!name.starts_with("cuda:")) refuse(device);
  const auto [stop, status] = std::from_chars(name.data() + 5, end, ordinal);
  if (status != std::errc() || stop != end || ordinal < 0) refuse(device);
  return ordinal;
}

}  // namespace

DeviceChoice choose_device(const std::string& device, const std::string& rows_path) {
  DeviceChoice choice;
  if (device == "auto") return choose(rows_path);
  if (device == "cpu") return choice;
  if (device.starts_with("cpu:") && device.size() > 4) {
    choice.options.instruction_set = device.substr(4);
    return choice;
  }
  if (device == "reference") {
    choice.engine = EngineKind::reference;
    return choice;
  }
  choice.engine = EngineKind::cuda;
  if (device == "cuda:all") {
    choice.options.all_gpus = true;
    return choice;
  }
  for (const std::string& name : split_list(device, "--device"))
    choice.options.gpus.push_back(ordinal_of(name, device));
  return choice;
}

}  // namespace evenscore::cli
