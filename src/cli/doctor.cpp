#include <fmt/format.h>
#include <sys/utsname.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/cpu_model.h"
#include "cli/exit_status.h"
#include "cli/options.h"
#include "engine/arithmetic_vectors.h"
#include "engine/canaries.h"
#include "engine/cpu/target.h"
#include "engine/gpu_check.h"
#include "engine/rows_check.h"
#include "evenscore/error.h"
#include "evenscore/version.h"
#include "h5/library_version.h"

namespace evenscore::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> gpu_nodes() {
  std::vector<std::string> nodes;
  for (int i = 0; i < 64; ++i) {
    const std::string node = fmt::format("/dev/nvidia{}", i);
    if (std::filesystem::exists(node)) nodes.push_back(node);
  }
  return nodes;
}

/// What the checks come to.
struct Findings {
  bool refuted = false;
  bool failed = false;  ///< a GPU or an engine could not be run to the end
};

Json report_of(const engine::GpuReport& gpu) {
  Json report = {{"ordinal", gpu.ordinal},
                 {"name", gpu.name},
                 {"compute_capability", gpu.compute_capability},
                 {"multiprocessors", gpu.multiprocessors},
                 {"memory_bytes", gpu.memory_bytes}};
  if (!gpu.unusable.empty()) {
    report["not_checked"] = gpu.unusable;
    return report;
  }
  report["canaries"] = gpu.canaries.empty() ? "pass" : gpu.canaries;
  report["vectors_checked"] = gpu.vectors.checked;
  report["vectors_wrong"] = gpu.vectors.wrong;
  if (gpu.vectors.wrong > 0) report["first_wrong_vector"] = gpu.vectors.first_wrong;
  report["hash_equals_host"] = gpu.same_hash;
  return report;
}

void examine_gpus(Json& report, Findings& findings) {
  const engine::GpuReports reports = engine::check_gpus();
  Json gpus = Json::array();
  for (const engine::GpuReport& gpu : reports.gpus) {
    gpus.push_back(report_of(gpu));
    findings.refuted = findings.refuted || gpu.refuted();
    findings.failed = findings.failed || gpu.failed;
  }
  report["cuda_driver"] = reports.cuda_driver.empty() ? Json(nullptr) : Json(reports.cuda_driver);
  report["cuda_runtime"] = reports.cuda_runtime.empty() ? Json(nullptr) : Json(reports.cuda_runtime);
  report["gpus"] = gpus;
  if (!reports.missing.empty()) report["no_gpus"] = reports.missing;
}

/// For `cuda`, on each GPU that this build has code for.
engine::RowsReport rows_on_every_device(EngineKind kind, const Json& gpus) {
  if (kind != EngineKind::cuda) return engine::check_rows(kind);
  engine::RowsReport all;
  for (const Json& gpu : gpus) {
    if (gpu.contains("not_checked")) continue;
    EngineOptions options;
    options.gpus = {gpu["ordinal"].get<int>()};
    const engine::RowsReport rows = engine::check_rows(kind, options);
    if (all.wrong == 0 && rows.wrong > 0)
      all.first_wrong = fmt::format("cuda:{}, {}", options.gpus.front(), rows.first_wrong);
    all.checked += rows.checked;
    all.wrong += rows.wrong;
  }
  return all;
}

void examine_engines(Json& report, Findings& findings) {
  Json engines = Json::array();
  for (const EngineAvailability& engine : available_engines()) {
    Json entry = {{"engine", std::string(name_of(engine.kind))},
                  {"available", engine.available},
                  {"detail", engine.detail}};
    if (engine.available && engine.kind != EngineKind::reference) {
      try {
        const engine::RowsReport rows = rows_on_every_device(engine.kind, report["gpus"]);
        entry["rows_checked"] = rows.checked;
        entry["rows_wrong"] = rows.wrong;
        if (rows.wrong > 0) entry["first_wrong_row"] = rows.first_wrong;
        findings.refuted = findings.refuted || rows.wrong > 0;
      } catch (const Error& error) {
        entry["not_checked"] = error.what();
        findings.refuted = findings.refuted || error.code() == ErrorCode::arithmetic_failure;
        findings.failed = true;
      }
    }
    engines.push_back(entry);
  }
  report["engines"] = engines;
}

void examine(Json& report, Findings& findings) {
  report = {{"schema", "evenscore-doctor-1"}, {"evenscore_version", kVersion}};
  utsname system{};
  uname(&system);
  report["system"] = fmt::format("{} {} {}", system.sysname, system.release, system.machine);
  report["cpu"] = cpu_model();
  report["hardware_threads"] = std::thread::hardware_concurrency();
  Json sets = Json::array();
  for (const engine::cpu::Target& target : engine::cpu::targets()) {
    if (target.supported()) sets.push_back(std::string(target.name));
  }
  report["instruction_sets"] = sets;
  report["instruction_set_used"] = std::string(engine::cpu::choose_target().name);
  report["hdf5"] = h5::library_version();
  report["gpu_devices"] = gpu_nodes();

  std::string canaries = "pass";
  try {
    engine::check_arithmetic_of_this_thread();
  } catch (const Error& error) {
    canaries = error.what();
  }
  report["canaries"] = canaries;
  const engine::VectorReport vectors = engine::check_vectors(engine::built_in_vectors());
  report["vectors_checked"] = vectors.checked;
  report["vectors_wrong"] = vectors.wrong;
  if (vectors.wrong > 0) report["first_wrong_vector"] = vectors.first_wrong;
  findings.refuted = canaries != "pass" || vectors.wrong > 0 || vectors.checked == 0;
  examine_gpus(report, findings);
  examine_engines(report, findings);
  report["verdict"] = findings.refuted  ? "refuted"
                      : findings.failed ? "not everything could be checked"
                                        : "computes P64-v1 to the bit";
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text.empty() ? "none" : text;
}

void print_gpus(const Json& report) {
  const auto version = [&report](const char* key) {
    return report[key].is_null() ? std::string("none") : report[key].get<std::string>();
  };
  fmt::print("cuda             driver {}, runtime {}\n", version("cuda_driver"), version("cuda_runtime"));
  if (report.contains("no_gpus")) fmt::print("gpus             {}\n", report["no_gpus"].get<std::string>());
  for (const Json& gpu : report["gpus"]) {
    fmt::print("gpu {:<12} {}, compute capability {}, {} multiprocessors, {:.1f} GB\n",
               gpu["ordinal"].get<int>(), gpu["name"].get<std::string>(),
               gpu["compute_capability"].get<std::string>(), gpu["multiprocessors"].get<int>(),
               static_cast<double>(gpu["memory_bytes"].get<std::int64_t>()) / 1e9);
    if (gpu.contains("not_checked")) {
      fmt::print("  not checked    {}\n", gpu["not_checked"].get<std::string>());
      continue;
    }
    fmt::print("  canaries       {}\n", gpu["canaries"].get<std::string>());
    fmt::print("  vectors        {} checked, {} wrong\n", gpu["vectors_checked"].get<std::int64_t>(),
               gpu["vectors_wrong"].get<std::int64_t>());
    if (gpu.contains("first_wrong_vector"))
      fmt::print("  first wrong    {}\n", gpu["first_wrong_vector"].get<std::string>());
    fmt::print("  hash           {}\n",
               gpu["hash_equals_host"].get<bool>() ? "that of the host" : "NOT that of the host");
  }
}

void print_engines(const Json& report) {
  for (const Json& engine : report["engines"]) {
    std::string rows;
    if (engine.contains("rows_checked")) {
      rows = fmt::format("; {} rows checked, {} wrong", engine["rows_checked"].get<std::int64_t>(),
                         engine["rows_wrong"].get<std::int64_t>());
    }
    if (engine.contains("first_wrong_row")) rows += ": " + engine["first_wrong_row"].get<std::string>();
    if (engine.contains("not_checked")) rows = "; not checked: " + engine["not_checked"].get<std::string>();
    fmt::print("engine {:<9} {}{}{}\n", engine["engine"].get<std::string>(),
               engine["available"].get<bool>() ? "" : "not available: ", engine["detail"].get<std::string>(),
               rows);
  }
}

void print_text(const Json& report, const Findings& findings) {
  fmt::print("{}\n\n",
             findings.refuted ? "This machine does NOT compute P64-v1: do not score on it."
             : findings.failed
                 ? "Not everything on this machine could be checked; what could computes P64-v1 to the bit."
                 : "This machine computes P64-v1 to the bit.");
  fmt::print("evenscore        {}\n", report["evenscore_version"].get<std::string>());
  fmt::print("system           {}\n", report["system"].get<std::string>());
  fmt::print("cpu              {}, {} hardware threads\n", report["cpu"].get<std::string>(),
             report["hardware_threads"].get<unsigned>());
  fmt::print("instruction sets {}; used: {}\n", joined(report["instruction_sets"]),
             report["instruction_set_used"].get<std::string>());
  fmt::print("hdf5             {}\n", report["hdf5"].get<std::string>());
  fmt::print("gpu devices      {}\n", joined(report["gpu_devices"]));
  fmt::print("canaries         {}\n", report["canaries"].get<std::string>());
  fmt::print("vectors          {} checked, {} wrong\n", report["vectors_checked"].get<std::int64_t>(),
             report["vectors_wrong"].get<std::int64_t>());
  if (report.contains("first_wrong_vector"))
    fmt::print("first wrong      {}\n", report["first_wrong_vector"].get<std::string>());
  print_gpus(report);
  print_engines(report);
}

}  // namespace

Command add_doctor(CLI::App& app) {
  auto style = std::make_shared<OutputStyle>();
  CLI::App* command =
      app.add_subcommand("doctor", "Check this machine: does each device compute P64-v1 to the bit?");
  command->footer(
      "Runs the canaries and the arithmetic vectors built into the program, here and on every GPU, and a few "
      "rows on every engine. Exit status 1 if anything is wrong, 3 if something could not be checked.");
  add_output_style(*command, *style);
  return [style] {
    Json report;
    Findings findings;
    examine(report, findings);
    if (style->json) {
      fmt::print("{}\n", report.dump(2));
    } else if (!style->quiet) {
      print_text(report, findings);
    }
    return static_cast<int>(findings.refuted ? kRefuted : findings.failed ? kMachineFailed : kDone);
  };
}

}  // namespace evenscore::cli
