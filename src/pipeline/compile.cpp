#include "evenscore/error.h"
#include "evenscore/program.h"
#include "program/program_builder.h"
#include "steps/step_sequence.h"

namespace evenscore {

Program compile(const Pipeline& pipeline, const CompileOptions& options) {
  if (options.arithmetic == Arithmetic::sklearn && options.rows == ElementType::f16) {
    throw Error(
        ErrorCode::unsupported,
        "--arithmetic sklearn is not defined for float16 rows: scikit-learn would scale them in float16", {},
        "use --arithmetic exact, or store the rows as float32");
  }
  ProgramBuilder program(pipeline.n_features(), options);
  steps::lower_steps(pipeline.steps, program);
  return program.finish();
}

}  // namespace evenscore
