#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/grouped_digits.h"
#include "evenscore/verify.h"
#include "evenscore/version.h"
#include "verify/svg_chart.h"
#include "verify/ulp_bands.h"
#include "verify/verdict_reason.h"

namespace evenscore {
namespace {

using verifier::escaped;

constexpr std::size_t kWidestMatrix = 30;
constexpr std::size_t kMostClasses = 200;

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--box:#f6f8fa;--good:#1a7f37;
--bad:#cf222e;--warn:#7d4e00;--warnbox:#fff8c5;--one:#0969da;--two:#bc4c00}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ea7b3;--line:#3d444d;--paper:#0d1117;--box:#161b22;
--good:#3fb950;--bad:#ff7b72;--warn:#e3b341;--warnbox:#2d2200;--one:#58a6ff;--two:#ffa657}}
*{box-sizing:border-box}body{margin:0 auto;padding:1rem;max-width:72rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.7rem;line-height:1.25;margin:.5rem 0;padding-left:.8rem;border-left:.45rem solid}
h1.good{border-color:var(--good)}h1.bad{border-color:var(--bad)}h2{font-size:1.2rem;margin:2rem 0 .5rem}
p.reason{font-size:1.1rem;margin:.3rem 0 1rem}.warning{background:var(--warnbox);color:var(--warn);
border-left:.45rem solid;padding:.6rem .8rem;margin:.5rem 0}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:6px;margin:.5rem 0}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child>*{border-bottom:0}th{background:var(--box);font-weight:600}th[scope=row],td.left{text-align:left}
.facts th{width:11rem}.facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}
.worse{color:var(--bad);font-weight:600}.better{color:var(--good)}.pair{display:flex;flex-wrap:wrap;gap:1rem}
.pair>*{flex:1 1 18rem;min-width:0}figure{margin:.5rem 0;flex:1 1 16rem;max-width:24rem}figure.wide{max-width:48rem}
svg{width:100%;height:auto}svg text{font-size:11px;fill:var(--soft)}figcaption{color:var(--soft);font-size:.9rem}
.frame{fill:none;stroke:var(--line)}.guide{stroke:var(--line);stroke-dasharray:4 4}.bar{fill:var(--one)}
polyline{fill:none;stroke-width:2}.series0{stroke:var(--two);stroke-dasharray:6 3}.series1{stroke:var(--one)}
.key0::before,.key1::before{content:"";display:inline-block;width:1.6em;height:0;margin:0 .3em;vertical-align:middle;
border-top:3px solid var(--one)}.key0::before{border-top:3px dashed var(--two)}
code{font-family:ui-monospace,monospace;font-size:.9em}footer{margin-top:2rem;color:var(--soft);font-size:.85rem}
@media (max-width:32rem){body{padding:.6rem;font-size:15px}th,td{padding:.25rem .4rem;font-size:.8rem}
.facts th{width:7rem}}
@media print{:root{--ink:#000;--soft:#333;--line:#999;--paper:#fff;--box:#eee;--good:#060;--bad:#900;--warn:#430;
--warnbox:#fff;--one:#036;--two:#930}body{max-width:none;font-size:11px}.scroll{overflow:visible}h2{break-after:avoid}
figure,table{break-inside:avoid}}
)";

using Line = std::vector<std::string>;

/// Cells are HTML; the first of each line is its heading.
std::string table(const Line& head, const std::vector<Line>& lines, const char* css = "") {
  std::string html = fmt::format("<div class=\"scroll\"><table class=\"{}\">", css);
  if (!head.empty()) {
    html += "<thead><tr>";
    for (const std::string& cell : head) html += fmt::format("<th scope=\"col\">{}</th>", cell);
    html += "</tr></thead>";
  }
  html += "<tbody>";
  for (const Line& line : lines) {
    html += "<tr>";
    for (std::size_t i = 0; i < line.size(); ++i)
      html +=
          i == 0 ? fmt::format("<th scope=\"row\">{}</th>", line[i]) : fmt::format("<td>{}</td>", line[i]);
    html += "</tr>";
  }
  return html + "</tbody></table></div>\n";
}

std::string verdict(const VerifyReport& report) {
  std::string html = fmt::format("<h1 class=\"{}\">{}</h1>\n<p class=\"reason\">{}.</p>\n",
                                 report.accepted() ? "good" : "bad", verifier::headline(report.verdict),
                                 escaped(report.reason));
  for (const std::string& loss : report.hidden_losses)
    html += fmt::format("<p class=\"warning\" role=\"alert\">Hidden loss: {}.</p>\n", escaped(loss));
  for (const std::string& cause : report.likely_causes)
    html += fmt::format("<p class=\"warning\">Likely cause: {}.</p>\n", escaped(cause));
  return html;
}

std::string setting(const VerifyReport& report) {
  std::vector<Line> lines;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) lines.push_back({name, escaped(value)});
  };
  std::string sides;
  for (const std::string& source : report.sources) sides += (sides.empty() ? "" : " with ") + source;
  add("compared", sides);
  for (const std::string& engine : report.engines) add("engine", engine);
  add("rows", report.has_model ? fmt::format("{} of {}:{}, {}", grouped(report.rows), report.rows_name,
                                             report.rows_dataset, report.element_type)
                               : grouped(report.rows));
  if (report.sampled) {
    add("sample",
        fmt::format("{} rows, chosen by seed {}", grouped(report.comparison.rows), *report.sampled));
  }
  if (report.has_model) {
    add("arithmetic", report.arithmetic == Arithmetic::exact ? "exact" : "sklearn");
    add("pipeline digest", report.pipeline_digest);
    add("scikit-learn", report.sklearn_version);
    if (report.bad_rows > 0) add("bad rows", fmt::format("{} cannot be scored", grouped(report.bad_rows)));
  }
  std::string mode(name_of(report.mode));
  const Tolerances& t = report.tolerances;
  if (t.max_ulp) mode += fmt::format(", at most {} ulp", grouped(*t.max_ulp));
  if (t.rtol || t.atol)
    mode += fmt::format(", |a - b| <= {} + {} |b|", t.atol.value_or(0.0), t.rtol.value_or(0.0));
  add("mode", mode);
  for (const std::string& note : report.notes) add("note", note);
  return "<h2>What was compared</h2>\n" + table({}, lines, "facts");
}

std::string structure(const VerifyReport& report) {
  if (!report.structure) return {};
  std::string html = fmt::format("<h2>Steps, parameters and fitted values beside {}</h2>\n",
                                 escaped(report.structure->against));
  if (report.structure->differences.empty()) return html + "<p>The same, bit for bit.</p>\n";
  std::vector<Line> lines;
  for (const ModelDifference& difference : report.structure->differences)
    lines.push_back({escaped(difference.path), escaped(difference.what)});
  return html + table({"where", "what"}, lines, "facts");
}

std::string uncertified(const VerifyReport& report) {
  if (report.first_uncertified.empty()) return {};
  const std::int64_t all = report.comparison.rows - report.comparison.labels_certified;
  std::string list;
  for (const std::int64_t row : report.first_uncertified) list += (list.empty() ? "" : ", ") + grouped(row);
  if (all > static_cast<std::int64_t>(report.first_uncertified.size())) list += ", …";
  return fmt::format(
      "<h2>Labels that rounding could change</h2>\n<p>{} of {} rows, whose scores are too close for a proof; "
      "the first: "
      "{}</p>\n",
      grouped(all), grouped(report.comparison.rows), list);
}

std::string numbers(const VerifyReport& report) {
  const std::vector<OutputComparison>& list = report.comparison.outputs;
  if (list.empty()) return {};
  std::vector<Line> lines;
  std::string charts;
  for (const OutputComparison& o : list) {
    const std::string name =
        fmt::format("{} {}, {} with {}", o.name, o.type == OutputType::f32 ? "f32" : "f64", o.a, o.b);
    lines.push_back({escaped(name), grouped(o.rows), grouped(o.rows_equal_bits), grouped(o.max_ulp),
                     fmt::format("{:.3g}", o.max_abs), fmt::format("{:.3g}", o.max_rel),
                     grouped(o.nan_mismatches), grouped(o.inf_mismatches), grouped(o.out_of_bound),
                     grouped(o.rejected)});
    if (o.rows_equal_bits == o.rows) continue;
    std::vector<std::pair<std::string, double>> bars;
    for (const auto& [band, count] : verifier::ulp_bands(o.ulp_histogram))
      bars.emplace_back(band, static_cast<double>(count));
    charts +=
        verifier::bar_chart(fmt::format("{}: values by distance in ulp, heights by logarithm", name), bars);
  }
  return "<h2>Numbers</h2>\n" +
         table({"output", "rows", "rows of equal bits", "max ulp", "max |a-b|", "max relative", "NaN differs",
                "Inf differs", "outside bound", "rejected"},
               lines) +
         charts;
}

std::string labels(const VerifyReport& report) {
  const ComparisonResult& found = report.comparison;
  if (report.class_names.empty() || found.labels_compared == 0) return {};
  std::vector<Line> lines{{"compared", grouped(found.labels_compared)},
                          {"different", grouped(found.label_flips)}};
  if (report.has_model) {
    lines.push_back({"explained by rounding", grouped(found.label_flips_explained)});
    lines.push_back({"unexplained", grouped(found.label_flips - found.label_flips_explained)});
    lines.push_back({"certified: no f64 evaluation can give another", grouped(found.labels_certified)});
  }
  return "<h2>Labels</h2>\n" + table({}, lines);
}

std::string referee(const VerifyReport& report) {
  if (report.referee.empty()) return {};
  std::vector<Line> lines;
  for (const RefereeVerdict& v : report.referee) {
    lines.push_back({escaped(v.output), grouped(v.values), grouped(v.a_nearer), grouped(v.b_nearer),
                     grouped(v.a_max_ulp), grouped(v.b_max_ulp), grouped(v.bounds_exceeded)});
  }
  return fmt::format("<h2>Referee</h2>\n<p>True values of {} rows, by MPFR, rounded once.</p>\n",
                     grouped(report.rows_judged)) +
         table({"output", "values", "engine nearer", "other nearer", "engine off by, ulp",
                "other off by, ulp", "bounds exceeded"},
               lines);
}

std::string differences(const char* title, const std::vector<Difference>& list) {
  if (list.empty()) return {};
  std::vector<Line> lines;
  for (const Difference& d : list) {
    lines.push_back({grouped(d.row), escaped(d.output), std::to_string(d.column), escaped(d.a),
                     escaped(d.a_value), fmt::format("<code>{}</code>", escaped(d.a_bits)), escaped(d.b),
                     escaped(d.b_value), fmt::format("<code>{}</code>", escaped(d.b_bits)),
                     d.ulp ? grouped(*d.ulp) : "",
                     d.low && d.high ? fmt::format("{:.17g} to {:.17g}", *d.low, *d.high) : ""});
  }
  return fmt::format("<h2>{}</h2>\n<p>Rows and columns count from 0.</p>\n", title) +
         table({"row", "output", "column", "a", "value", "bits", "b", "value", "bits", "ulp",
                "rounding allows"},
               lines);
}

std::string matrix(const ClassificationMetrics& metrics, const std::string& source,
                   const std::vector<std::string>& names) {
  std::vector<Line> lines;
  Line head{"true \\ predicted"};
  for (const std::string& name : names) head.push_back(escaped(name));
  for (std::size_t truth = 0; truth < names.size(); ++truth) {
    Line line{escaped(names[truth])};
    const double support = std::max<double>(1.0, static_cast<double>(metrics.classes[truth].support));
    for (std::size_t c = 0; c < names.size(); ++c) {
      const std::int64_t count = metrics.confusion_matrix[truth][c];
      const int shade = static_cast<int>(55.0 * static_cast<double>(count) / support);
      line.push_back(
          fmt::format("<span style=\"display:block;padding:0 .3rem;background:color-mix(in srgb,var({}) "
                      "{}%,transparent)\">{}</span>",
                      c == truth ? "--good" : "--bad", shade, grouped(count)));
    }
    lines.push_back(line);
  }
  return fmt::format("<div><h3>{}</h3>{}</div>", escaped(source), table(head, lines));
}

std::string moved(double before, double after, bool less_is_better) {
  const double change = after - before;
  if (change == 0.0) return "0";
  const bool better = (change > 0.0) != less_is_better;
  return fmt::format("<span class=\"{}\">{:+.6f}</span>", better ? "better" : "worse", change);
}

class MetricLines {
 public:
  explicit MetricLines(const VerifyReport& report) : report_(report) {}

  template <class Measure>
  void add(const std::string& name, const Measure& measure, bool less_is_better = false) {
    const std::optional<double> after = measure(*report_.after);
    const std::optional<double> before = report_.before ? measure(*report_.before) : std::nullopt;
    if (!after && !before) return;
    const auto text = [](const std::optional<double>& v) {
      return v ? fmt::format("{:.6f}", *v) : std::string();
    };
    lines_.push_back({escaped(name), text(before), text(after),
                      before && after ? moved(*before, *after, less_is_better) : std::string()});
  }
  const std::vector<Line>& lines() const { return lines_; }

 private:
  const VerifyReport& report_;
  std::vector<Line> lines_;
};

/// Classes whose recall or precision fell most come first.
std::vector<std::size_t> worst_first(const VerifyReport& report) {
  std::vector<std::size_t> order(report.class_names.size());
  for (std::size_t c = 0; c < order.size(); ++c) order[c] = c;
  if (!report.before) return order;
  const auto change = [&](std::size_t c) {
    const ClassMetrics& before = report.before->classes[c];
    const ClassMetrics& after = report.after->classes[c];
    return std::min(after.recall - before.recall, after.precision - before.precision);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t x, std::size_t y) { return change(x) < change(y); });
  return order;
}

std::string curves(const VerifyReport& report) {
  std::vector<verifier::ChartSeries> roc, precision_recall, calibration;
  const auto add = [&](const std::optional<ClassificationMetrics>& metrics, const std::string& source) {
    verifier::ChartSeries r{source, {}}, p{source, {}}, c{source, {}};
    if (metrics && metrics->probabilities) {
      for (const RankingPoint& point : metrics->probabilities->curve) {
        r.points.emplace_back(point.false_positive_rate, point.recall);
        p.points.emplace_back(point.recall, point.precision);
      }
      for (const CalibrationBin& bin : metrics->probabilities->calibration)
        c.points.emplace_back(bin.mean_probability, bin.fraction_positive);
    }
    roc.push_back(r);
    precision_recall.push_back(p);
    calibration.push_back(c);
  };
  add(report.before, "before: " + report.before_source);
  add(report.after, "after: " + report.after_source);
  std::string html;
  const auto any = [](const std::vector<verifier::ChartSeries>& series) {
    return !series[0].points.empty() || !series[1].points.empty();
  };
  if (any(roc)) {
    html += verifier::line_chart("ROC curve", "false positive rate", "recall", roc, true);
    html += verifier::line_chart("Precision-recall curve", "recall", "precision", precision_recall, false);
  }
  if (any(calibration)) {
    html += verifier::line_chart("Calibration", "mean probability", "fraction positive", calibration, true);
  }
  return html.empty() ? html : fmt::format("<h2>Curves</h2>\n<div class=\"pair\">{}</div>\n", html);
}

std::string quality(const VerifyReport& report) {
  if (!report.after) return {};
  std::string html = "<h2>Quality before and after</h2>\n";
  const std::vector<std::string>& names = report.class_names;
  MetricLines metrics(report);
  const auto of = [](double ClassificationMetrics::*member) {
    return [member](const ClassificationMetrics& m) { return std::optional<double>(m.*member); };
  };
  const auto of_probabilities = [](std::optional<double> ProbabilityMetrics::*member) {
    return [member](const ClassificationMetrics& m) {
      return m.probabilities ? (*m.probabilities).*member : std::optional<double>();
    };
  };
  metrics.add("accuracy", of(&ClassificationMetrics::accuracy));
  metrics.add("balanced accuracy", of(&ClassificationMetrics::balanced_accuracy));
  metrics.add("Matthews correlation", of(&ClassificationMetrics::matthews));
  metrics.add("macro f1", [](const ClassificationMetrics& m) { return std::optional<double>(m.macro.f1); });
  metrics.add("weighted f1",
              [](const ClassificationMetrics& m) { return std::optional<double>(m.weighted.f1); });
  metrics.add("ROC AUC", of_probabilities(&ProbabilityMetrics::roc_auc));
  metrics.add("average precision", of_probabilities(&ProbabilityMetrics::average_precision));
  metrics.add("log loss", of_probabilities(&ProbabilityMetrics::log_loss), true);
  metrics.add("Brier score", of_probabilities(&ProbabilityMetrics::brier), true);
  if (names.size() <= kMostClasses) {
    for (const std::size_t c : worst_first(report)) {
      const auto of_class = [c](double ClassMetrics::*member) {
        return [c, member](const ClassificationMetrics& m) {
          return std::optional<double>(m.classes[c].*member);
        };
      };
      metrics.add(fmt::format("recall of {}", names[c]), of_class(&ClassMetrics::recall));
      metrics.add(fmt::format("precision of {}", names[c]), of_class(&ClassMetrics::precision));
      metrics.add(fmt::format("f1 of {}", names[c]), of_class(&ClassMetrics::f1));
    }
  }
  html += table({"", report.before ? escaped("before: " + report.before_source) : "",
                 escaped("after: " + report.after_source), "change"},
                metrics.lines());
  html += "<h2>Confusion matrices</h2>\n";
  if (names.size() > kWidestMatrix) {
    html += fmt::format("<p>{} classes: the matrices are in the JSON report.</p>\n", grouped(names.size()));
  } else {
    html += "<div class=\"pair\">";
    if (report.before) html += matrix(*report.before, "before: " + report.before_source, names);
    html += matrix(*report.after, "after: " + report.after_source, names) + "</div>\n";
  }
  return html + curves(report);
}

}  // namespace

std::string to_html(const VerifyReport& report) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}: evenscore report</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      verifier::headline(report.verdict), kStyle);
  html += verdict(report) + setting(report) + structure(report) + quality(report) + numbers(report) +
          labels(report) + uncertified(report) + referee(report);
  if (report.mode != VerifyMode::bitwise)
    html += differences("First rejected differences", report.comparison.first_rejected);
  html += differences("First differences", report.comparison.first_differences);
  return html + fmt::format("</main>\n<footer>evenscore {}</footer>\n</body>\n</html>\n", kVersion);
}

}  // namespace evenscore
