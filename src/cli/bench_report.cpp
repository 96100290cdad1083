#include "cli/bench_report.h"

#include <fmt/format.h>

#include <array>
#include <thread>
#include <vector>

#include "base/grouped_digits.h"
#include "cli/cpu_model.h"
#include "cli/numbers.h"
#include "engine/cpu/target.h"
#include "evenscore/version.h"
#include "measure/bench_json.h"

namespace evenscore::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* dtype(OutputType type) {
  return type == OutputType::f64 ? "f64" : "f32";
}

/// The first cell to the left, the others to the right.
void print_line(const std::vector<std::string>& cells) {
  constexpr std::array<int, 8> kWidths{15, 7, 10, 14, 14, 8, 15, 15};
  std::string line = fmt::format("  {:<{}}", cells[0], kWidths[0]);
  for (std::size_t i = 1; i < cells.size(); ++i) line += fmt::format(" {:>{}}", cells[i], kWidths[i]);
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

void print_engine(const BenchGroup& group, const EngineTiming& engine) {
  const std::string name(name_of(engine.kind));
  const std::string threads = std::to_string(engine.threads);
  const std::string calls = engine.batch_rows > 0 ? grouped(engine.batch_rows) : "chosen";
  if (!engine.first_difference.empty()) {
    print_line({name, threads, calls});
    fmt::print("    WRONG, no time: other bits than reference in {}\n", engine.first_difference);
    return;
  }
  std::vector<std::string> cells{name,
                                 threads,
                                 calls,
                                 rate_text(engine.rows_per_second.median),
                                 fmt::format("{:.2f}", 1e9 / engine.rows_per_second.median),
                                 fmt::format("{:.2f}", engine.bytes_per_second.median / 1e9)};
  for (const Spread& ratio : engine.ratios)
    cells.push_back(fmt::format("{:.2f} ({:.2f}-{:.2f})", ratio.median, ratio.low, ratio.high));
  cells.resize(8);
  print_line(cells);
  fmt::print("    bound by {}\n", measure::bound_by(group, engine));
}

void print_group(const BenchGroup& group) {
  fmt::print("{}, {}\n", name_of(group.way), group.where);
  for (const BenchLimit& limit : group.limits)
    fmt::print("  {:<15} {:>8.2f} {}\n", limit.name, limit.per_second.median / 1e9,
               limit.unit == "bytes" ? "GB/s" : "G" + limit.unit + "/s");
  std::vector<std::string> names{"", "threads", "rows a call", "rows/s", "ms per M rows", "GB/s"};
  for (const BenchLimit& limit : group.limits) names.push_back("of " + limit.name);
  print_line(names);
  for (const EngineTiming& engine : group.engines) print_engine(group, engine);
  fmt::print("\n");
}

void print_latency(const BenchReport& report) {
  bool any = false;
  for (const BenchGroup& group : report.groups) {
    for (const EngineTiming& engine : group.engines) {
      if (engine.latency.empty()) continue;
      if (!any) fmt::print("microseconds a call, median\n");
      any = true;
      std::string calls;
      for (const Latency& latency : engine.latency) {
        calls += fmt::format("{:>10.2f} of {} row{}", latency.microseconds, latency.rows,
                             latency.rows == 1 ? "" : "s");
      }
      fmt::print("  {:<26}{}\n", engine.description, calls);
    }
  }
  if (any) fmt::print("\n");
}

void print_notes(const BenchReport& report) {
  if (!report.wrong()) {
    fmt::print("Every engine gave the bits of reference, before and after the rounds, on {} of {} rows.\n",
               grouped(report.checked_rows), grouped(report.rows));
  }
  if (report.rows < report.rows_available) {
    fmt::print("The file has {} rows; the first {} were timed.\n", grouped(report.rows_available),
               grouped(report.rows));
  }
  for (const BenchGroup& group : report.groups) {
    for (const EngineTiming& engine : group.engines) {
      if (engine.rows >= report.rows) continue;
      fmt::print("{}, {}, calls of {} rows: timed on the first {} rows.\n", name_of(group.way),
                 name_of(engine.kind), grouped(engine.batch_rows), grouped(engine.rows));
    }
  }
  for (const std::string& what : report.left_out) fmt::print("Left out: {}.\n", what);
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
                 {"checked_rows", report.checked_rows},
                 {"rounds", report.rounds},
                 {"seconds", report.seconds},
                 {"limits", measure::limits_json(report.groups)},
                 {"engines", measure::engines_json(report.groups)},
                 {"left_out", report.left_out}};
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
  fmt::print("figures  medians of {} rounds in {}; in brackets the smallest and the largest\n\n",
             report.rounds, seconds_text(report.seconds));
  for (const BenchGroup& group : report.groups) print_group(group);
  print_latency(report);
  print_notes(report);
}

}  // namespace evenscore::cli
