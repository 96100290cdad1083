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

Json examine() {
  Json report = {{"schema", "evenscore-doctor-1"}, {"evenscore_version", kVersion}};
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
  Json engines = Json::array();
  for (const EngineAvailability& engine : available_engines()) {
    engines.push_back({{"engine", std::string(name_of(engine.kind))},
                       {"available", engine.available},
                       {"detail", engine.detail}});
  }
  report["engines"] = engines;
  report["verdict"] = canaries == "pass" && vectors.wrong == 0 && vectors.checked > 0
                          ? "computes P64-v1 to the bit"
                          : "refuted";
  return report;
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text.empty() ? "none" : text;
}

void print_text(const Json& report) {
  const bool good = report["verdict"] != "refuted";
  fmt::print("{}\n\n", good ? "This machine computes P64-v1 to the bit."
                            : "This machine does NOT compute P64-v1: do not score on it.");
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
  for (const Json& engine : report["engines"]) {
    fmt::print("engine {:<9} {}{}\n", engine["engine"].get<std::string>(),
               engine["available"].get<bool>() ? "" : "not available: ", engine["detail"].get<std::string>());
  }
}

}  // namespace

Command add_doctor(CLI::App& app) {
  auto style = std::make_shared<OutputStyle>();
  CLI::App* command =
      app.add_subcommand("doctor", "Check this machine: does each device compute P64-v1 to the bit?");
  command->footer(
      "Runs the canaries and the arithmetic vectors built into the program. Exit status 1 if any is "
      "wrong.");
  add_output_style(*command, *style);
  return [style] {
    const Json report = examine();
    if (style->json) {
      fmt::print("{}\n", report.dump(2));
    } else if (!style->quiet) {
      print_text(report);
    }
    return static_cast<int>(report["verdict"] == "refuted" ? kRefuted : kDone);
  };
}

}  // namespace evenscore::cli
