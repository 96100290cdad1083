#include "kernels/block_checks.h"

#include "kernels/current_device.h"
#include "kernels/device_memory.h"

namespace evenscore::kernels {
namespace {

constexpr int kThreads = 256;

__device__ std::int64_t first_index() {
  return std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
}
__device__ std::int64_t index_step() {
  return std::int64_t{gridDim.x} * blockDim.x;
}
__device__ void add_to(std::uint64_t* total, std::uint64_t sum) {
  atomicAdd(reinterpret_cast<unsigned long long*>(total), static_cast<unsigned long long>(sum));
}

}  // namespace

extern "C" __global__ void check_sweep(std::uint64_t first, std::int64_t count, std::uint64_t* total) {
  std::uint64_t sum = 0;
  for (std::int64_t i = first_index(); i < count; i += index_step()) {
    sum += sweep_hash(first + static_cast<std::uint64_t>(i));
  }
  add_to(total, sum);
}

extern "C" __global__ void check_fill_random_rows(RandomRows rows, std::int64_t first, std::int64_t count,
                                                  std::byte* to) {
  for (std::int64_t i = first_index(); i < count * rows.columns; i += index_step()) {
    const auto row = static_cast<std::uint64_t>(first + i / rows.columns);
    const auto column = static_cast<std::uint64_t>(i % rows.columns);
    if (rows.type == ElementType::f32) {
      reinterpret_cast<std::uint32_t*>(to)[i] = random_f32_bits(rows, row, column);
    } else {
      reinterpret_cast<std::uint64_t*>(to)[i] = random_f64_bits(rows, row, column);
    }
  }
}

extern "C" __global__ void check_hash_elements(const void* elements, int element_bytes, std::int64_t count,
                                               std::uint64_t* total) {
  std::uint64_t sum = 0;
  for (std::int64_t i = first_index(); i < count; i += index_step()) {
    const std::uint64_t bits = element_bytes == 1   ? static_cast<const std::uint8_t*>(elements)[i]
                               : element_bytes == 4 ? static_cast<const std::uint32_t*>(elements)[i]
                                                    : static_cast<const std::uint64_t*>(elements)[i];
    sum += element_hash(static_cast<std::uint64_t>(i), bits);
  }
  add_to(total, sum);
}

namespace {

/// Enough blocks to fill the current device.
int blocks_of(int ordinal) {
  int multiprocessors = 0;
  EVENSCORE_CUDA_CHECK(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, ordinal));
  return 8 * multiprocessors;
}

std::uint64_t read_total(const DeviceMemory& total) {
  std::uint64_t sum = 0;
  total.copy_to(&sum, sizeof sum);
  return sum;
}

}  // namespace

std::uint64_t sweep_block_on(int ordinal, int block) {
  const CurrentDevice current(ordinal);
  DeviceMemory total(ordinal, sizeof(std::uint64_t));
  total.fill_with_zero();
  check_sweep<<<blocks_of(ordinal), kThreads>>>(static_cast<std::uint64_t>(block * kSweepBlockFloats),
                                                kSweepBlockFloats, total.as<std::uint64_t>());
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
  return read_total(total);
}

void fill_random_rows_on(int ordinal, const RandomRows& rows, std::int64_t first, std::int64_t count,
                         std::byte* to) {
  const CurrentDevice current(ordinal);
  check_fill_random_rows<<<blocks_of(ordinal), kThreads>>>(rows, first, count, to);
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
  EVENSCORE_CUDA_CHECK(cudaDeviceSynchronize());
}

std::uint64_t hash_elements_on(int ordinal, const void* elements, int element_bytes, std::int64_t count) {
  const CurrentDevice current(ordinal);
  EVENSCORE_CUDA_CHECK(cudaDeviceSynchronize());
  DeviceMemory total(ordinal, sizeof(std::uint64_t));
  total.fill_with_zero();
  check_hash_elements<<<blocks_of(ordinal), kThreads>>>(elements, element_bytes, count,
                                                        total.as<std::uint64_t>());
  EVENSCORE_CUDA_CHECK(cudaGetLastError());
  return read_total(total);
}

}  // namespace evenscore::kernels
