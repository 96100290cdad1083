// In place of arithmetic_check.cu, block_checks.cu and device_memory.cu where there is no nvcc.
#include "evenscore/error.h"
#include "kernels/arithmetic_check.h"
#include "kernels/block_checks.h"
#include "kernels/device_memory.h"

namespace evenscore::kernels {
namespace {

constexpr const char* kAbsent = "this program was built without CUDA";

[[noreturn]] void refuse() {
  throw Error(ErrorCode::device_unavailable, kAbsent);
}

}  // namespace

GpuMachine find_gpus() {
  GpuMachine machine;
  machine.missing = kAbsent;
  return machine;
}

bool has_code_for(int) {
  return false;
}

unsigned failed_canaries_on(int) {
  refuse();
}
void evaluate_on(int, arith::ProbeFunction, int, std::int64_t, const double*, std::uint64_t*) {
  refuse();
}
std::uint64_t sweep_block_on(int, int) {
  refuse();
}
void fill_random_rows_on(int, const RandomRows&, std::int64_t, std::int64_t, std::byte*) {
  refuse();
}
std::uint64_t hash_elements_on(int, const void*, int, std::int64_t) {
  refuse();
}

DeviceMemory::DeviceMemory(int ordinal, std::size_t bytes) : ordinal_(ordinal), bytes_(bytes) {
  refuse();
}
DeviceMemory::~DeviceMemory() = default;
void DeviceMemory::fill_with_zero() {
  refuse();
}
void DeviceMemory::copy_from(const void*, std::size_t) {
  refuse();
}
void DeviceMemory::copy_to(void*, std::size_t) const {
  refuse();
}

}  // namespace evenscore::kernels
