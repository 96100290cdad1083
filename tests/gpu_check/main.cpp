// Everything that takes a GPU to check, in parts of under eight minutes, in one program that needs no more
// than the driver: docs/gpu_check.md.
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>

#include "evenscore/error.h"
#include "evenscore/version.h"
#include "gpu_check/check_options.h"
#include "kernels/arithmetic_check.h"

namespace evenscore::gpu_check {
namespace {

struct Part {
  int number;
  const char* name;
  const char* what;
  Json (*run)(const CheckOptions& options);
};
constexpr Part kParts[] = {
    {1, "case_table", "canaries, vectors, and the case table bit for bit, from host memory and resident",
     check_case_table},
    {2, "sweep", "exp32 and sigmoid32 of all 2^32 floats against the host", check_sweep},
    {3, "random_rows", "random rows made and scored on the GPU against the cpu engine", check_random_rows},
    {4, "short_table", "a few small cases, for compute-sanitizer", check_short_table},
    {5, "overlap", "several threads, engines and splits at once", check_overlap},
    {6, "kernels", "every schedule of the kernels, resident, beside device copy, CUB sum and f64 issue",
     time_kernels},
    {7, "end_to_end", "six shapes from host memory and from file to file, beside plain copies and files",
     time_end_to_end},
};

struct Arguments {
  CheckOptions options;
  int part = 0;  ///< 0 = all
  std::string out;
  bool list = false;
};

constexpr const char* kUsage =
    "usage: gpu_check [--part N] [--out FILE.json] [--list] [--engine cuda|cpu|reference] [--device N]\n"
    "                 [--seconds S] [--rows N] [--block-rows N] [--sweep-blocks N] [--cases N]\n"
    "                 [--bench-mib N]\n";

[[noreturn]] void refuse(const std::string& cause, const std::string& place = {}) {
  throw Error(ErrorCode::bad_request, cause, place);
}

std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t most) {
  std::size_t read = 0;
  std::int64_t value = -1;
  try {
    value = std::stoll(text, &read);
  } catch (const std::exception&) {
    read = 0;
  }
  if (read != text.size() || text.empty() || value < 0 || value > most) {
    refuse(fmt::format("'{}' is not a whole number up to {}", text, most), option);
  }
  return value;
}

EngineKind engine_named(const std::string& name) {
  for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu, EngineKind::cuda}) {
    if (name == name_of(kind)) return kind;
  }
  refuse("no engine is called '" + name + "'", "--engine");
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  CheckOptions& options = arguments.options;
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--list") {
      arguments.list = true;
      continue;
    }
    if (option == "--flip-a-bit") {
      options.flip_a_bit = true;
      continue;
    }
    if (i + 1 == argc) refuse("a value is missing", option);
    const std::string value = argv[++i];
    if (option == "--part") {
      arguments.part = static_cast<int>(whole_number(option, value, std::size(kParts)));
    } else if (option == "--out") {
      arguments.out = value;
    } else if (option == "--engine") {
      options.engine = engine_named(value);
    } else if (option == "--device") {
      options.device = static_cast<int>(whole_number(option, value, 63));
    } else if (option == "--seconds") {
      options.seconds = static_cast<double>(whole_number(option, value, 86400));
    } else if (option == "--rows") {
      options.rows = whole_number(option, value, kMost);
    } else if (option == "--block-rows") {
      options.block_rows = std::max<std::int64_t>(8, whole_number(option, value, 1 << 24));
    } else if (option == "--sweep-blocks") {
      options.sweep_blocks = static_cast<int>(whole_number(option, value, 256));
    } else if (option == "--bench-mib") {
      options.bench_bytes = static_cast<std::size_t>(whole_number(option, value, 1 << 20)) << 20U;
    } else if (option == "--cases") {
      options.cases = whole_number(option, value, kMost);
    } else {
      refuse("no such option", option);
    }
  }
  return arguments;
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

std::string version_text(int version) {
  return version == 0 ? "none" : fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

/// What the results are results of. Throws Error (device_unavailable) where the engine is cuda and there is
/// no such GPU.
Json subject(const CheckOptions& options) {
  const kernels::GpuMachine machine = kernels::find_gpus();
  Json gpu;
  for (const kernels::GpuFacts& facts : machine.gpus) {
    if (facts.ordinal != options.device || options.engine != EngineKind::cuda) continue;
    gpu = {{"name", facts.name},
           {"compute_capability", fmt::format("{}.{}", facts.major, facts.minor)},
           {"multiprocessors", facts.multiprocessors},
           {"memory_bytes", facts.memory_bytes}};
  }
  if (options.engine == EngineKind::cuda && gpu.is_null()) {
    throw Error(ErrorCode::device_unavailable,
                machine.missing.empty() ? "there is no such GPU" : machine.missing,
                fmt::format("--device {}", options.device),
                "nothing was checked; --engine cpu tries the program itself without a GPU");
  }
  return {{"schema", "evenscore-gpu-check-1"},
          {"evenscore_version", kVersion},
          {"commit", kCommit},
          {"engine", std::string(name_of(options.engine))},
          {"gpu", gpu},
          {"gpus", machine.gpus.size()},
          {"cuda_driver", version_text(machine.driver_version)},
          {"cuda_runtime", version_text(machine.runtime_version)},
          {"host_cpu", cpu_name()},
          {"host_threads", sysconf(_SC_NPROCESSORS_ONLN)}};
}

/// What earlier parts left in the file, which must be of the same subject.
Json open_results(const std::string& path, const Json& subject) {
  Json results = subject;
  results["date"] = now();
  results["parts"] = Json::object();
  std::ifstream file(path);
  if (path.empty() || !file) return results;
  const Json before = Json::parse(file, nullptr, false);
  for (const auto& [key, value] : subject.items()) {
    if (!before.is_object() || before.value(key, Json()) != value || !before.contains("parts")) {
      refuse("holds other results: '" + key + "' is another; give another file", path);
    }
  }
  return before;
}

void write_results(const std::string& path, const Json& results) {
  if (path.empty()) return;
  const std::string beside = path + ".part";
  std::ofstream file(beside);
  file << results.dump(2) << '\n';
  file.close();
  if (!file || std::rename(beside.c_str(), path.c_str()) != 0) {
    throw Error(ErrorCode::storage_failure, "cannot be written", path);
  }
}

Json run_part(const Part& part, const CheckOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Json result;
  try {
    result = part.run(options);
  } catch (const Error& error) {
    result = {{"verdict", "failed"}, {"why", error.what()}, {"exit_status", exit_status(error.code())}};
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  Json named = {{"name", part.name}, {"date", now()}, {"seconds", std::round(seconds.count() * 100) / 100}};
  named.update(result);
  return named;
}

int run(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.list) {
    for (const Part& part : kParts) fmt::print("{}  {:<12} {}\n", part.number, part.name, part.what);
    return 0;
  }
  Json results = open_results(arguments.out, subject(arguments.options));
  int status = 0;
  for (const Part& part : kParts) {
    if (arguments.part != 0 && arguments.part != part.number) continue;
    fmt::print("part {}: {}\n", part.number, part.what);
    std::fflush(stdout);
    const Json result = run_part(part, arguments.options);
    results["parts"][std::to_string(part.number)] = result;
    write_results(arguments.out, results);
    fmt::print("{}\n", result.dump(2));
    if (result["verdict"] == "refuted" || result["verdict"] == "nothing compared") status = 1;
    if (result["verdict"] == "failed" && status == 0) status = result["exit_status"].get<int>();
  }
  return status;
}

}  // namespace
}  // namespace evenscore::gpu_check

int main(int argc, char** argv) {
  try {
    return evenscore::gpu_check::run(argc, argv);
  } catch (const evenscore::Error& error) {
    fmt::print(stderr, "gpu_check: {}\n", error.what());
    if (error.code() == evenscore::ErrorCode::bad_request)
      fmt::print(stderr, "{}", evenscore::gpu_check::kUsage);
    return evenscore::exit_status(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_check: {}\n", error.what());
    return 3;
  }
}
