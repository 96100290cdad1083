// Every supported step and container, saved by fifteen releases from 0.20.4 to 1.9.1, against what those
// releases predicted, without Python. The files and the expected values are made by scripts/make_fixtures.py
// --group steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "evenscore/error.h"
#include "sklearn_comparison.h"
#include "steps/other_releases.h"

namespace evenscore {
namespace {

using namespace test;
namespace fs = std::filesystem;

/// Models that are refused: a step that transforms or predicts in a way that is not supported.
const std::set<std::string> kRefused{"lda_transforms", "lda_transforms_eigen", "rfe_predicts"};

std::vector<std::string> versions() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(sklearn_data())) {
    if (fs::exists(entry.path() / "steps" / "cases.json")) found.push_back(entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::map<std::string, std::string> cases_of(const std::string& folder) {
  std::ifstream file(fs::path(sklearn_data()) / folder / "cases.json");
  const auto json = nlohmann::json::parse(file);
  std::map<std::string, std::string> cases;
  for (const auto& [name, value] : json["cases"].items()) cases[name] = value["files"][0];
  return cases;
}

class SklearnSteps : public ::testing::TestWithParam<std::string> {};

TEST_P(SklearnSteps, PredictAsTheSavingReleaseDid) {
  const std::string folder = GetParam() + "/steps";
  Worst worst;
  for (const auto& [name, file] : cases_of(folder)) {
    if (kRefused.count(name) != 0) continue;
    SCOPED_TRACE(folder + "/" + file);
    const ModelFile model = load_model(sklearn_data() + "/" + folder + "/" + file);
    const Expected f64 = read_expected(folder, "/" + name + "/f64");
    const Expected f32 = read_expected(folder, "/" + name + "/f32");
    ASSERT_EQ(f32.view.type, ElementType::f32);
    expect_as_scikit_learn(model, f64.predictions, f64.view, Arithmetic::exact, worst);
    expect_as_scikit_learn(model, f64.predictions, f64.view, Arithmetic::sklearn, worst);
    expect_as_scikit_learn(model, f32.predictions, f32.view, Arithmetic::exact, worst);
    try {
      compile(model.pipeline, {Arithmetic::sklearn, ElementType::f32});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported) << error.what();
      ++worst.models;
      continue;
    }
    expect_as_scikit_learn(model, f32.predictions, f32.view, Arithmetic::sklearn, worst);
    ++worst.models;
  }
  std::printf(
      "scikit-learn %s: %lld models, %lld rows, %lld labels certified and equal, %lld of the others differ, "
      "at most %.3f of the bound used, %lld scores without one, %lld f32 probabilities equal\n",
      GetParam().c_str(), static_cast<long long>(worst.models), static_cast<long long>(worst.rows),
      static_cast<long long>(worst.labels_certified), static_cast<long long>(worst.labels_different),
      worst.decision_share, static_cast<long long>(worst.unbounded),
      static_cast<long long>(worst.positive_checked));
  EXPECT_GT(worst.models, 85);
}

TEST_P(SklearnSteps, WhatIsNotSupportedIsRefused) {
  const std::string folder = GetParam() + "/steps";
  for (const auto& [name, file] : cases_of(folder)) {
    if (kRefused.count(name) == 0) continue;
    try {
      load_model(sklearn_data() + "/" + folder + "/" + file);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(exit_status(error.code()), 2) << error.what();
    }
  }
}

/// The first input column that the Program's first selection leaves out, or -1.
std::int64_t first_left_out(const Program& program) {
  for (const Stage& stage : program.stages) {
    if (stage.kind != StageKind::gather) continue;
    const double* kept = program.constants.data() + stage.parameter;
    for (std::int64_t i = 0; i < stage.n_in; ++i) {
      if (std::find(kept, kept + stage.n_out, static_cast<double>(i)) == kept + stage.n_out) return i;
    }
  }
  return -1;
}

/// Status of the first row of a case with `value` in one column, the one that is left out if there is any.
int status_with(const std::string& folder, const std::string& name, const std::string& file, double value) {
  const Pipeline pipeline = load_model(sklearn_data() + "/" + folder + "/" + file).pipeline;
  const Program program = compile(pipeline);
  Expected expected = read_expected(folder, "/" + name + "/f64");
  const std::int64_t left_out = first_left_out(program);
  std::memcpy(expected.rows.data() + 8 * std::max<std::int64_t>(left_out, 0), &value, sizeof value);
  expected.view.data = expected.rows.data();
  expected.view.count = 1;
  const int reference = run(program, expected.view, EngineKind::reference).status[0];
  EXPECT_EQ(reference, run(program, expected.view, EngineKind::cpu).status[0]);
  return reference;
}

/// What each release accepts: tests/data/sklearn/input_rules.md.
TEST_P(SklearnSteps, AcceptTheInputsThatTheSavingReleaseAccepts) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string folder = GetParam() + "/steps";
  const bool first_releases = GetParam().rfind("0.20", 0) == 0 || GetParam().rfind("0.21", 0) == 0;
  struct Rule {
    std::string name;
    int nan, infinity;
  };
  int found = 0;
  for (const Rule& rule :
       {Rule{"imputer_mean", 0, 2}, Rule{"binarizer", 1, 2}, Rule{"normalizer_l2", 1, 2},
        Rule{"polynomial", 1, 2}, Rule{"pca", 1, 2}, Rule{"truncated_svd", 1, 2}, Rule{"select_k_best", 1, 2},
        Rule{"select_percentile", 1, 2}, Rule{"rfe", 1, 2}, Rule{"select_from_l2", 1, 2},
        Rule{"max_abs", 1, 2}, Rule{"robust", 1, 2},
        Rule{"variance_threshold", first_releases ? 1 : 0, 2}}) {  // a scaler stands before it
    const std::map<std::string, std::string> cases = cases_of(folder);
    const auto file = cases.find(rule.name);
    if (file == cases.end()) continue;
    SCOPED_TRACE(folder + "/" + file->second);
    EXPECT_EQ(status_with(folder, rule.name, file->second, nan), rule.nan);
    EXPECT_EQ(status_with(folder, rule.name, file->second, infinity), rule.infinity);
    ++found;
  }
  EXPECT_GE(found, 10);
}

INSTANTIATE_TEST_SUITE_P(Releases, SklearnSteps, ::testing::ValuesIn(versions()), [](const auto& release) {
  std::string name = release.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

TEST(Float32Rows, AreNotComparedWithAMissingValueThatTheyCannotHold) {
  Pipeline pipeline = load_model(sklearn_data() + "/1.6.1/steps/imputer_zero.joblib").pipeline;
  EXPECT_NO_THROW(compile(pipeline, {Arithmetic::sklearn, ElementType::f32}));
  for (Step& step : pipeline.steps) {
    for (auto& [name, param] : step.params) {
      if (name == "missing_values") param = {Param::Kind::real, false, 0.1, {}, {}};
    }
  }
  EXPECT_NO_THROW(compile(pipeline, {Arithmetic::sklearn, ElementType::f64}));
  EXPECT_NO_THROW(compile(pipeline, {Arithmetic::exact, ElementType::f32}));
  EXPECT_THROW(compile(pipeline, {Arithmetic::sklearn, ElementType::f32}), Error);
}

TEST(OtherReleases, AreSaidToComputeWhatTheyWould) {
  const auto step = [](const std::string& file) {
    return load_model(sklearn_data() + "/" + file).pipeline.steps.back();
  };
  const auto others = steps::other_rules(step("1.6.1/steps/logistic_multinomial2.joblib"));
  ASSERT_EQ(others.size(), 1U);
  EXPECT_EQ(others[0].first, "1.8");
  EXPECT_EQ(others[0].last, "1.9");
  EXPECT_EQ(others[0].rules, "two classes: the logistic function of the score");
  const auto before = steps::other_rules(step("1.6.1/steps/logistic2.joblib"));
  ASSERT_EQ(before.size(), 1U) << "1.4 and before take 'deprecated' for 'multinomial'";
  EXPECT_EQ(before[0].first, "0.20");
  EXPECT_EQ(before[0].last, "1.4");
  EXPECT_EQ(before[0].rules, "two classes, multinomial: softmax of [-score, score]");
  EXPECT_TRUE(steps::other_rules(step("1.6.1/steps/linear.pkl")).empty());
}

}  // namespace
}  // namespace evenscore
