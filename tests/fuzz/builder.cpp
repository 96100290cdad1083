// A whole saved file, to a checked Pipeline and to the Programs that engines run.
#include "evenscore/error.h"
#include "evenscore/pipeline.h"
#include "evenscore/program.h"
#include "fuzz/targets.h"
#include "pipeline/saved_file.h"

namespace evenscore::fuzz {

void builder(std::span<const std::byte> bytes) {
  try {
    const Pipeline pipeline = read_saved_bytes(bytes);
    check(pipeline);
    pipeline_digest(pipeline);
    compile(pipeline);
    compile(pipeline, {Arithmetic::sklearn, ElementType::f32});
  } catch (const Error&) {
  }
}

}  // namespace evenscore::fuzz
