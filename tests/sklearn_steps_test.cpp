// Every supported step and container, saved by fifteen releases from 0.20.4 to 1.9.1, against what those
// releases predicted, without Python. The files and the expected values are made by scripts/make_fixtures.py
// --group steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "evenscore/error.h"
#include "sklearn_comparison.h"

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

INSTANTIATE_TEST_SUITE_P(Releases, SklearnSteps, ::testing::ValuesIn(versions()), [](const auto& release) {
  std::string name = release.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

}  // namespace
}  // namespace evenscore
