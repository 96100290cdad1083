#include "cli/comparison_options.h"

#include <fmt/format.h>

#include "cli/exit_status.h"

namespace evenscore::cli {

std::optional<FileLocation> ComparisonArguments::labels_location() const {
  if (labels.empty()) return std::nullopt;
  return parse_file_location(labels);
}

std::optional<VerifyMode> ComparisonArguments::verify_mode() const {
  for (const VerifyMode known : {VerifyMode::bitwise, VerifyMode::bound, VerifyMode::tolerance}) {
    if (mode == name_of(known)) return known;
  }
  const bool has_tolerance = tolerances.max_ulp || tolerances.rtol || tolerances.atol;
  return has_tolerance ? std::optional(VerifyMode::tolerance) : std::nullopt;
}

std::size_t ComparisonArguments::ranking_memory() const {
  return no_ranking ? 0 : static_cast<std::size_t>(memory_mib) << 20U;
}

void add_comparison(CLI::App& command, ComparisonArguments& comparison) {
  command.add_option("--labels", comparison.labels, "The true labels of the rows")
      ->type_name("FILE:/dataset");
  command.add_option("--mode", comparison.mode, "bitwise, bound or tolerance")
      ->check(CLI::IsMember({"bitwise", "bound", "tolerance"}));
  command.add_option("--max-ulp", comparison.tolerances.max_ulp, "tolerance: units in the last place");
  command
      .add_option("--rtol", comparison.tolerances.rtol, "tolerance: relative, |a - b| <= atol + rtol * |b|")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--atol", comparison.tolerances.atol, "tolerance: absolute")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--memory", comparison.memory_mib,
                  "With --labels: MiB for ranking rows; what does not fit goes to temporary files")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20))
      ->capture_default_str();
  command.add_flag("--no-ranking", comparison.no_ranking,
                   "With --labels: no ROC AUC and no average precision, which need rows in order");
}

int print_report(const VerifyReport& report, const OutputStyle& style) {
  if (style.json) {
    fmt::print("{}\n", to_json(report));
  } else if (!style.quiet) {
    fmt::print("{}", to_text(report));
  }
  return report.accepted() ? kDone : kRefuted;
}

}  // namespace evenscore::cli
