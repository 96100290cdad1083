#include <fmt/format.h>

#include "base/grouped_digits.h"
#include "evenscore/verify.h"
#include "verify/svg_chart.h"

namespace evenscore {
namespace {

using verifier::escaped;

struct TestCase {
  std::string name;
  std::string failure;  ///< empty = passed
};

std::vector<TestCase> test_cases(const VerifyReport& report) {
  std::vector<TestCase> cases;
  cases.push_back({"verdict", report.accepted() ? "" : report.reason});
  for (const OutputComparison& o : report.comparison.outputs) {
    const std::string name =
        fmt::format("{} {}: {} with {}", o.name, o.type == OutputType::f32 ? "f32" : "f64", o.a, o.b);
    cases.push_back(
        {name, o.rejected == 0 ? "" : fmt::format("{} numbers are rejected", grouped(o.rejected))});
  }
  const ComparisonResult& comparison = report.comparison;
  if (comparison.labels_compared > 0) {
    const std::int64_t unexplained = report.mode == VerifyMode::bitwise
                                         ? comparison.label_flips
                                         : comparison.label_flips - comparison.label_flips_explained;
    cases.push_back(
        {"labels", unexplained == 0 ? "" : fmt::format("{} labels differ", grouped(unexplained))});
  }
  if (report.structure) {
    const std::vector<ModelDifference>& found = report.structure->differences;
    cases.push_back({"steps, parameters and fitted values of " + report.structure->against,
                     found.empty() ? "" : fmt::format("{}: {}", found.front().path, found.front().what)});
  }
  if (report.before && report.after) {
    std::string losses;
    for (const std::string& loss : report.hidden_losses) losses += (losses.empty() ? "" : "; ") + loss;
    cases.push_back({"no loss that accuracy hides", losses});
  }
  return cases;
}

}  // namespace

std::string to_junit(const VerifyReport& report) {
  const std::vector<TestCase> cases = test_cases(report);
  std::size_t failures = 0;
  std::string body;
  for (const TestCase& test : cases) {
    body += fmt::format("    <testcase classname=\"evenscore\" name=\"{}\"", escaped(test.name));
    if (test.failure.empty()) {
      body += "/>\n";
      continue;
    }
    ++failures;
    body += fmt::format(">\n      <failure message=\"{}\"/>\n    </testcase>\n", escaped(test.failure));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{0}\" failures=\"{1}\">\n"
      "  <testsuite name=\"evenscore {2}\" tests=\"{0}\" failures=\"{1}\">\n{3}  "
      "</testsuite>\n</testsuites>\n",
      cases.size(), failures, report.has_model ? "verify" : "compare", body);
}

}  // namespace evenscore
