#include "measure/pinned_copies.h"

#include <algorithm>

#include "evenscore/error.h"

namespace evenscore::measure {
namespace {

constexpr std::size_t kPieceWords = std::size_t{8} << 20;  // 64 MiB

/// Bytes a second of `copy`, called for each piece of `memory`.
template <class Word, class Copy>
double rate(kernels::BenchDevice& device, std::span<Word> memory, const Copy& copy) {
  const double seconds = device.time([&] {
    for (std::size_t first = 0; first < memory.size(); first += kPieceWords)
      copy(memory.subspan(first, std::min(kPieceWords, memory.size() - first)));
  });
  return static_cast<double>(memory.size_bytes()) / seconds;
}

}  // namespace

PinnedCopies::PinnedCopies(std::unique_ptr<kernels::BenchDevice> device)
    : device_(std::move(device)), piece_(device_->device()) {
  if (!piece_.reserve(kPieceWords * sizeof(std::uint64_t)))
    throw Error(ErrorCode::device_failure, "out of device memory", device_->device().description());
}

double PinnedCopies::to_device(std::span<const std::uint64_t> from) {
  return rate(*device_, from, [&](std::span<const std::uint64_t> piece) {
    device_->device().copy_to_device(piece_.data(), piece.data(), piece.size_bytes(), device_->stream());
  });
}

double PinnedCopies::to_host(std::span<std::uint64_t> to) {
  return rate(*device_, to, [&](std::span<std::uint64_t> piece) {
    device_->device().copy_to_host(piece.data(), piece_.data(), piece.size_bytes(), device_->stream());
  });
}

}  // namespace evenscore::measure
