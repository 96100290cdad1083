// diff() of models as scikit-learn saved them, changed in memory.
#include "evenscore/diff.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>

#include "evenscore/generate.h"
#include "evenscore/probe.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

ModelFile model(const std::string& name) {
  return load_model((std::filesystem::path(EVENSCORE_TEST_DATA) / "sklearn/1.9.1" / name).string());
}

Step& step(ModelFile& model, const std::string& class_name) {
  for (Step& step : model.pipeline.steps) {
    if (step.class_name.ends_with(class_name)) return step;
  }
  throw std::runtime_error("no such step");
}

double& element(Array& array, std::size_t i) {
  return reinterpret_cast<double*>(array.data.data())[i];
}

class Diff : public testing::Test {
 protected:
  /// With rows like those that `a` was fitted on.
  DiffReport compared_on_rows(const ModelFile& a, const ModelFile& b) {
    GenerateJob generated;
    imitate(generated, a.pipeline);
    generated.output_path = folder_.file("rows.h5");
    generated.rows = 5000;
    generated.type = ElementType::f64;
    generated.overwrite = true;
    generate(generated);
    DiffJob job{.a = a, .b = b};
    job.rows_path = generated.output_path;
    return diff(job);
  }

  test::TemporaryFolder folder_;
};

TEST_F(Diff, AModelAndItselfAreIdentical) {
  const ModelFile a = model("multinomial3.joblib"), b = model("multinomial3.joblib");
  const DiffReport report = compared_on_rows(a, b);
  EXPECT_TRUE(report.identical());
  ASSERT_TRUE(report.predictions);
  EXPECT_EQ(report.predictions->verdict, Verdict::identical);
  EXPECT_TRUE(report.effects.empty());
}

TEST_F(Diff, AModelAndItsImportAreIdentical) {
  const ModelFile a = model("binary.joblib");
  ModelFile imported = a;
  imported.probes = make_probes(a.pipeline);
  save_model(folder_.file("m.h5"), imported);
  const ModelFile b = load_model(folder_.file("m.h5"));
  EXPECT_TRUE(diff({.a = a, .b = b}).identical());
}

TEST_F(Diff, AFlippedBitOfACoefficientIsPlacedAndBlamed) {
  const ModelFile a = model("binary.joblib");
  ModelFile b = a;
  double& coefficient = element(step(b, "LogisticRegression").fitted.at("coef"), 2);
  std::uint64_t bits;
  std::memcpy(&bits, &coefficient, sizeof bits);
  bits ^= std::uint64_t{1} << 54;
  std::memcpy(&coefficient, &bits, sizeof bits);
  const DiffReport report = compared_on_rows(a, b);
  ASSERT_EQ(report.differences.size(), 1U);
  const ModelDifference& found = report.differences[0];
  EXPECT_NE(found.path.find("coef_"), std::string::npos);
  EXPECT_EQ(found.elements, 1);
  ASSERT_EQ(found.first_elements.size(), 1U);
  EXPECT_EQ(found.first_elements[0].index, "[0, 2]");
  EXPECT_EQ(found.first_elements[0].flipped_bit, "of the exponent");
  ASSERT_EQ(report.effects.size(), 1U);
  EXPECT_EQ(report.effects[0].rows_changed, report.predictions->rows);
  EXPECT_EQ(report.effects[0].labels_changed, report.predictions->comparison.label_flips);
}

TEST_F(Diff, SwappedStepsAreCalledSwapped) {
  const ModelFile a = model("two_scalers.joblib");
  ModelFile b = a;
  ASSERT_GE(b.pipeline.steps.size(), 3U);
  std::swap(b.pipeline.steps[0], b.pipeline.steps[1]);
  const DiffReport report = compared_on_rows(a, b);
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0].path, "steps");
  EXPECT_NE(report.differences[0].what.find("the order ["), std::string::npos);
  ASSERT_EQ(report.effects.size(), 1U);
  EXPECT_EQ(report.effects[0].why_not, "");
  EXPECT_GT(report.effects[0].rows_changed, 0);
}

TEST_F(Diff, TheDifferenceThatChangesPredictionsComesBeforeOneThatDoesNot) {
  const ModelFile a = model("binary.joblib");
  ModelFile b = a;
  element(step(b, "StandardScaler").fitted.at("scale"), 1) *= 3.0;
  element(step(b, "StandardScaler").fitted.at("var"), 1) *= 9.0;
  const DiffReport report = compared_on_rows(a, b);
  EXPECT_EQ(report.differences.size(), 2U);
  ASSERT_EQ(report.effects.size(), 2U);
  EXPECT_NE(report.effects[0].path.find("scale_"), std::string::npos);
  EXPECT_GT(report.effects[0].rows_changed, 0);
  EXPECT_NE(report.effects[1].path.find("var_"), std::string::npos);
  EXPECT_EQ(report.effects[1].rows_changed, 0);
}

TEST_F(Diff, ADroppedMeanIsMissing) {
  const ModelFile a = model("binary.joblib");
  ModelFile b = a;
  step(b, "StandardScaler").fitted.erase("mean");
  const DiffReport report = diff({.a = a, .b = b});
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_NE(report.differences[0].path.find("mean_"), std::string::npos);
  EXPECT_EQ(report.differences[0].what, "is missing in B");
}

TEST_F(Diff, AScalerWithoutItsMeanIsAParameterAndAnArray) {
  const ModelFile a = model("binary.joblib"), b = model("no_mean.joblib");
  std::set<std::string> paths;
  for (const ModelDifference& difference : diff({.a = a, .b = b}).differences)
    paths.insert(difference.path.substr(difference.path.find(": ") + 2));
  EXPECT_EQ(paths.count("with_mean"), 1U);
}

TEST_F(Diff, WhatFittingAloneReadsIsKeptApart) {
  const ModelFile a = model("binary.joblib");
  ModelFile b = a;
  for (auto& [name, value] : step(b, "LogisticRegression").params) {
    if (name == "verbose") value = {Param::Kind::integer, false, 0.0, "7", {}};
  }
  const DiffReport report = compared_on_rows(a, b);
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_FALSE(report.differences[0].predicts);
  EXPECT_EQ(report.differences[0].what, "0 became 7");
  EXPECT_EQ(report.predictions->verdict, Verdict::identical);
}

TEST_F(Diff, OtherFeaturesOrClassesAreSaidNotCompared) {
  const ModelFile binary = model("binary.joblib"), wide = model("wide.joblib"),
                  three = model("multinomial3.joblib");
  EXPECT_NE(compared_on_rows(binary, wide).not_compared.find("features"), std::string::npos);
  const DiffReport report = compared_on_rows(binary, three);
  EXPECT_FALSE(report.not_compared.empty());
  EXPECT_FALSE(report.predictions);
}

TEST_F(Diff, TheReportsNameTheCause) {
  const ModelFile a = model("binary.joblib");
  ModelFile b = a;
  element(step(b, "StandardScaler").fitted.at("scale"), 1) *= 3.0;
  const std::string text = to_text(compared_on_rows(a, b));
  EXPECT_LT(text.find("Different: A with B"), text.find("scale_: 1 of"));
  EXPECT_LT(text.find("What each does by itself"), text.find("Predictions\n"));
}

}  // namespace
}  // namespace evenscore
