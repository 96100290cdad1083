#include "evenscore/error.h"
#include "evenscore/program.h"
#include "program/program_builder.h"
#include "steps/step_class.h"

namespace evenscore {

Program compile(const Pipeline& pipeline, const CompileOptions& options) {
  if (options.arithmetic == Arithmetic::sklearn && options.rows == ElementType::f16) {
    throw Error(
        ErrorCode::unsupported,
        "--arithmetic sklearn is not defined for float16 rows: scikit-learn would scale them in float16", {},
        "use --arithmetic exact, or store the rows as float32");
  }
  ProgramBuilder program(pipeline.n_features(), options);
  for (const Step& step : pipeline.steps) {
    const steps::StepClass* step_class = steps::find_step_class(step.class_name);
    if (step_class != nullptr) step_class->lower(step, program);
  }
  const Step& predictor = pipeline.steps.back();
  return program.finish(steps::find_step_class(predictor.class_name)->link(predictor),
                        static_cast<std::int32_t>(pipeline.classes().size()));
}

}  // namespace evenscore
