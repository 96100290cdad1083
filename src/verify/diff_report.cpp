#include <fmt/format.h>

#include "base/grouped_digits.h"
#include "evenscore/diff.h"
#include "verify/model_difference_json.h"

namespace evenscore {
namespace {

using Json = nlohmann::ordered_json;

std::string element_text(const ElementDifference& e) {
  std::string text = fmt::format("      {} {} became {}", e.index, e.a_value, e.b_value);
  if (!e.a_bits.empty()) text += fmt::format("  ({} became {}", e.a_bits, e.b_bits);
  if (e.ulp) text += fmt::format(", {} ulp", grouped(*e.ulp));
  if (!e.flipped_bit.empty()) text += fmt::format(", one bit: {}", e.flipped_bit);
  if (!e.a_bits.empty()) text += ")";
  return text + "\n";
}

std::string list_differences(const DiffReport& report, bool predicts, const char* title) {
  std::string text;
  for (const ModelDifference& difference : report.differences) {
    if (difference.predicts != predicts) continue;
    text += fmt::format("  {}: {}\n", difference.path, difference.what);
    for (const ElementDifference& element : difference.first_elements) text += element_text(element);
    const auto shown = static_cast<std::int64_t>(difference.first_elements.size());
    if (difference.elements > shown)
      text += fmt::format("      and {} more\n", grouped(difference.elements - shown));
  }
  return text.empty() ? text : fmt::format("\n{}\n{}", title, text);
}

std::string effects_text(const DiffReport& report) {
  if (report.effects.empty()) return {};
  std::string text = fmt::format("\nWhat each does by itself: {} with this of {}, on {} rows\n",
                                 report.a_name, report.b_name, grouped(report.effect_rows));
  for (const DifferenceEffect& effect : report.effects) {
    if (!effect.why_not.empty()) {
      text += fmt::format("  {}: cannot be exchanged alone: {}\n", effect.path, effect.why_not);
    } else if (effect.rows_changed == 0) {
      text += fmt::format("  {}: changes nothing\n", effect.path);
    } else {
      text += fmt::format("  {}: changes {} rows, {} labels; scores by up to {:.3g}\n", effect.path,
                          grouped(effect.rows_changed), grouped(effect.labels_changed), effect.max_abs);
    }
  }
  return text;
}

}  // namespace

std::string to_text(const DiffReport& report) {
  std::string text = report.identical()
                         ? "Identical: the same steps, parameters and fitted values, bit for bit.\n"
                         : fmt::format("Different: {} with {}.\n", report.a_name, report.b_name);
  text += list_differences(report, true, "What may change predictions");
  text += list_differences(report, false, "What fitting alone reads");
  text += effects_text(report);
  if (!report.not_compared.empty())
    text += fmt::format("\nPredictions were not compared: {}.\n", report.not_compared);
  if (report.predictions) text += fmt::format("\nPredictions\n\n{}", to_text(*report.predictions));
  return text;
}

std::string to_json(const DiffReport& report) {
  Json differences = Json::array(), effects = Json::array();
  for (const ModelDifference& difference : report.differences)
    differences.push_back(verifier::json_of(difference));
  for (const DifferenceEffect& effect : report.effects) {
    effects.push_back({{"path", effect.path},
                       {"why_not", effect.why_not},
                       {"labels_changed", std::to_string(effect.labels_changed)},
                       {"rows_changed", std::to_string(effect.rows_changed)},
                       {"max_abs", effect.max_abs}});
  }
  const Json object = {
      {"schema", "evenscore-diff-1"},
      {"verdict", report.identical() ? "identical" : "different"},
      {"a", report.a_name},
      {"b", report.b_name},
      {"a_digest", report.a_digest},
      {"b_digest", report.b_digest},
      {"differences", differences},
      {"not_compared", report.not_compared},
      {"predictions", report.predictions ? Json::parse(to_json(*report.predictions)) : Json(nullptr)},
      {"effect_rows", std::to_string(report.effect_rows)},
      {"effects", effects}};
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace evenscore
