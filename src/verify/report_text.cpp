#include <fmt/format.h>

#include <cmath>

#include "base/grouped_digits.h"
#include "evenscore/verify.h"
#include "verify/text_table.h"
#include "verify/ulp_bands.h"
#include "verify/verdict_reason.h"

namespace evenscore {
namespace {

using verifier::TextTable;

constexpr std::size_t kWidestMatrix = 12;  ///< classes of a confusion matrix that fits a terminal
constexpr std::size_t kMostClasses = 40;   ///< classes listed one a line

std::string output_name(const OutputComparison& o, bool several_sides) {
  std::string name = fmt::format("{} {}", o.name, o.type == OutputType::f32 ? "f32" : "f64");
  if (several_sides) name += fmt::format(" {}/{}", o.a, o.b);
  return name;
}

std::string setting(const VerifyReport& report) {
  TextTable table(2);
  std::string sides;
  for (const std::string& source : report.sources)
    sides += fmt::format("{}{}", sides.empty() ? "" : " with ", source);
  table.add({"compared", sides});
  for (const std::string& engine : report.engines) table.add({"engine", engine});
  if (report.has_model) {
    table.add({"rows", fmt::format("{} of {}:{}, {}", grouped(report.rows), report.rows_name,
                                   report.rows_dataset, report.element_type)});
    table.add({"arithmetic", report.arithmetic == Arithmetic::exact ? "exact" : "sklearn"});
  } else {
    table.add({"rows", grouped(report.rows)});
  }
  std::string mode(name_of(report.mode));
  const Tolerances& t = report.tolerances;
  if (t.max_ulp) mode += fmt::format(", at most {} ulp", grouped(*t.max_ulp));
  if (t.rtol || t.atol)
    mode += fmt::format(", |a - b| <= {} + {} |b|", t.atol.value_or(0.0), t.rtol.value_or(0.0));
  table.add({"mode", mode});
  if (report.sampled) {
    table.add({"sample",
               fmt::format("{} rows, chosen by seed {}", grouped(report.comparison.rows), *report.sampled)});
  }
  if (report.bad_rows > 0)
    table.add({"bad rows", fmt::format("{} cannot be scored", grouped(report.bad_rows))});
  for (const std::string& note : report.notes) table.add({"note", note});
  return table.text();
}

std::string outputs(const VerifyReport& report) {
  const std::vector<OutputComparison>& list = report.comparison.outputs;
  if (list.empty()) return {};
  bool several_sides = false;
  for (const OutputComparison& o : list) several_sides = several_sides || o.b != list.front().b;
  TextTable measures;
  measures.add({"output", "rows of equal bits", "max ulp", "max |a-b|", "max relative", "NaN differs",
                "Inf differs", "outside bound", "rejected"});
  TextTable histogram;
  std::vector<std::string> header{"ulp apart"};
  for (const OutputComparison& o : list) {
    const std::string name = output_name(o, several_sides);
    measures.add({name, grouped(o.rows_equal_bits), grouped(o.max_ulp), fmt::format("{:.3g}", o.max_abs),
                  fmt::format("{:.3g}", o.max_rel), grouped(o.nan_mismatches), grouped(o.inf_mismatches),
                  grouped(o.out_of_bound), grouped(o.rejected)});
    header.push_back(name);
  }
  histogram.add(header);
  bool all_zero = true;
  for (std::size_t band = 0; band < verifier::ulp_bands(list.front().ulp_histogram).size(); ++band) {
    std::vector<std::string> line{verifier::ulp_bands(list.front().ulp_histogram)[band].first};
    bool any = false;
    for (const OutputComparison& o : list) {
      const std::uint64_t count = verifier::ulp_bands(o.ulp_histogram)[band].second;
      any = any || count > 0;
      line.push_back(grouped(count));
    }
    if (any) histogram.add(line);
    if (any && band > 0) all_zero = false;
  }
  const std::string distances =
      all_zero ? std::string() : fmt::format("\nValues by distance\n{}", histogram.text());
  return fmt::format("\nNumbers\n{}{}", measures.text(), distances);
}

std::string labels(const ComparisonResult& found, bool has_model) {
  TextTable table;
  table.add({"compared", grouped(found.labels_compared)});
  table.add({"different", grouped(found.label_flips)});
  if (!has_model) return fmt::format("\nLabels\n{}", table.text());
  table.add({"  explained by rounding", grouped(found.label_flips_explained)});
  table.add({"  unexplained", grouped(found.label_flips - found.label_flips_explained)});
  table.add({"certified", grouped(found.labels_certified)});
  return fmt::format("\nLabels\n{}", table.text());
}

/// What the true values say; a is the engine.
std::string referee(const VerifyReport& report) {
  if (report.referee.empty()) return {};
  TextTable table;
  table.add({"output", "values", "engine nearer", "other nearer", "engine off by", "other off by",
             "bounds exceeded"});
  for (const RefereeVerdict& v : report.referee) {
    table.add({v.output, grouped(v.values), grouped(v.a_nearer), grouped(v.b_nearer),
               fmt::format("{} ulp", grouped(v.a_max_ulp)), fmt::format("{} ulp", grouped(v.b_max_ulp)),
               grouped(v.bounds_exceeded)});
  }
  return fmt::format("\nReferee: true values of {} rows, by MPFR\n{}", grouped(report.rows_judged),
                     table.text());
}

std::string differences(const char* title, const std::vector<Difference>& list) {
  if (list.empty()) return {};
  TextTable table(0);
  table.add(
      {"row", "output", "column", list.front().a, list.front().b, "bits", "", "ulp", "rounding allows"});
  for (const Difference& d : list) {
    const std::string allowed =
        d.low && d.high ? fmt::format("{:.17g} to {:.17g}", *d.low, *d.high) : std::string();
    const bool other_sides = d.a != list.front().a || d.b != list.front().b;
    table.add({grouped(d.row), d.output, fmt::format("{}", d.column), d.a_value,
               other_sides ? fmt::format("{} ({})", d.b_value, d.b) : d.b_value, d.a_bits, d.b_bits,
               d.ulp ? grouped(*d.ulp) : std::string(), allowed});
  }
  return fmt::format("\n{} (rows and columns from 0)\n{}", title, table.text());
}

std::string matrices(const VerifyReport& report) {
  const std::vector<std::string>& names = report.class_names;
  if (names.size() > kWidestMatrix) return {};
  TextTable table;
  std::vector<std::string> title{"true \\ predicted"};
  const auto head = [&](const std::string& source) {
    for (const std::string& name : names) title.push_back(name);
    title.push_back(fmt::format("({})", source));
  };
  if (report.before) head(report.before_source);
  head(report.after_source);
  table.add(title);
  for (std::size_t truth = 0; truth < names.size(); ++truth) {
    std::vector<std::string> line{names[truth]};
    const auto counts = [&](const ClassificationMetrics& m) {
      for (const std::int64_t count : m.confusion_matrix[truth]) line.push_back(grouped(count));
      line.emplace_back();
    };
    if (report.before) counts(*report.before);
    counts(*report.after);
    table.add(line);
  }
  return fmt::format("\nConfusion matrix{}\n{}", report.before ? ", before and after" : "", table.text());
}

std::string metrics(const VerifyReport& report) {
  if (!report.after) return {};
  TextTable table;
  table.add({"", report.before ? fmt::format("before: {}", report.before_source) : "",
             fmt::format("after: {}", report.after_source), "change"});
  const auto line = [&](const std::string& name, const auto& measure) {
    const double after = measure(*report.after);
    if (!report.before) {
      table.add({name, "", fmt::format("{:.6f}", after), ""});
      return;
    }
    const double before = measure(*report.before);
    const double moved = after - before;
    table.add({name, fmt::format("{:.6f}", before), fmt::format("{:.6f}", after),
               moved == 0.0 ? std::string("0") : fmt::format("{:+.6f}", moved)});
  };
  line("accuracy", [](const ClassificationMetrics& m) { return m.accuracy; });
  line("balanced accuracy", [](const ClassificationMetrics& m) { return m.balanced_accuracy; });
  line("Matthews correlation", [](const ClassificationMetrics& m) { return m.matthews; });
  const auto of_probabilities = [&](const char* name, std::optional<double> ProbabilityMetrics::*measure) {
    const auto has = [&](const std::optional<ClassificationMetrics>& m) {
      return m && m->probabilities && (*m->probabilities).*measure;
    };
    if (!has(report.after) || (report.before && !has(report.before))) return;
    line(name, [measure](const ClassificationMetrics& m) { return *((*m.probabilities).*measure); });
  };
  of_probabilities("ROC AUC", &ProbabilityMetrics::roc_auc);
  of_probabilities("average precision", &ProbabilityMetrics::average_precision);
  of_probabilities("log loss", &ProbabilityMetrics::log_loss);
  of_probabilities("Brier score", &ProbabilityMetrics::brier);
  line("macro f1", [](const ClassificationMetrics& m) { return m.macro.f1; });
  line("weighted f1", [](const ClassificationMetrics& m) { return m.weighted.f1; });
  if (report.class_names.size() <= kMostClasses) {
    for (std::size_t c = 0; c < report.class_names.size(); ++c) {
      const std::string& name = report.class_names[c];
      line(fmt::format("precision of {}", name),
           [c](const ClassificationMetrics& m) { return m.classes[c].precision; });
      line(fmt::format("recall of {}", name),
           [c](const ClassificationMetrics& m) { return m.classes[c].recall; });
      line(fmt::format("f1 of {}", name), [c](const ClassificationMetrics& m) { return m.classes[c].f1; });
    }
  }
  std::string text = fmt::format("{}\nMetrics\n{}", matrices(report), table.text());
  const auto unscored = [&](const char* when, const std::optional<ClassificationMetrics>& m) {
    if (m && m->unscored > 0) {
      text += fmt::format("  {} {} rows without a prediction count as wrong\n", when, grouped(m->unscored));
    }
  };
  unscored("before:", report.before);
  unscored("after:", report.after);
  return text;
}

std::string structure(const StructureReport& report) {
  if (report.differences.empty())
    return fmt::format("Steps, parameters and fitted values are those of {}, bit for bit.\n", report.against);
  std::string text = fmt::format("\nDiffers from {}\n", report.against);
  for (const ModelDifference& difference : report.differences)
    text += fmt::format("  {}: {}\n", difference.path, difference.what);
  return text;
}

}  // namespace

std::string to_text(const VerifyReport& report) {
  std::string text = fmt::format("{}: {}.\n", verifier::headline(report.verdict), report.reason);
  for (const std::string& loss : report.hidden_losses) text += fmt::format("Warning: {}.\n", loss);
  for (const std::string& cause : report.likely_causes) text += fmt::format("Likely cause: {}.\n", cause);
  if (report.structure) text += structure(*report.structure);
  text += fmt::format("\n{}", setting(report));
  if (report.comparison.rows == 0 && report.rows > 0) return text;
  text += outputs(report);
  if (!report.class_names.empty()) text += labels(report.comparison, report.has_model);
  text += referee(report);
  const std::vector<Difference>& rejected = report.comparison.first_rejected;
  if (report.mode != VerifyMode::bitwise) text += differences("First rejected differences", rejected);
  text += differences("First differences", report.comparison.first_differences);
  text += metrics(report);
  return text;
}

}  // namespace evenscore
