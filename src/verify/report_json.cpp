#include <cmath>
#include <nlohmann/json.hpp>

#include "evenscore/verify.h"
#include "verify/model_difference_json.h"

namespace evenscore {
namespace {

using Json = nlohmann::ordered_json;

std::string whole(std::int64_t value) {
  return std::to_string(value);
}
std::string whole(std::uint64_t value) {
  return std::to_string(value);
}

Json number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  return value;
}

Json optional_number(const std::optional<double>& value) {
  return value ? number(*value) : Json(nullptr);
}

Json histogram(const UlpHistogram& counts) {
  Json buckets = Json::array();
  for (int bucket = 0; bucket < UlpHistogram::kBuckets; ++bucket) {
    const std::uint64_t count = counts.counts[static_cast<std::size_t>(bucket)];
    if (count == 0) continue;
    buckets.push_back({{"from", whole(UlpHistogram::first_of(bucket))},
                       {"to", whole(UlpHistogram::last_of(bucket))},
                       {"count", whole(count)}});
  }
  return buckets;
}

Json output(const OutputComparison& o) {
  return {{"name", o.name},
          {"type", o.type == OutputType::f32 ? "float32" : "float64"},
          {"rounded_to_float32", o.rounded},
          {"a", o.a},
          {"b", o.b},
          {"rows", whole(o.rows)},
          {"rows_equal_bits", whole(o.rows_equal_bits)},
          {"values", whole(o.values)},
          {"max_ulp", whole(o.max_ulp)},
          {"ulp_histogram", histogram(o.ulp_histogram)},
          {"max_abs", number(o.max_abs)},
          {"max_rel", number(o.max_rel)},
          {"nan_mismatches", whole(o.nan_mismatches)},
          {"inf_mismatches", whole(o.inf_mismatches)},
          {"out_of_bound", whole(o.out_of_bound)},
          {"rejected", whole(o.rejected)}};
}

Json differences(const std::vector<Difference>& list) {
  Json array = Json::array();
  for (const Difference& d : list) {
    Json bound = nullptr;
    if (d.low && d.high) bound = {{"low", number(*d.low)}, {"high", number(*d.high)}};
    array.push_back({{"row", whole(d.row)},
                     {"output", d.output},
                     {"column", d.column},
                     {"a", d.a},
                     {"b", d.b},
                     {"a_value", d.a_value},
                     {"b_value", d.b_value},
                     {"a_bits", d.a_bits},
                     {"b_bits", d.b_bits},
                     {"ulp", d.ulp ? Json(whole(*d.ulp)) : Json(nullptr)},
                     {"bound", bound},
                     {"accepted", d.accepted}});
  }
  return array;
}

Json class_metrics(const ClassMetrics& m) {
  return {{"precision", m.precision}, {"recall", m.recall}, {"f1", m.f1}, {"support", whole(m.support)}};
}

Json list_of(const std::vector<std::optional<double>>& values) {
  Json array = Json::array();
  for (const std::optional<double>& value : values) array.push_back(optional_number(value));
  return array;
}

Json probability_metrics(const ProbabilityMetrics& m) {
  Json curve = Json::array();
  for (const RankingPoint& point : m.curve) {
    curve.push_back({{"threshold", number(point.threshold)},
                     {"recall", point.recall},
                     {"false_positive_rate", point.false_positive_rate},
                     {"precision", point.precision}});
  }
  Json calibration = Json::array();
  for (const CalibrationBin& bin : m.calibration) {
    calibration.push_back({{"rows", whole(bin.rows)},
                           {"mean_probability", bin.mean_probability},
                           {"fraction_positive", bin.fraction_positive}});
  }
  return {{"rows", whole(m.rows)},
          {"log_loss", optional_number(m.log_loss)},
          {"brier", optional_number(m.brier)},
          {"roc_auc", optional_number(m.roc_auc)},
          {"average_precision", optional_number(m.average_precision)},
          {"class_roc_auc", list_of(m.class_roc_auc)},
          {"class_average_precision", list_of(m.class_average_precision)},
          {"curve", curve},
          {"calibration", calibration}};
}

Json metrics(const ClassificationMetrics& m, const std::string& source,
             const std::vector<std::string>& names) {
  Json matrix = Json::array();
  for (const std::vector<std::int64_t>& counts : m.confusion_matrix) {
    Json line = Json::array();
    for (const std::int64_t count : counts) line.push_back(whole(count));
    matrix.push_back(line);
  }
  Json classes = Json::array();
  for (std::size_t c = 0; c < m.classes.size(); ++c) {
    Json entry = {{"class", names[c]}};
    entry.update(class_metrics(m.classes[c]));
    classes.push_back(entry);
  }
  Json object = {{"source", source},
                 {"rows", whole(m.rows)},
                 {"unscored", whole(m.unscored)},
                 {"confusion_matrix", matrix},
                 {"accuracy", m.accuracy},
                 {"balanced_accuracy", m.balanced_accuracy},
                 {"matthews", m.matthews},
                 {"classes", classes},
                 {"macro", class_metrics(m.macro)},
                 {"weighted", class_metrics(m.weighted)},
                 {"micro", class_metrics(m.micro)}};
  if (m.probabilities) object["probabilities"] = probability_metrics(*m.probabilities);
  return object;
}

Json change(const ClassificationMetrics& before, const ClassificationMetrics& after,
            const std::vector<std::string>& names) {
  Json classes = Json::array();
  for (std::size_t c = 0; c < names.size(); ++c) {
    classes.push_back({{"class", names[c]},
                       {"precision", after.classes[c].precision - before.classes[c].precision},
                       {"recall", after.classes[c].recall - before.classes[c].recall},
                       {"f1", after.classes[c].f1 - before.classes[c].f1}});
  }
  const auto moved = [&](std::optional<double> ProbabilityMetrics::*measure) -> Json {
    if (!before.probabilities || !after.probabilities) return nullptr;
    const std::optional<double>& was = (*before.probabilities).*measure;
    const std::optional<double>& is = (*after.probabilities).*measure;
    return was && is ? Json(*is - *was) : Json(nullptr);
  };
  return {{"accuracy", after.accuracy - before.accuracy},
          {"balanced_accuracy", after.balanced_accuracy - before.balanced_accuracy},
          {"matthews", after.matthews - before.matthews},
          {"log_loss", moved(&ProbabilityMetrics::log_loss)},
          {"brier", moved(&ProbabilityMetrics::brier)},
          {"roc_auc", moved(&ProbabilityMetrics::roc_auc)},
          {"average_precision", moved(&ProbabilityMetrics::average_precision)},
          {"classes", classes}};
}

Json referee(const std::vector<RefereeVerdict>& verdicts) {
  Json array = Json::array();
  for (const RefereeVerdict& v : verdicts) {
    array.push_back({{"output", v.output},
                     {"values", whole(v.values)},
                     {"a_nearer", whole(v.a_nearer)},
                     {"b_nearer", whole(v.b_nearer)},
                     {"a_max_ulp", whole(v.a_max_ulp)},
                     {"b_max_ulp", whole(v.b_max_ulp)},
                     {"bounds_exceeded", whole(v.bounds_exceeded)}});
  }
  return array;
}

}  // namespace

std::string to_json(const VerifyReport& report) {
  const ComparisonResult& found = report.comparison;
  Json outputs = Json::array();
  for (const OutputComparison& o : found.outputs) outputs.push_back(output(o));
  Json json = {{"schema", report.has_model ? "evenscore-verify-1" : "evenscore-compare-1"},
               {"verdict", name_of(report.verdict)},
               {"reason", report.reason},
               {"likely_causes", report.likely_causes},
               {"mode", name_of(report.mode)},
               {"rows", whole(report.rows)},
               {"sources", report.sources},
               {"notes", report.notes},
               {"classes", report.class_names},
               {"outputs", outputs},
               {"labels_compared", whole(found.labels_compared)},
               {"label_flips", whole(found.label_flips)},
               {"first_differences", differences(found.first_differences)},
               {"first_rejected", differences(found.first_rejected)}};
  if (report.has_model) {
    json.update({{"rows_source", report.rows_name},
                 {"rows_dataset", report.rows_dataset},
                 {"rows_type", report.element_type},
                 {"arithmetic", report.arithmetic == Arithmetic::exact ? "exact" : "sklearn"},
                 {"pipeline_digest", report.pipeline_digest},
                 {"sklearn_version", report.sklearn_version},
                 {"engines", report.engines},
                 {"label_flips_explained", whole(found.label_flips_explained)},
                 {"labels_certified", whole(found.labels_certified)},
                 {"bad_rows", whole(report.bad_rows)},
                 {"rows_judged", whole(report.rows_judged)},
                 {"referee", referee(report.referee)},
                 {"rows_compared", whole(found.rows)},
                 {"sample_seed", report.sampled ? Json(whole(*report.sampled)) : Json(nullptr)}});
  }
  if (report.has_model && !report.class_names.empty()) {
    Json rows = Json::array();
    for (const std::int64_t row : report.first_uncertified) rows.push_back(whole(row));
    json["first_uncertified"] = rows;
  }
  if (report.structure) {
    Json list = Json::array();
    for (const ModelDifference& difference : report.structure->differences)
      list.push_back(verifier::json_of(difference));
    json["structure"] = {{"against", report.structure->against},
                         {"identical", report.structure->differences.empty()},
                         {"differences", list}};
  }
  if (report.mode == VerifyMode::tolerance) {
    const Tolerances& t = report.tolerances;
    json["tolerances"] = {{"max_ulp", t.max_ulp ? Json(whole(*t.max_ulp)) : Json(nullptr)},
                          {"rtol", optional_number(t.rtol)},
                          {"atol", optional_number(t.atol)}};
  }
  if (report.after) {
    json["before"] =
        report.before ? metrics(*report.before, report.before_source, report.class_names) : Json(nullptr);
    json["after"] = metrics(*report.after, report.after_source, report.class_names);
    if (report.before) json["change"] = change(*report.before, *report.after, report.class_names);
    json["hidden_losses"] = report.hidden_losses;
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace evenscore
