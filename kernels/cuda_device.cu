#include "kernels/current_device.h"
#include "kernels/device.h"
#include "kernels/launch_score.cuh"

namespace evenscore::kernels {
namespace {

int attribute(cudaDeviceAttr which, int ordinal) {
  int value = 0;
  EVENSCORE_CUDA_CHECK(cudaDeviceGetAttribute(&value, which, ordinal));
  return value;
}

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(const GpuFacts& facts) : ordinal_(facts.ordinal) {
    limits_.major = facts.major;
    limits_.minor = facts.minor;
    limits_.multiprocessors = facts.multiprocessors;
    limits_.shared_bytes_a_block =
        static_cast<std::size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, ordinal_));
    limits_.shared_bytes_a_multiprocessor =
        static_cast<std::size_t>(attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, ordinal_));
    description_ = facts.name + ", compute capability " + std::to_string(facts.major) + "." +
                   std::to_string(facts.minor) + " (cuda:" + std::to_string(ordinal_) + ")";
  }

  std::string description() const override { return description_; }
  const DeviceLimits& limits() const override { return limits_; }
  std::size_t free_bytes() override {
    const CurrentDevice current(ordinal_);
    std::size_t free = 0;
    std::size_t total = 0;
    EVENSCORE_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    return free;
  }
  unsigned failed_canaries() override { return failed_canaries_on(ordinal_); }

  void* allocate(std::size_t bytes) override {
    const CurrentDevice current(ordinal_);
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      return nullptr;
    }
    EVENSCORE_CUDA_CHECK(status);
    return memory;
  }
  void free(void* memory) noexcept override { cudaFree(memory); }
  bool pin(void* memory, std::size_t bytes) override {
    const CurrentDevice current(ordinal_);
    if (cudaHostRegister(memory, bytes, cudaHostRegisterPortable) == cudaSuccess) return true;
    cudaGetLastError();
    return false;
  }
  void unpin(void* memory) noexcept override {
    if (cudaHostUnregister(memory) != cudaSuccess) cudaGetLastError();
  }

  StreamHandle create_stream() override {
    const CurrentDevice current(ordinal_);
    cudaStream_t stream = nullptr;
    EVENSCORE_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    return {stream};
  }
  void destroy_stream(StreamHandle stream) noexcept override { cudaStreamDestroy(of(stream)); }
  EventHandle create_event() override {
    const CurrentDevice current(ordinal_);
    cudaEvent_t event = nullptr;
    EVENSCORE_CUDA_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventBlockingSync));
    return {event};
  }
  void destroy_event(EventHandle event) noexcept override { cudaEventDestroy(of(event)); }

  void copy_to_device(void* to, const void* from, std::size_t bytes, StreamHandle stream) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, of(stream)));
  }
  void copy_to_host(void* to, const void* from, std::size_t bytes, StreamHandle stream) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, of(stream)));
  }
  void launch(const ScoreLaunch& launch, StreamHandle stream) override {
    const CurrentDevice current(ordinal_);
    launch_score(launch, of(stream));
  }
  void record(EventHandle event, StreamHandle stream) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaEventRecord(of(event), of(stream)));
  }
  void wait(StreamHandle stream, EventHandle event) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaStreamWaitEvent(of(stream), of(event), 0));
  }
  void synchronize(EventHandle event) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaEventSynchronize(of(event)));
  }
  void synchronize(StreamHandle stream) override {
    const CurrentDevice current(ordinal_);
    EVENSCORE_CUDA_CHECK(cudaStreamSynchronize(of(stream)));
  }

 private:
  static cudaStream_t of(StreamHandle stream) { return static_cast<cudaStream_t>(stream.handle); }
  static cudaEvent_t of(EventHandle event) { return static_cast<cudaEvent_t>(event.handle); }

  int ordinal_;
  DeviceLimits limits_;
  std::string description_;
};

}  // namespace

std::unique_ptr<Device> open_cuda_device(const GpuFacts& gpu) {
  {
    const CurrentDevice current(gpu.ordinal);
    EVENSCORE_CUDA_CHECK(find_score_kernels());
  }
  return std::make_unique<CudaDevice>(gpu);
}

}  // namespace evenscore::kernels
