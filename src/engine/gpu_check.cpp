#include "engine/gpu_check.h"

#include "engine/canaries.h"
#include "evenscore/error.h"
#include "kernels/arithmetic_check.h"

namespace evenscore::engine {
namespace {

std::string version_text(int version) {
  if (version == 0) return {};
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

void check(int ordinal, GpuReport& report) {
  const Evaluate on_gpu = [ordinal](arith::ProbeFunction function, int n, std::int64_t count,
                                    const double* in, std::uint64_t* out) {
    kernels::evaluate_on(ordinal, function, n, count, in, out);
  };
  report.canaries = meaning_of_canaries(kernels::failed_canaries_on(ordinal));
  report.vectors = check_vectors(built_in_vectors(), on_gpu);
  report.same_hash = adversarial_hash(on_gpu) == adversarial_hash();
}

}  // namespace

GpuReports check_gpus() {
  GpuReports reports;
  const kernels::GpuMachine machine = kernels::find_gpus();
  reports.missing = machine.missing;
  reports.cuda_driver = version_text(machine.driver_version);
  reports.cuda_runtime = version_text(machine.runtime_version);
  for (const kernels::GpuFacts& facts : machine.gpus) {
    GpuReport report;
    report.ordinal = facts.ordinal;
    report.name = facts.name;
    report.compute_capability = std::to_string(facts.major) + "." + std::to_string(facts.minor);
    report.memory_bytes = static_cast<std::int64_t>(facts.memory_bytes);
    report.multiprocessors = facts.multiprocessors;
    try {
      if (kernels::has_code_for(facts.ordinal)) {
        check(facts.ordinal, report);
      } else {
        report.unusable = "this program has no device code for its compute capability";
      }
    } catch (const Error& error) {
      report.unusable = error.what();
      report.failed = true;
    }
    reports.gpus.push_back(report);
  }
  return reports;
}

}  // namespace evenscore::engine
