// Models saved by real scikit-learn releases against what those releases predicted, without Python. The files
// and the expected values are made by scripts/make_fixtures.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "evenscore/arith/ops.h"
#include "evenscore/engine.h"
#include "evenscore/error.h"
#include "evenscore/model_file.h"
#include "evenscore/prediction_file.h"
#include "evenscore/rows_file.h"
#include "verify/other_software.h"
#include "verify/probability_bounds.h"
#include "verify/score_bounds.h"

namespace evenscore {
namespace {

using namespace verifier;
namespace fs = std::filesystem;
const fs::path kFixtures = fs::path(EVENSCORE_TEST_DATA) / "sklearn";

std::vector<std::string> versions() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(kFixtures)) {
    if (entry.is_directory()) found.push_back(entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// A release's folders of models, each with an expected.h5.
std::vector<std::string> folders_of(const std::string& version) {
  return {version, version + "/min_max"};
}

struct Case {
  std::string name;
  std::vector<std::string> files;
};

std::vector<Case> cases_of(const std::string& folder) {
  std::ifstream file(kFixtures / folder / "cases.json");
  const auto json = nlohmann::ordered_json::parse(file);
  std::vector<Case> cases;
  for (const auto& [name, value] : json["cases"].items()) cases.push_back({name, value["files"]});
  return cases;
}

/// `then` is a chain of two files; the files of any other case hold one model each.
ModelFile load_case(const std::string& folder, const Case& c, const std::string& file) {
  const std::string path = (kFixtures / folder).string() + "/";
  if (c.name == "then") return load_model(path + "scaler_part.joblib", {path + "logistic_part.joblib"});
  return load_model(path + file);
}

struct Outputs {
  std::vector<std::int32_t> label_index;
  std::vector<std::uint8_t> status;
  std::vector<double> decision, proba, log_proba;
  std::vector<float> proba32;
};

Outputs run(const Program& program, const RowsView& rows, EngineKind kind) {
  const auto n = static_cast<std::size_t>(rows.count);
  const auto k = static_cast<std::size_t>(program.n_classes);
  Outputs out{std::vector<std::int32_t>(n),
              std::vector<std::uint8_t>(n),
              std::vector<double>(n * static_cast<std::size_t>(program.n_scores())),
              std::vector<double>(n * k),
              std::vector<double>(n * k),
              std::vector<float>(n * k)};
  OutputsView f64;
  f64.label_index = out.label_index.data();
  f64.status = out.status.data();
  f64.decision = out.decision.data();
  f64.proba = out.proba.data();
  f64.log_proba = out.log_proba.data();
  const std::unique_ptr<Engine> engine = make_engine(kind, program);
  engine->run(rows, f64);
  OutputsView f32;
  f32.type = OutputType::f32;
  f32.proba = out.proba32.data();
  engine->run(rows, f32);
  return out;
}

std::vector<double> numbers(const PredictionSource& source, NumberOutput output) {
  Array array;
  array.kind = Array::Kind::number;
  array.type = source.type(output) == OutputType::f64 ? ElementType::f64 : ElementType::f32;
  array.data.resize(static_cast<std::size_t>(source.count() * source.columns(output)) *
                    element_size(array.type));
  source.read(output, 0, source.count(), array.data.data());
  return to_f64(array);
}

/// Labels as text, whatever their type.
std::vector<std::string> texts(const Labels& labels) {
  std::vector<std::string> result = labels.strings;
  for (const std::int64_t value : labels.integers) result.push_back(std::to_string(value));
  for (const double value : labels.reals) result.push_back(std::to_string(value));
  return result;
}

/// The largest of each measure seen for one release.
struct Worst {
  double decision_share = 0.0;  ///< of the bound used up
  double f64_error = 0.0;       ///< largest |dz| where scikit-learn computes in f64 what we do
  double f32_error = 0.0;       ///< the same where it scales or multiplies in f32 and `exact` does not
  std::int64_t rows = 0, labels_certified = 0, labels_different = 0, positive_checked = 0, models = 0;
};

bool holds(const Interval& interval, double value) {
  if (std::isnan(value)) return interval.allows_nan;
  return interval.low <= value && value <= interval.high;
}

/// Every output of one model on one set of rows.
void expect_as_scikit_learn(const ModelFile& model, const PredictionSource& expected, const RowsView& rows,
                            Arithmetic arithmetic, Worst& worst) {
  const Program program = compile(model.pipeline, {arithmetic, rows.type});
  const Outputs out = run(program, rows, EngineKind::cpu);
  const Outputs reference = run(program, rows, EngineKind::reference);
  ASSERT_EQ(std::memcmp(out.decision.data(), reference.decision.data(), out.decision.size() * 8), 0);
  ASSERT_EQ(std::memcmp(out.proba.data(), reference.proba.data(), out.proba.size() * 8), 0);

  const OtherSoftware other = scikit_learn(model.pipeline, rows.type, arithmetic);
  const auto n_scores = static_cast<std::size_t>(program.n_scores());
  const auto n_classes = static_cast<std::size_t>(program.n_classes);
  std::vector<double> p64(out.decision.size()), any(out.decision.size());
  ScoreBounds(program, other).evaluate(rows, p64.data(), any.data());

  const std::vector<double> decision = numbers(expected, NumberOutput::decision);
  const std::vector<double> proba = numbers(expected, NumberOutput::proba);
  const std::vector<double> log_proba = numbers(expected, NumberOutput::log_proba);
  const std::vector<std::string> labels = texts(expected.labels()->read(0, expected.count()));
  const std::vector<std::string> classes = texts(model.pipeline.classes());
  ASSERT_EQ(decision.size(), out.decision.size());
  ASSERT_EQ(proba.size(), out.proba.size());
  ASSERT_EQ(labels.size(), out.label_index.size());
  ProbabilityBounds intervals(program.link, program.n_classes, other.products);
  // The f32 value of the positive class's probability is the same wherever scikit-learn computes in f64.
  const bool f64_everywhere = other.products.unit == kBinary64.unit && other.columns.unit == kBinary64.unit;

  for (std::size_t row = 0; row < out.label_index.size(); ++row) {
    SCOPED_TRACE("row " + std::to_string(row));
    ASSERT_EQ(out.status[row], 0);
    const double* z = out.decision.data() + row * n_scores;
    std::vector<double> bound(n_scores);
    bool certified = true;
    const auto winner = static_cast<std::size_t>(out.label_index[row]);
    for (std::size_t k = 0; k < n_scores; ++k) {
      bound[k] = p64[row * n_scores + k] + any[row * n_scores + k];
      const double error = std::fabs(z[k] - decision[row * n_scores + k]);
      EXPECT_LE(error, bound[k]) << "decision " << k;
      double& largest = f64_everywhere ? worst.f64_error : worst.f32_error;
      largest = std::max(largest, error);
      if (bound[k] > 0.0) worst.decision_share = std::max(worst.decision_share, error / bound[k]);
    }
    for (std::size_t k = 0; k < n_scores; ++k) {
      if (n_scores == 1) certified = std::fabs(z[0]) > bound[0];
      if (n_scores > 1 && k != winner) certified = certified && z[winner] - z[k] > bound[winner] + bound[k];
    }
    worst.rows += 1;
    worst.labels_certified += certified ? 1 : 0;
    if (certified) {
      EXPECT_EQ(classes[winner], labels[row]);
    }
    worst.labels_different += classes[winner] == labels[row] ? 0 : 1;
    intervals.set_row(z, bound.data());
    for (std::size_t k = 0; k < n_classes; ++k) {
      const std::size_t i = row * n_classes + k;
      EXPECT_TRUE(holds(intervals.proba(static_cast<std::int32_t>(k)), proba[i]))
          << "proba " << k << ": " << out.proba[i] << " and scikit-learn " << proba[i];
      EXPECT_TRUE(holds(intervals.log_proba(static_cast<std::int32_t>(k)), log_proba[i]))
          << "log_proba " << k << ": " << out.log_proba[i] << " and scikit-learn " << log_proba[i];
    }
    if (n_classes == 2 && f64_everywhere) {
      EXPECT_EQ(arith::bits_of(out.proba32[2 * row + 1]),
                arith::bits_of(static_cast<float>(proba[2 * row + 1])));
      ++worst.positive_checked;
    }
    if (n_classes == 2 && arithmetic == Arithmetic::sklearn && program.link == LinkKind::sigmoid) {
      EXPECT_EQ(arith::bits_of(out.proba[2 * row]), arith::bits_of(1.0 - out.proba[2 * row + 1]));
    }
  }
}

/// The rows of one case in one type, and what was predicted for them.
struct Expected {
  RowsView view;
  std::vector<std::byte> rows;
  PredictionSource predictions;
};

Expected read_expected(const std::string& folder, const std::string& group) {
  const std::string file = (kFixtures / folder / "expected.h5").string();
  RowsOptions options;
  options.dataset = group + "/X";
  RowSource source = RowSource::open(file, options);
  const auto size = static_cast<std::int64_t>(element_size(source.type()));
  std::vector<std::byte> rows(static_cast<std::size_t>(source.count() * source.columns() * size));
  source.read(0, source.count(), rows.data());
  const RowsView view{rows.data(),      source.type(),           source.count(),
                      source.columns(), size * source.columns(), size,
                      MemorySpace::host};
  return {view, std::move(rows), PredictionSource({file, group})};
}

class SklearnGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(SklearnGolden, PredictsWhatTheSavingReleasePredicted) {
  Worst worst;
  for (const std::string& folder : folders_of(GetParam())) {
    for (const Case& c : cases_of(folder)) {
      for (const std::string& file : c.files) {
        SCOPED_TRACE(folder + "/" + c.name + " " + file);
        const ModelFile model = load_case(folder, c, file);
        EXPECT_EQ(model.pipeline.steps.back().sklearn_version, GetParam());
        const Expected f64 = read_expected(folder, "/" + c.name + "/f64");
        const Expected f32 = read_expected(folder, "/" + c.name + "/f32");
        ASSERT_EQ(f32.view.type, ElementType::f32);
        expect_as_scikit_learn(model, f64.predictions, f64.view, Arithmetic::exact, worst);
        expect_as_scikit_learn(model, f64.predictions, f64.view, Arithmetic::sklearn, worst);
        expect_as_scikit_learn(model, f32.predictions, f32.view, Arithmetic::exact, worst);
        const Array& coef = *model.pipeline.steps.back().attribute("coef");
        if (coef.type == ElementType::f64) {
          expect_as_scikit_learn(model, f32.predictions, f32.view, Arithmetic::sklearn, worst);
        } else {
          EXPECT_THROW(compile(model.pipeline, {Arithmetic::sklearn, ElementType::f32}), Error);
        }
        ++worst.models;
      }
    }
  }
  std::printf(
      "scikit-learn %s: %lld models, %lld rows, %lld labels certified and equal, %lld of the others differ, "
      "largest |dz| %.3g (float32 scaling: %.3g), at most %.3f of the bound used, "
      "%lld f32 probabilities equal\n",
      GetParam().c_str(), static_cast<long long>(worst.models), static_cast<long long>(worst.rows),
      static_cast<long long>(worst.labels_certified), static_cast<long long>(worst.labels_different),
      worst.f64_error, worst.f32_error, worst.decision_share, static_cast<long long>(worst.positive_checked));
  EXPECT_GT(worst.models, 35);
  EXPECT_GT(worst.positive_checked, 1000);
}
INSTANTIATE_TEST_SUITE_P(Releases, SklearnGolden, ::testing::ValuesIn(versions()), [](const auto& release) {
  std::string name = release.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(SklearnGolden, TheTextbookModelPredictsOne) {
  for (const std::string& version : versions()) {
    const Pipeline pipeline = load_model((kFixtures / version / "textbook.joblib").string()).pipeline;
    const double rows[] = {2, 2, 5, 5};
    const RowsView view{
        reinterpret_cast<const std::byte*>(rows), ElementType::f64, 2, 2, 16, 8, MemorySpace::host};
    const Outputs out = run(compile(pipeline), view, EngineKind::cpu);
    const Labels classes = pipeline.classes();
    EXPECT_EQ(classes.integers[static_cast<std::size_t>(out.label_index[0])], 1);
    EXPECT_EQ(classes.integers[static_cast<std::size_t>(out.label_index[1])], 1);
  }
}

TEST(SklearnGolden, ContainersAndProtocolsOfOneModelAreOnePipeline) {
  for (const std::string& version : versions()) {
    std::set<std::string> digests;
    int files = 0;
    for (const Case& c : cases_of(version)) {
      if (c.name != "binary") continue;
      for (const std::string& file : c.files) {
        digests.insert(pipeline_digest(load_case(version, c, file).pipeline));
        ++files;
      }
    }
    EXPECT_GE(files, 6);
    EXPECT_EQ(digests.size(), 1U) << version;
  }
}

ModelFile load_min_max(const std::string& version, const std::string& name) {
  return load_model((kFixtures / version / "min_max" / (name + ".joblib")).string());
}

/// f64 or f32 rows of three columns.
template <class T>
RowsView view_of(const std::vector<T>& rows) {
  return {reinterpret_cast<const std::byte*>(rows.data()),
          sizeof(T) == 8 ? ElementType::f64 : ElementType::f32,
          static_cast<std::int64_t>(rows.size() / 3),
          3,
          3 * sizeof(T),
          sizeof(T),
          MemorySpace::host};
}

TEST(SklearnMinMax, AClippedValueCountsAsTheEndOfTheRange) {
  for (const std::string& version : versions()) {
    for (const std::string name : {"min_max_clip", "min_max_clip_range3", "standard_after_min_max"}) {
      SCOPED_TRACE(version + " " + name);
      const Pipeline pipeline = load_min_max(version, name).pipeline;
      const std::vector<double> low = to_f64(*pipeline.steps[0].attribute("data_min"));
      const std::vector<double> high = to_f64(*pipeline.steps[0].attribute("data_max"));
      const Expected expected = read_expected(version + "/min_max", "/" + name + "/f64");
      std::vector<double> rows(expected.rows.size() / 8);
      std::memcpy(rows.data(), expected.rows.data(), expected.rows.size());
      std::vector<double> further = rows;
      std::int64_t beyond = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const double width = high[i % 3] - low[i % 3];
        const bool outside = rows[i] < low[i % 3] - 1e-6 * width || rows[i] > high[i % 3] + 1e-6 * width;
        if (outside) further[i] += rows[i] < low[i % 3] ? -width : width;
        beyond += outside ? 1 : 0;
      }
      EXPECT_GT(beyond, 20);
      for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
        const Program program = compile(pipeline);
        EXPECT_EQ(run(program, view_of(rows), kind).decision, run(program, view_of(further), kind).decision);
      }
    }
  }
}

TEST(SklearnMinMax, AnInfinityIsRejectedThoughTheClipHidesIt) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> rows = {0,        0, 0, 0, infinity, 0, -infinity, 0, 0, 0, std::nan(""),
                                    infinity, 9, 9, 9};
  const std::vector<float> narrow(rows.begin(), rows.end());
  const std::vector<std::uint8_t> statuses = {0, 2, 2, 1, 0};
  for (const std::string& version : versions()) {
    for (const std::string name : {"min_max_clip", "min_max_clip_range3", "min_max_after_standard",
                                   "standard_after_min_max", "min_max_f32_trained"}) {
      SCOPED_TRACE(version + " " + name);
      const Pipeline pipeline = load_min_max(version, name).pipeline;
      for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
        const Outputs exact = run(compile(pipeline), view_of(rows), kind);
        const Outputs exact32 =
            run(compile(pipeline, {Arithmetic::exact, ElementType::f32}), view_of(narrow), kind);
        const Outputs sklearn32 =
            run(compile(pipeline, {Arithmetic::sklearn, ElementType::f32}), view_of(narrow), kind);
        EXPECT_EQ(exact.status, statuses);
        EXPECT_EQ(exact32.status, statuses);
        EXPECT_EQ(sklearn32.status, statuses);
        EXPECT_EQ(exact.label_index[1], -1);
      }
    }
  }
}

TEST(SklearnMinMax, WhatOverflowsBeforeAClipIsRejectedAndWhatOverflowsInsideIsClipped) {
  const std::vector<float> rows = {0, 0, 3e38F, 0, 0, -3e38F};
  for (const std::string& version : versions()) {
    for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu}) {
      SCOPED_TRACE(version);
      const Pipeline after = load_min_max(version, "min_max_after_standard").pipeline;
      ASSERT_LT(to_f64(*after.steps[0].attribute("scale"))[2], 0.5);
      const std::vector<std::uint8_t> overflow = {3, 3};
      EXPECT_EQ(run(compile(after, {Arithmetic::sklearn, ElementType::f32}), view_of(rows), kind).status,
                overflow);
      const std::vector<std::uint8_t> scored = {0, 0};
      EXPECT_EQ(run(compile(after, {Arithmetic::exact, ElementType::f32}), view_of(rows), kind).status,
                scored);
      const Pipeline first = load_min_max(version, "min_max_f32_trained").pipeline;
      ASSERT_GT(to_f64(*first.steps[0].attribute("scale"))[2], 2.0);
      EXPECT_EQ(run(compile(first, {Arithmetic::sklearn, ElementType::f32}), view_of(rows), kind).status,
                scored);
    }
  }
}

ErrorCode code_of(const fs::path& path, std::string& message) {
  try {
    load_model(path.string());
  } catch (const Error& error) {
    message = error.what();
    return error.code();
  }
  return ErrorCode::output_exists;
}

TEST(SklearnRefused, EachFileIsRefusedForItsOwnReason) {
  const std::map<std::string, ErrorCode> reasons{
      {"unfitted.joblib", ErrorCode::not_fitted},     {"unfitted_bare.joblib", ErrorCode::not_fitted},
      {"unsupported.joblib", ErrorCode::unsupported}, {"scaler_only.joblib", ErrorCode::unsupported},
      {"not_a_model.joblib", ErrorCode::not_a_model}, {"object_array.joblib", ErrorCode::not_a_model}};
  for (const std::string version : {"1.2.2", "1.9.1"}) {
    for (const auto& [file, code] : reasons) {
      std::string message;
      const fs::path path = kFixtures / version / "refused" / file;
      EXPECT_EQ(code_of(path, message), code) << path << ": " << message;
      EXPECT_NE(message.find(path.string()), std::string::npos) << message;
      EXPECT_EQ(exit_status(code), 2);
    }
  }
}

TEST(SklearnRefused, EverythingUnsupportedIsListedWithItsPlaceAndRelease) {
  std::string message;
  code_of(kFixtures / "1.9.1" / "refused" / "unsupported.joblib", message);
  for (const char* part :
       {"PolynomialFeatures at steps[1][1]", "RandomForestClassifier at steps[2][1]", "scikit-learn 1.9.1"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " is missing in\n" << message;
  }
  EXPECT_EQ(message.find("MinMaxScaler"), std::string::npos) << "is supported\n" << message;
}

}  // namespace
}  // namespace evenscore
