#include "cases.h"
#include "engine/canaries.h"
#include "engine/gpu_check.h"
#include "engine/rows_check.h"
#include "evenscore/arith/canaries.h"
#include "gpu_check/check_options.h"
#include "gpu_check/resident_run.h"

namespace evenscore::gpu_check {
namespace {

/// Names of the outputs in which two runs differ.
std::string differences(const test::Results& expected, const test::Results& actual) {
  std::string names;
  if (expected.label_index != actual.label_index) names += " label_index";
  if (expected.status != actual.status) names += " status";
  if (expected.decision != actual.decision) names += " decision";
  if (expected.proba != actual.proba) names += " proba";
  if (expected.log_proba != actual.log_proba) names += " log_proba";
  return names;
}

void check_case(const CheckOptions& options, const test::EngineCase& c, Tally& tally) {
  const test::CaseData data = test::make_case(c);
  const std::unique_ptr<Engine> reference = make_engine(EngineKind::reference, data.program);
  const std::unique_ptr<Engine> engine = make_tested_engine(options, data.program, c.threads);
  for (const OutputType type : {OutputType::f64, OutputType::f32}) {
    const std::string what = c.name() + (type == OutputType::f64 ? " f64" : " f32");
    const test::Results expected = test::run(*reference, data, type, 0);
    const std::string host = differences(expected, test::run(*engine, data, type, c.split));
    tally.compare(host.empty(), what + " host:" + host);
    if (options.engine != EngineKind::cuda) continue;
    const std::string resident =
        differences(expected, run_resident(*engine, data, type, c.split, options.device));
    tally.compare(resident.empty(), what + " resident:" + resident);
  }
}

void check_arithmetic(const CheckOptions& options, Tally& tally) {
  if (options.engine != EngineKind::cuda) {
    const volatile arith::CanaryInputs inputs;
    const std::string canaries = engine::meaning_of_canaries(arith::failed_canaries(inputs));
    tally.compare(canaries.empty(), "canaries: " + canaries);
    const engine::VectorReport vectors = engine::check_vectors(engine::built_in_vectors());
    tally.compare(vectors.wrong == 0 && vectors.checked > 9000, "vectors: " + vectors.first_wrong);
    return;
  }
  for (const engine::GpuReport& gpu : engine::check_gpus().gpus) {
    const std::string name = "GPU " + std::to_string(gpu.ordinal) + ": ";
    tally.compare(gpu.unusable.empty(), name + gpu.unusable);
    if (!gpu.unusable.empty()) continue;
    tally.compare(gpu.canaries.empty(), name + "canaries: " + gpu.canaries);
    tally.compare(gpu.vectors.wrong == 0 && gpu.vectors.checked > 9000,
                  name + "vectors: " + gpu.vectors.first_wrong);
    tally.compare(gpu.same_hash, name + "the hash over adversarial inputs is not the host's");
  }
}

}  // namespace

Json check_case_table(const CheckOptions& options) {
  const Deadline deadline(options.seconds);
  Tally tally;
  check_arithmetic(options, tally);
  const engine::RowsReport rows = engine::check_rows(options.engine);
  tally.compare(rows.wrong == 0 && rows.checked > 0, "built-in rows: " + rows.first_wrong);
  const std::vector<test::EngineCase> cases = test::engine_cases();
  const auto count = static_cast<std::int64_t>(cases.size());
  const std::int64_t wanted = options.cases > 0 ? std::min(options.cases, count) : count;
  std::int64_t done = 0;
  for (; done < wanted && !deadline.passed(); ++done) {
    check_case(options, cases[static_cast<std::size_t>(done)], tally);
  }
  Json result = {{"cases", done}, {"cases_in_table", count}, {"complete", done == count}};
  tally.add_to(result);
  return result;
}

Json check_short_table(const CheckOptions& options) {
  const Deadline deadline(options.seconds);
  Tally tally;
  std::int64_t done = 0;
  const std::vector<test::EngineCase> cases = test::engine_cases();
  // A sanitizer makes each access a thousand times slower: narrow rows, few scores.
  for (std::size_t i = 0; i < cases.size() && !deadline.passed(); ++i) {
    test::EngineCase c = cases[i];
    if (c.n_features * c.n_scores > 2000 || (options.cases > 0 && done >= options.cases)) continue;
    c.n_rows = std::min<std::int64_t>(c.n_rows, 70);
    check_case(options, c, tally);
    ++done;
  }
  Json result = {{"cases", done}};
  tally.add_to(result);
  return result;
}

}  // namespace evenscore::gpu_check
