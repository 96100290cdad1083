#include "kernels/host_form.h"

#include "kernels/fused_variants.h"
#include "kernels/host_block.h"
#include "kernels/stage_loop.h"

namespace evenscore::kernels {

void run_on_host(const ScoreLaunch& launch, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> blocks(static_cast<std::size_t>(launch.blocks));
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = static_cast<std::int32_t>(i);
  std::shuffle(blocks.begin(), blocks.end(), random);
  for (const std::int32_t index : blocks) {
    HostBlock block(index, launch.blocks, launch.threads, launch.shared_bytes, random());
    if (launch.schedule == Schedule::stages) {
      run_stages(block, launch);
    } else if (!with_fused_variant(launch, [&]<class F>() { score_rows<F>(block, launch); })) {
      throw std::logic_error("there is no such variant of the fused kernel");
    }
    block.finish();
  }
}

}  // namespace evenscore::kernels
