#include "cli/bench_report.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/grouped_digits.h"
#include "cli/cpu_model.h"
#include "cli/numbers.h"
#include "engine/cpu/target.h"
#include "evenscore/version.h"

namespace evenscore::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* dtype(OutputType type) {
  return type == OutputType::f64 ? "f64" : "f32";
}

Json json_of(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.low}, {"max", spread.high}};
}

Json json_of(const EngineTiming& engine) {
  Json object = {{"engine", std::string(name_of(engine.kind))},
                 {"available", true},
                 {"detail", engine.description},
                 {"threads", engine.threads},
                 {"rows", engine.rows},
                 {"same_bits", engine.first_difference.empty()}};
  if (!engine.first_difference.empty()) {
    object["first_difference"] = engine.first_difference;
    return object;
  }
  object["rows_per_second"] = json_of(engine.rows_per_second);
  object["bytes_per_second"] = json_of(engine.bytes_per_second);
  object["ratio_to_read"] = json_of(engine.ratio_to_read);
  object["ratio_to_copy"] = json_of(engine.ratio_to_copy);
  object["latency"] = Json::array();
  for (const Latency& latency : engine.latency) {
    object["latency"].push_back(
        {{"rows", latency.rows}, {"microseconds", latency.microseconds}, {"calls", latency.calls}});
  }
  return object;
}

/// The first cell to the left, the others to the right.
void print_line(const std::array<std::string, 8>& cells) {
  constexpr std::array<int, 8> kWidths{10, 7, 14, 14, 7, 8, 13, 8};
  std::string line = fmt::format("{:<{}}", cells[0], kWidths[0]);
  for (std::size_t i = 1; i < cells.size(); ++i) line += fmt::format(" {:>{}}", cells[i], kWidths[i]);
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

void print_limit(const char* name, int threads, const Spread& bytes_per_second) {
  print_line({name, std::to_string(threads), "", "", fmt::format("{:.2f}", bytes_per_second.median / 1e9)});
}

void print_engine(const EngineTiming& engine) {
  const std::string name(name_of(engine.kind));
  const std::string threads = std::to_string(engine.threads);
  if (!engine.first_difference.empty()) {
    print_line({name, threads});
    fmt::print("  WRONG, no time: other bits than reference in {}\n", engine.first_difference);
    return;
  }
  const Spread& ratio = engine.ratio_to_read;
  print_line({name, threads, rate_text(engine.rows_per_second.median),
              fmt::format("{:.2f}", 1e9 / engine.rows_per_second.median),
              fmt::format("{:.2f}", engine.bytes_per_second.median / 1e9),
              fmt::format("{:.3f}", ratio.median), fmt::format("{:.3f}-{:.3f}", ratio.low, ratio.high),
              fmt::format("{:.3f}", engine.ratio_to_copy.median)});
}

void print_table(const BenchReport& report) {
  print_line({"", "threads", "rows/s", "ms per M rows", "GB/s", "to read", "min-max", "to copy"});
  for (const LimitsTiming& limits : report.limits) {
    print_limit("plain read", limits.threads, limits.read);
    print_limit("plain copy", limits.threads, limits.copy);
    for (const EngineTiming& engine : report.engines) {
      if (engine.threads == limits.threads) print_engine(engine);
    }
  }
}

void print_latency(const BenchReport& report) {
  fmt::print("\nmicroseconds a call, median\n");
  for (const EngineTiming& engine : report.engines) {
    if (engine.latency.empty()) continue;
    std::string calls;
    for (const Latency& latency : engine.latency) {
      calls += fmt::format("{:>10.2f} of {} row{}", latency.microseconds, latency.rows,
                           latency.rows == 1 ? "" : "s");
    }
    fmt::print("  {:<26}{}\n", engine.description, calls);
  }
}

void print_notes(const BenchReport& report) {
  fmt::print("\n");
  if (!report.wrong()) {
    fmt::print("Every engine gave the bits of reference, before and after the rounds, on {} of {} rows.\n",
               grouped(report.checked_rows), grouped(report.rows));
  }
  if (report.rows < report.rows_available) {
    fmt::print("The file has {} rows; the first {} were timed.\n", grouped(report.rows_available),
               grouped(report.rows));
  }
  for (const EngineTiming& engine : report.engines) {
    if (engine.rows < report.rows) {
      fmt::print("{} was timed on the first {} rows, for it is slow.\n", name_of(engine.kind),
                 grouped(engine.rows));
    }
  }
  for (const EngineAvailability& engine : report.unavailable)
    fmt::print("{} is not here: {}.\n", name_of(engine.kind), engine.detail);
}

}  // namespace

void print_bench_json(const BenchContext& context, const BenchReport& report) {
  Json object = {{"schema", "evenscore-bench-1"},
                 {"evenscore_version", kVersion},
                 {"cpu", cpu_model()},
                 {"hardware_threads", std::thread::hardware_concurrency()},
                 {"instruction_set", std::string(engine::cpu::choose_target().name)},
                 {"verdict", report.wrong() ? "wrong" : "same bits"},
                 {"model", context.model},
                 {"rows_source", report.rows_source},
                 {"rows_available", report.rows_available},
                 {"rows", report.rows},
                 {"features", report.features},
                 {"classes", report.classes},
                 {"dtype", std::string(element_name(report.rows_type))},
                 {"arithmetic", context.arithmetic},
                 {"outputs", report.outputs},
                 {"output_dtype", dtype(context.output_type)},
                 {"row_bytes", report.row_bytes},
                 {"result_bytes", report.result_bytes},
                 {"batch_rows", report.batch_rows},
                 {"checked_rows", report.checked_rows},
                 {"rounds", report.rounds},
                 {"seconds", report.seconds},
                 {"limits", Json::array()},
                 {"engines", Json::array()}};
  for (const LimitsTiming& limits : report.limits) {
    object["limits"].push_back({{"threads", limits.threads},
                                {"read_bytes_per_second", json_of(limits.read)},
                                {"copy_bytes_per_second", json_of(limits.copy)}});
  }
  for (const EngineTiming& engine : report.engines) object["engines"].push_back(json_of(engine));
  for (const EngineAvailability& engine : report.unavailable) {
    object["engines"].push_back(
        {{"engine", std::string(name_of(engine.kind))}, {"available", false}, {"detail", engine.detail}});
  }
  fmt::print("{}\n", object.dump(2));
}

void print_bench_text(const BenchContext& context, const BenchReport& report) {
  const auto total = [&](std::int64_t bytes) { return bytes_text(static_cast<double>(report.rows * bytes)); };
  fmt::print("machine  {}, {} hardware threads, {}\n", cpu_model(), std::thread::hardware_concurrency(),
             engine::cpu::choose_target().name);
  fmt::print("model    {}: {} features, {} classes, arithmetic {}\n", context.model, report.features,
             report.classes, context.arithmetic);
  fmt::print("rows     {} {}, {}: {}\n", grouped(report.rows), element_name(report.rows_type),
             report.rows_source, total(report.row_bytes));
  fmt::print("results  {} as {}: {}\n", report.outputs, dtype(context.output_type),
             total(report.result_bytes));
  fmt::print("calls    of {} rows, from memory; medians of {} rounds in {}\n\n", grouped(report.batch_rows),
             report.rounds, seconds_text(report.seconds));
  print_table(report);
  print_latency(report);
  print_notes(report);
}

}  // namespace evenscore::cli
