// What a process that parsed a pipeline file answers, to a checked Pipeline.
#include <algorithm>

#include "evenscore/error.h"
#include "evenscore/pipeline.h"
#include "fuzz/targets.h"
#include "h5/tree_bytes.h"
#include "pipeline/pipeline_tree.h"

namespace evenscore::fuzz {

void tree(std::span<const std::byte> bytes) {
  try {
    const h5::TreeAnswer answer = h5::answer_from_bytes(bytes, {});
    if (const auto* root = std::get_if<h5::Node>(&answer)) {
      const std::vector<std::byte> again = h5::to_bytes(*root);
      expect(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
      check(from_tree(*root).pipeline);
    }
  } catch (const Error&) {
  }
}

}  // namespace evenscore::fuzz
