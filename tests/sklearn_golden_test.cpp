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

#include "evenscore/error.h"
#include "sklearn_comparison.h"

namespace evenscore {
namespace {

using namespace test;
namespace fs = std::filesystem;
const fs::path kFixtures = fs::path(EVENSCORE_TEST_DATA) / "sklearn";

std::vector<std::string> versions() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(kFixtures)) {
    if (fs::exists(entry.path() / "cases.json")) found.push_back(entry.path().filename().string());
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
  for (const char* part : {"RandomForestClassifier at steps[2][1]", "scikit-learn 1.9.1"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " is missing in\n" << message;
  }
  for (const char* part : {"MinMaxScaler", "PolynomialFeatures"})
    EXPECT_EQ(message.find(part), std::string::npos) << part << " is supported\n" << message;
}

}  // namespace
}  // namespace evenscore
