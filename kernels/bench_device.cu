#include "kernels/bench_device.h"

#include "kernels/current_device.h"
#include "kernels/limit_probes.h"

namespace evenscore::kernels {
namespace {

GpuFacts facts_of(int ordinal) {
  const GpuMachine machine = find_gpus();
  if (ordinal < 0 || static_cast<std::size_t>(ordinal) >= machine.gpus.size())
    throw Error(ErrorCode::device_unavailable,
                machine.missing.empty() ? "there is no such GPU" : machine.missing,
                "cuda:" + std::to_string(ordinal));
  return machine.gpus[static_cast<std::size_t>(ordinal)];
}

class CudaBenchDevice final : public BenchDevice {
 public:
  explicit CudaBenchDevice(const GpuFacts& facts)
      : ordinal_(facts.ordinal), device_(open_cuda_device(facts)), stream_(device_->create_stream()) {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaEventCreate(&start_));
    EVENSCORE_CUDA_CHECK(cudaEventCreate(&end_));
  }
  ~CudaBenchDevice() override {
    cudaEventDestroy(start_);
    cudaEventDestroy(end_);
    device_->destroy_stream(stream_);
  }

  Device& device() override { return *device_; }
  StreamHandle stream() override { return stream_; }

  void copy_on_device(void* to, const void* from, std::size_t bytes) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, cuda_stream()));
  }
  void sum(const std::uint64_t* words, std::size_t count, std::uint64_t* sum) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaMemsetAsync(sum, 0, sizeof *sum, cuda_stream()));
    EVENSCORE_CUDA_CHECK(launch_sum(words, count, sum, device_->limits().multiprocessors, cuda_stream()));
  }
  double issue_f64() override {
    const CurrentDevice current(ordinal_);
    double operations = 0.0;
    EVENSCORE_CUDA_CHECK(launch_f64_operations(operations, device_->limits().multiprocessors, cuda_stream()));
    return operations;
  }

  double time(const std::function<void()>& work) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaEventRecord(start_, cuda_stream()));
    work();
    EVENSCORE_CUDA_CHECK(cudaEventRecord(end_, cuda_stream()));
    EVENSCORE_CUDA_CHECK(cudaEventSynchronize(end_));
    float milliseconds = 0.0F;
    EVENSCORE_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start_, end_));
    return static_cast<double>(milliseconds) * 1e-3;
  }

 private:
  cudaStream_t cuda_stream() const { return static_cast<cudaStream_t>(stream_.handle); }

  int ordinal_;
  std::unique_ptr<Device> device_;
  StreamHandle stream_;
  cudaEvent_t start_ = nullptr, end_ = nullptr;
};

}  // namespace

std::unique_ptr<BenchDevice> open_bench_device(int ordinal) {
  return std::make_unique<CudaBenchDevice>(facts_of(ordinal));
}

}  // namespace evenscore::kernels
