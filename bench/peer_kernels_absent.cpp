// In place of peer_kernels.cu where there is no nvcc.
#include "peer_kernels.h"

namespace evenscore::benchmarks {

bool has_peer_kernels() {
  return false;
}
void cub_sum(void*, std::size_t&, const std::uint64_t*, std::size_t, std::uint64_t*, kernels::StreamHandle) {}
void free_order_scores(const FreeOrder&, int, kernels::StreamHandle) {}

}  // namespace evenscore::benchmarks
