// verify() on files: rows, stored predictions and labels, straight through libhdf5 as other writers make
// them.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "evenscore/error.h"
#include "evenscore/verify.h"
#include "support/h5_files.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using Json = nlohmann::json;

Array scalar(std::int64_t value) {
  Array array;
  array.kind = Array::Kind::number;
  array.type = ElementType::i64;
  array.dtype = "int";
  array.data.resize(sizeof value);
  std::memcpy(array.data.data(), &value, sizeof value);
  return array;
}

Array integers(const std::vector<std::int64_t>& values) {
  Array array;
  array.kind = Array::Kind::number;
  array.type = ElementType::i64;
  array.dtype = "int64";
  array.shape = {values.size()};
  array.data.resize(values.size() * sizeof(std::int64_t));
  std::memcpy(array.data.data(), values.data(), array.data.size());
  return array;
}

Array matrix(const std::vector<double>& values, std::uint64_t rows, std::uint64_t columns) {
  Array array = make_array(values);
  array.shape = {rows, columns};
  return array;
}

/// StandardScaler and LogisticRegression on two features, binary with classes 0 and 1, or three classes 3,
/// 5, 7.
ModelFile make_model(bool binary = true) {
  ModelFile model;
  Pipeline& pipeline = model.pipeline;
  pipeline.sklearn_version = "1.5.2";
  pipeline.feature_names = {"age", "income"};
  Step scaler{"scaler", "sklearn.preprocessing.StandardScaler", "1.5.2", {}, {}};
  for (const char* name : {"with_mean", "with_std"})
    scaler.params.push_back({name, {Param::Kind::boolean, true, 0.0, {}, {}}});
  scaler.fitted["n_features_in"] = scalar(2);
  scaler.fitted["mean"] = make_array({0.5, -1.25});
  scaler.fitted["var"] = make_array({4.0, 0.49});
  scaler.fitted["scale"] = make_array({2.0, 0.7});
  Step logistic{"logistic", "sklearn.linear_model.LogisticRegression", "1.5.2", {}, {}};
  logistic.params.push_back({"multi_class", {Param::Kind::string, false, 0.0, "auto", {}}});
  logistic.params.push_back({"solver", {Param::Kind::string, false, 0.0, "lbfgs", {}}});
  logistic.fitted["n_features_in"] = scalar(2);
  logistic.fitted["classes"] =
      integers(binary ? std::vector<std::int64_t>{0, 1} : std::vector<std::int64_t>{3, 5, 7});
  logistic.fitted["coef"] =
      binary ? matrix({1.3, -0.7}, 1, 2) : matrix({1.3, -0.7, 0.2, 0.9, -1.1, 0.4}, 3, 2);
  logistic.fitted["intercept"] =
      make_array(binary ? std::vector<double>{0.1} : std::vector<double>{0.1, 0.0, -0.2});
  pipeline.steps = {scaler, logistic};
  check(pipeline);
  return model;
}

struct Predicted {
  std::vector<double> decision, proba, log_proba;
  std::vector<std::int64_t> label;
};

constexpr std::int64_t kRows = 500;

class VerifyFiles : public testing::Test {
 protected:
  VerifyFiles() : rows_path_(folder_.file("rows.h5")), stored_path_(folder_.file("stored.h5")) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    for (std::int64_t i = 0; i < 2 * kRows; ++i) rows_.push_back(2.0 * normal(random));
    write_rows();
  }

  void write_rows() {
    test::FileMaker file(rows_path_);
    file.numbers("/X", ElementType::f64, {static_cast<hsize_t>(rows_.size() / 2), 2}, rows_);
  }

  /// What scikit-learn would store: plain f64, the first class 1 - p.
  Predicted scikit_learn() const {
    Predicted predicted;
    for (std::size_t r = 0; r < rows_.size() / 2; ++r) {
      const double z = (rows_[2 * r + 1] + 1.25) / 0.7 * -0.7 + (rows_[2 * r] - 0.5) / 2.0 * 1.3 + 0.1;
      const double p = 1.0 / (1.0 + std::exp(-z));
      predicted.decision.push_back(z);
      predicted.proba.insert(predicted.proba.end(), {1.0 - p, p});
      predicted.log_proba.insert(predicted.log_proba.end(), {std::log(1.0 - p), std::log(p)});
      predicted.label.push_back(z > 0.0 ? 1 : 0);
    }
    return predicted;
  }

  void store(const Predicted& predicted) {
    test::FileMaker file(stored_path_);
    const hsize_t n = predicted.label.size();
    file.numbers("/label", ElementType::i64, {n}, predicted.label);
    file.numbers("/decision", ElementType::f64, {n}, predicted.decision);
    file.numbers("/proba", ElementType::f64, {n, 2}, predicted.proba);
    file.numbers("/log_proba", ElementType::f64, {n, 2}, predicted.log_proba);
  }

  VerifyJob job() const {
    VerifyJob made{model_, rows_path_};
    made.engines = {EngineKind::reference, EngineKind::cpu};
    return made;
  }

  VerifyJob against() const {
    VerifyJob made{model_, rows_path_};
    made.engines = {EngineKind::reference};
    made.against = FileLocation{stored_path_, "/"};
    return made;
  }

  /// What evenscore itself stores.
  void store_as_evenscore(OutputType type, int flipped_row = -1) {
    const Program program = compile(model_.pipeline);
    const auto n = static_cast<std::int64_t>(rows_.size() / 2);
    std::vector<std::int32_t> label_index(static_cast<std::size_t>(n));
    std::vector<double> f64(static_cast<std::size_t>(2 * n));
    std::vector<float> f32(static_cast<std::size_t>(2 * n));
    OutputsView outputs;
    outputs.type = type;
    outputs.label_index = label_index.data();
    outputs.proba = type == OutputType::f64 ? static_cast<void*>(f64.data()) : f32.data();
    make_engine(EngineKind::reference, program)
        ->run({reinterpret_cast<const std::byte*>(rows_.data()), ElementType::f64, n, 2, 16, 8,
               MemorySpace::host},
              outputs);
    if (flipped_row >= 0) {
      double& p = f64[static_cast<std::size_t>(2 * flipped_row + 1)];
      p = std::bit_cast<double>(std::bit_cast<std::uint64_t>(p) ^ 1U);
    }
    PredictionLayout layout;
    layout.rows = n;
    layout.type = type;
    layout.wanted.label = layout.wanted.proba = true;
    layout.classes = model_.pipeline.classes();
    layout.pipeline_digest = pipeline_digest(model_.pipeline);
    layout.arithmetic = "exact";
    layout.source_name = "rows.h5";
    layout.source_dataset = "/X";
    layout.feature_order = "position";
    PredictionWriter writer(stored_path_, layout, {rows_path_}, true);
    writer.write(0, n, outputs);
    writer.finish(std::string(64, '0'));
  }

  test::TemporaryFolder folder_;
  std::string rows_path_, stored_path_;
  std::vector<double> rows_;
  ModelFile model_ = make_model();
};

TEST_F(VerifyFiles, EnginesAreIdenticalInF64AndF32) {
  const VerifyReport report = verify(job());
  EXPECT_EQ(report.verdict, Verdict::identical) << to_text(report);
  EXPECT_EQ(report.mode, VerifyMode::bitwise);
  EXPECT_EQ(report.rows, kRows);
  ASSERT_EQ(report.comparison.outputs.size(), 6U);
  for (const OutputComparison& output : report.comparison.outputs) EXPECT_EQ(output.rows_equal_bits, kRows);
  EXPECT_EQ(report.comparison.labels_compared, kRows);
  EXPECT_EQ(report.comparison.labels_certified, kRows);
}

TEST_F(VerifyFiles, ScikitLearnsPredictionsAreEqualWithinRounding) {
  store(scikit_learn());
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::equal_within_rounding) << to_text(report);
  EXPECT_EQ(report.mode, VerifyMode::bound);
  EXPECT_EQ(report.comparison.label_flips, 0);
  EXPECT_LT(report.comparison.outputs.at(0).rows_equal_bits, kRows) << "the comparison would show nothing";
}

TEST_F(VerifyFiles, AProbabilityOutsideItsBoundIsFoundByRowAndColumn) {
  Predicted predicted = scikit_learn();
  predicted.proba[2 * 321 + 1] += 1e-11;
  store(predicted);
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::different);
  ASSERT_EQ(report.comparison.first_rejected.size(), 1U) << to_text(report);
  EXPECT_EQ(report.comparison.first_rejected[0].row, 321);
  EXPECT_EQ(report.comparison.first_rejected[0].column, 1);
  EXPECT_EQ(report.comparison.first_rejected[0].output, "proba");
}

TEST_F(VerifyFiles, AFlippedLabelOfACertifiedRowIsUnexplained) {
  Predicted predicted = scikit_learn();
  predicted.label[17] = 1 - predicted.label[17];
  store(predicted);
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::different);
  EXPECT_EQ(report.comparison.label_flips, 1);
  EXPECT_EQ(report.comparison.label_flips_explained, 0);
  EXPECT_EQ(report.comparison.first_rejected.at(0).row, 17);
}

TEST_F(VerifyFiles, AFlippedLabelOnTheBoundaryIsExplained) {
  // z = 0.65 (x0 - 0.5) - (x1 + 1.25) + 0.1 is 0 here but for rounding.
  rows_[2 * 5] = 0.5;
  rows_[2 * 5 + 1] = -1.15;
  write_rows();
  Predicted predicted = scikit_learn();
  ASSERT_LT(std::fabs(predicted.decision[5]), 1e-15);
  VerifyReport report;
  for (const std::int64_t label : {0, 1}) {
    predicted.label[5] = label;
    store(predicted);
    report = verify(against());
    EXPECT_EQ(report.verdict, Verdict::equal_within_rounding) << to_text(report);
    EXPECT_EQ(report.comparison.labels_certified, kRows - 1);
    if (report.comparison.label_flips == 1) break;
  }
  EXPECT_EQ(report.comparison.label_flips, 1);
  EXPECT_EQ(report.comparison.label_flips_explained, 1);
}

TEST_F(VerifyFiles, F32RowsThatScikitLearnScaledInF32AreEqualWithinRounding) {
  Predicted predicted;
  std::vector<float> rows(rows_.begin(), rows_.end());
  for (std::size_t r = 0; r < rows.size() / 2; ++r) {
    const auto scaled = [](double x, double mean, double scale) {
      return static_cast<double>(
          static_cast<float>(static_cast<double>(static_cast<float>(x - mean)) / scale));
    };
    const double z = scaled(static_cast<double>(rows[2 * r]), 0.5, 2.0) * 1.3 -
                     scaled(static_cast<double>(rows[2 * r + 1]), -1.25, 0.7) * 0.7 + 0.1;
    const double p = 1.0 / (1.0 + std::exp(-z));
    predicted.decision.push_back(z);
    predicted.proba.insert(predicted.proba.end(), {1.0 - p, p});
    predicted.log_proba.insert(predicted.log_proba.end(), {std::log(1.0 - p), std::log(p)});
    predicted.label.push_back(z > 0.0 ? 1 : 0);
  }
  store(predicted);
  {
    test::FileMaker file(rows_path_);
    file.numbers("/X", ElementType::f32, {kRows, 2}, rows);
  }
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::equal_within_rounding) << to_text(report);
  EXPECT_GT(report.comparison.outputs.at(0).max_abs, 1e-9) << "the f32 scaling does not show";
  VerifyJob emulating = against();
  emulating.arithmetic = Arithmetic::sklearn;
  const VerifyReport emulated = verify(emulating);
  EXPECT_EQ(emulated.verdict, Verdict::equal_within_rounding) << to_text(emulated);
  EXPECT_LT(emulated.comparison.outputs.at(0).max_abs, 1e-14);
}

TEST_F(VerifyFiles, RowsOfLaterBatchesKeepTheirNumbers) {
  rows_.resize(2 * 1'100'000, 0.25);
  write_rows();
  store_as_evenscore(OutputType::f64, 1'099'999);
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.rows, 1'100'000);
  ASSERT_EQ(report.comparison.first_differences.size(), 1U);
  EXPECT_EQ(report.comparison.first_differences[0].row, 1'099'999);
  EXPECT_EQ(report.comparison.outputs.at(0).rows_equal_bits, 1'099'999);
}

TEST_F(VerifyFiles, EvenscoresOwnFileComparesBitwise) {
  for (const OutputType type : {OutputType::f64, OutputType::f32}) {
    store_as_evenscore(type);
    const VerifyReport report = verify(against());
    EXPECT_EQ(report.mode, VerifyMode::bitwise);
    EXPECT_EQ(report.verdict, Verdict::identical) << to_text(report);
    EXPECT_EQ(report.comparison.labels_compared, kRows);
  }
}

TEST_F(VerifyFiles, OneFlippedBitInEvenscoresOwnFileIsFound) {
  store_as_evenscore(OutputType::f64, 444);
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::different);
  ASSERT_EQ(report.comparison.first_differences.size(), 1U);
  EXPECT_EQ(report.comparison.first_differences[0].row, 444);
  EXPECT_EQ(report.comparison.first_differences[0].column, 1);
  EXPECT_EQ(report.comparison.first_differences[0].ulp, 1U);
  VerifyJob bound = against();
  bound.mode = VerifyMode::bound;
  EXPECT_EQ(verify(bound).verdict, Verdict::equal_within_rounding);
}

TEST_F(VerifyFiles, UnequalRowCountsAreDifferentAndNoError) {
  Predicted predicted = scikit_learn();
  predicted.label.pop_back();
  predicted.decision.pop_back();
  predicted.proba.resize(predicted.proba.size() - 2);
  predicted.log_proba.resize(predicted.log_proba.size() - 2);
  store(predicted);
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::different);
  EXPECT_EQ(report.reason, "rows.h5 has 500 rows, stored.h5 has 499");
}

TEST_F(VerifyFiles, OtherClassesAreDifferentAndNoError) {
  store(scikit_learn());
  {
    const hid_t id = H5Fopen(stored_path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const std::int64_t classes[] = {0, 2};
    const hsize_t n = 2;
    const hid_t space = H5Screate_simple(1, &n, nullptr);
    const hid_t set = H5Dcreate2(id, "/classes", H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, classes);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(id);
  }
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::different);
  EXPECT_EQ(report.reason, "the classes in stored.h5 are not the model's");
}

TEST_F(VerifyFiles, ProbabilitiesAloneInF32AndOneColumnCompareRounded) {
  const Predicted predicted = scikit_learn();
  std::vector<float> second;
  for (std::size_t r = 0; r < predicted.label.size(); ++r)
    second.push_back(static_cast<float>(predicted.proba[2 * r + 1]));
  {
    test::FileMaker file(stored_path_);
    file.numbers("/proba", ElementType::f32, {second.size()}, second);
  }
  const VerifyReport report = verify(against());
  EXPECT_EQ(report.verdict, Verdict::equal_within_rounding) << to_text(report);
  EXPECT_EQ(report.comparison.outputs.at(0).type, OutputType::f32);
  EXPECT_TRUE(report.comparison.outputs[0].rounded);
  EXPECT_EQ(report.comparison.outputs[0].values, kRows);
  EXPECT_EQ(report.comparison.labels_compared, 0);
}

TEST_F(VerifyFiles, TheFirstRowThatCannotBeScoredIsNamedWithItsColumn) {
  rows_[2 * 400] = std::numeric_limits<double>::infinity();
  rows_[2 * 350 + 1] = std::numeric_limits<double>::quiet_NaN();
  write_rows();
  try {
    verify(job());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unscorable_row);
    EXPECT_EQ(error.place(), "/X, row 350 (from 0)");
    EXPECT_EQ(error.cause(), "column 1 'income' is nan, which scikit-learn rejects");
    EXPECT_EQ(error.file(), rows_path_);
  }
  VerifyJob marking = job();
  marking.mark_bad_rows = true;
  const VerifyReport report = verify(marking);
  EXPECT_EQ(report.bad_rows, 2);
  EXPECT_EQ(report.verdict, Verdict::identical) << to_text(report);
  EXPECT_EQ(report.comparison.labels_certified, kRows - 2);
}

TEST_F(VerifyFiles, LabelsGiveTheMetricsOfBothSides) {
  Predicted predicted = scikit_learn();
  std::vector<double> truth(predicted.label.begin(), predicted.label.end());
  std::int64_t ones = 0;
  for (std::int64_t& label : predicted.label) ones += label, label = 0;
  store(predicted);
  const std::string labels_path = folder_.file("labels.h5");
  {
    test::FileMaker file(labels_path);
    file.numbers("/y", ElementType::f64, {truth.size()}, truth);
  }
  VerifyJob with_labels = against();
  with_labels.labels = FileLocation{labels_path, "/y"};
  const VerifyReport report = verify(with_labels);
  ASSERT_TRUE(report.before && report.after);
  EXPECT_EQ(report.before->classes[1].recall, 0.0);
  EXPECT_EQ(report.before->confusion_matrix[1][0], ones);
  EXPECT_EQ(report.after->accuracy, 1.0);
  EXPECT_EQ(report.before_source, "stored.h5");
  EXPECT_EQ(report.after_source, "reference");
}

TEST_F(VerifyFiles, ATrueLabelThatIsNoClassIsAnErrorThatNamesItsRow) {
  std::vector<std::int32_t> truth(kRows, 1);
  truth[33] = 9;
  const std::string labels_path = folder_.file("labels.h5");
  {
    test::FileMaker file(labels_path);
    file.numbers("/y", ElementType::i32, {truth.size()}, truth);
  }
  VerifyJob with_labels = job();
  with_labels.labels = FileLocation{labels_path, "/y"};
  try {
    verify(with_labels);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_request);
    EXPECT_EQ(error.cause(), "the label of row 33 (from 0) is '9', which is none of the 2 classes");
  }
  with_labels.labels = FileLocation{stored_path_, "/label"};
  Predicted short_file = scikit_learn();
  short_file.label.resize(10), short_file.decision.resize(10), short_file.proba.resize(20),
      short_file.log_proba.resize(20);
  store(short_file);
  EXPECT_THROW(verify(with_labels), Error);
}

TEST_F(VerifyFiles, ThreeClassesAndThreeEnginesAreComparedWithTheFirst) {
  model_ = make_model(false);
  VerifyJob three = job();
  three.engines.push_back(EngineKind::reference);
  std::int64_t last = 0;
  three.progress = [&](std::int64_t done, std::int64_t total) {
    EXPECT_GT(done, last);
    EXPECT_EQ(total, kRows);
    last = done;
  };
  const VerifyReport report = verify(three);
  EXPECT_EQ(last, kRows);
  EXPECT_EQ(report.verdict, Verdict::identical) << to_text(report);
  EXPECT_EQ(report.comparison.outputs.size(), 12U);
  EXPECT_EQ(report.comparison.outputs[1].values, 3 * kRows);
}

TEST_F(VerifyFiles, RequestsThatMakeNoSenseAreRefused) {
  store(scikit_learn());
  VerifyJob one = job();
  one.engines.pop_back();
  EXPECT_THROW(verify(one), Error);
  VerifyJob two = against();
  two.engines.push_back(EngineKind::cpu);
  EXPECT_THROW(verify(two), Error);
  VerifyJob limitless = against();
  limitless.mode = VerifyMode::tolerance;
  EXPECT_THROW(verify(limitless), Error);
  VerifyJob misplaced = against();
  misplaced.tolerances.rtol = 1e-9;
  EXPECT_THROW(verify(misplaced), Error);
  { test::FileMaker empty(stored_path_); }
  EXPECT_THROW(verify(against()), Error);
}

TEST_F(VerifyFiles, JsonHasEveryFieldOfTheContract) {
  Predicted predicted = scikit_learn();
  predicted.label[2] = 1 - predicted.label[2];
  predicted.decision[3] = std::numeric_limits<double>::quiet_NaN();
  store(predicted);
  VerifyJob asked = against();
  asked.labels = FileLocation{stored_path_, "/label"};
  asked.mode = VerifyMode::tolerance;
  asked.tolerances.rtol = 1e-9;
  const Json json = Json::parse(to_json(verify(asked)));
  EXPECT_EQ(json["schema"], "evenscore-verify-1");
  EXPECT_EQ(json["verdict"], "different");
  EXPECT_EQ(json["mode"], "tolerance");
  EXPECT_EQ(json["rows"], "500");
  EXPECT_EQ(json["sources"], (Json{"stored.h5", "reference"}));
  EXPECT_EQ(json["label_flips"], "1");
  EXPECT_EQ(json["label_flips_explained"], "0");
  EXPECT_EQ(json["labels_certified"], "500");
  EXPECT_EQ(json["arithmetic"], "exact");
  EXPECT_EQ(json["sklearn_version"], "1.5.2");
  EXPECT_EQ(json["pipeline_digest"].get<std::string>().size(), 64U);
  EXPECT_EQ(json["tolerances"]["rtol"], 1e-9);
  ASSERT_EQ(json["outputs"].size(), 3U);
  for (const Json& output : json["outputs"]) {
    for (const char* field : {"rows_equal_bits", "max_ulp", "nan_mismatches", "inf_mismatches"}) {
      EXPECT_TRUE(output.at(field).is_string()) << field;
    }
    EXPECT_TRUE(output.at("ulp_histogram").is_array());
    EXPECT_TRUE(output.at("max_abs").is_number());
    EXPECT_TRUE(output.at("max_rel").is_number());
  }
  EXPECT_EQ(json["outputs"][0]["nan_mismatches"], "1");
  const Json& difference = json["first_rejected"].at(0);
  EXPECT_EQ(difference["row"], "2");
  EXPECT_EQ(difference["output"], "label");
  EXPECT_EQ(json["first_rejected"].at(1)["b_value"], "nan");
  EXPECT_EQ(json["first_rejected"].at(1)["ulp"], nullptr);
  EXPECT_TRUE(json.contains("first_differences"));
  for (const char* side : {"before", "after"}) {
    const Json& metrics = json.at(side);
    EXPECT_EQ(metrics.at("confusion_matrix").size(), 2U);
    EXPECT_TRUE(metrics.at("accuracy").is_number());
    for (const Json& entry : metrics.at("classes")) {
      for (const char* field : {"precision", "recall", "f1"}) EXPECT_TRUE(entry.at(field).is_number());
    }
  }
  EXPECT_EQ(json["before"]["accuracy"], 1.0);
}

TEST_F(VerifyFiles, TextBeginsWithTheVerdictInOneSentence) {
  EXPECT_EQ(to_text(verify(job())).substr(0, 44), "Identical: every bit of every row is equal.\n");
  Predicted predicted = scikit_learn();
  for (std::size_t r = 0; r < 3; ++r) predicted.label[r] = 1 - predicted.label[r];
  store(predicted);
  const std::string text = to_text(verify(against()));
  EXPECT_EQ(text.substr(0, text.find('\n')), "Different: 3 labels differ that rounding does not explain.");
}

/// The scaler, then a linear model of this class with one row of coefficients, or two.
ModelFile make_linear(const std::string& class_name, bool two_targets = false) {
  ModelFile model = make_model();
  Step& last = model.pipeline.steps.back();
  Step linear{"linear", class_name, "1.5.2", {}, {}};
  linear.fitted["n_features_in"] = scalar(2);
  linear.fitted["coef"] = two_targets ? matrix({1.3, -0.7, 0.4, 0.2}, 2, 2) : make_array({1.3, -0.7});
  linear.fitted["intercept"] =
      make_array(two_targets ? std::vector<double>{0.1, -2.0} : std::vector<double>{0.1});
  if (class_name == "sklearn.svm.LinearSVC") {
    linear.fitted["classes"] = integers({0, 1});
    linear.fitted["coef"] = matrix({1.3, -0.7}, 1, 2);
  }
  last = linear;
  check(model.pipeline);
  return model;
}

constexpr const char* kRidge = "sklearn.linear_model.Ridge";
constexpr const char* kPoisson = "sklearn.linear_model.PoissonRegressor";
constexpr const char* kLinearSvc = "sklearn.svm.LinearSVC";

TEST_F(VerifyFiles, EnginesAreIdenticalOnRegressorsAndWithoutProbabilities) {
  for (const char* name : {kRidge, kPoisson, kLinearSvc}) {
    model_ = make_linear(name);
    const bool regressor = name != kLinearSvc;
    const VerifyReport report = verify(job());
    EXPECT_EQ(report.verdict, Verdict::identical) << to_text(report);
    ASSERT_EQ(report.comparison.outputs.size(), 2U) << name;
    EXPECT_EQ(report.comparison.outputs[0].name, regressor ? "prediction" : "decision");
    EXPECT_EQ(report.comparison.outputs[1].type, OutputType::f32);
    EXPECT_EQ(report.comparison.labels_compared, regressor ? 0 : kRows);
    EXPECT_EQ(to_text(report).find("\nLabels\n") == std::string::npos, regressor);
  }
}

TEST_F(VerifyFiles, ARegressorIsComparedByItsPredictionsWithinTheirBound) {
  for (const char* name : {kRidge, kPoisson}) {
    model_ = make_linear(name);
    std::vector<double> predictions = scikit_learn().decision;
    if (name == kPoisson) {
      for (double& z : predictions) z = std::exp(z);
    }
    const auto store_predictions = [&] {
      test::FileMaker file(stored_path_);
      file.numbers("/prediction", ElementType::f64, {predictions.size()}, predictions);
    };
    store_predictions();
    const VerifyReport report = verify(against());
    EXPECT_EQ(report.verdict, Verdict::equal_within_rounding) << to_text(report);
    EXPECT_EQ(report.reason, "every number is within its proven rounding bound");
    EXPECT_LT(report.comparison.outputs.at(0).rows_equal_bits, kRows) << "the comparison would show nothing";
    predictions[7] *= 1.0 + 1e-12;
    store_predictions();
    const Json json = Json::parse(to_json(verify(against())));
    EXPECT_EQ(json["verdict"], "different");
    EXPECT_EQ(json["outputs"].at(0)["name"], "prediction");
    EXPECT_EQ(json["first_rejected"].at(0)["row"], "7");
    EXPECT_EQ(json["first_rejected"].at(0)["output"], "prediction");
    EXPECT_EQ(json["classes"], Json::array());
  }
}

TEST_F(VerifyFiles, SeveralTargetsAreComparedColumnByColumn) {
  model_ = make_linear(kRidge, true);
  const std::vector<double> first = scikit_learn().decision;
  std::vector<double> predictions;
  for (std::size_t r = 0; r < first.size(); ++r) {
    predictions.push_back(first[r]);
    predictions.push_back((rows_[2 * r] - 0.5) / 2.0 * 0.4 + (rows_[2 * r + 1] + 1.25) / 0.7 * 0.2 - 2.0);
  }
  predictions[2 * 9 + 1] += 1e-9;
  {
    test::FileMaker file(stored_path_);
    file.numbers("/prediction", ElementType::f64, {first.size(), 2}, predictions);
  }
  const VerifyReport report = verify(against());
  ASSERT_EQ(report.comparison.first_rejected.size(), 1U) << to_text(report);
  EXPECT_EQ(report.comparison.first_rejected[0].row, 9);
  EXPECT_EQ(report.comparison.first_rejected[0].column, 1);
}

TEST_F(VerifyFiles, ThresholdsDecideWhichFlipsAreExplained) {
  Step inside = model_.pipeline.steps.back();
  Step threshold{"threshold", "sklearn.model_selection.FixedThresholdClassifier", "1.5.2", {}, {}};
  threshold.params.push_back({"threshold", {Param::Kind::real, false, 0.8, "", {}}});
  threshold.params.push_back({"pos_label", {}});
  threshold.params.push_back({"response_method", {Param::Kind::string, false, 0.0, "predict_proba", {}}});
  threshold.steps = {inside};
  model_.pipeline.steps.back() = threshold;
  check(model_.pipeline);
  Predicted predicted = scikit_learn();
  for (std::size_t r = 0; r < predicted.label.size(); ++r)
    predicted.label[r] = predicted.proba[2 * r + 1] >= 0.8;
  store(predicted);
  const VerifyReport accepted = verify(against());
  EXPECT_EQ(accepted.verdict, Verdict::equal_within_rounding) << to_text(accepted);
  EXPECT_GT(accepted.comparison.labels_certified, kRows - 3);
  const auto between =
      static_cast<std::size_t>(std::find_if(predicted.decision.begin(), predicted.decision.end(),
                                            [](double z) { return z > 0.5 && z < 1.0; }) -
                               predicted.decision.begin());
  predicted.label[between] = 1;  // right if 0.5 were the threshold
  store(predicted);
  const VerifyReport refused = verify(against());
  EXPECT_EQ(refused.verdict, Verdict::different);
  EXPECT_EQ(refused.comparison.first_rejected.at(0).row, static_cast<std::int64_t>(between));
  EXPECT_EQ(refused.comparison.label_flips_explained, 0);
}

TEST_F(VerifyFiles, WhatARegressorOrAModelWithoutProbabilitiesDoesNotHaveIsRefused) {
  store(scikit_learn());
  const auto code_of = [&](const VerifyJob& asked) {
    try {
      verify(asked);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::device_failure;
  };
  model_ = make_linear(kRidge);
  VerifyJob labelled = job();
  labelled.labels = FileLocation{stored_path_, "/label"};
  EXPECT_EQ(code_of(labelled), ErrorCode::bad_request);
  EXPECT_EQ(code_of(against()), ErrorCode::bad_request) << "no /prediction";
  model_ = make_linear(kLinearSvc);
  EXPECT_EQ(code_of(against()), ErrorCode::bad_request) << "probabilities of another model";
  model_ = make_linear(kRidge, true);
  {
    test::FileMaker file(stored_path_);
    file.numbers("/prediction", ElementType::f64, {static_cast<hsize_t>(kRows)}, scikit_learn().decision);
  }
  EXPECT_EQ(code_of(against()), ErrorCode::shape_mismatch) << "one column of two";
}

}  // namespace
}  // namespace evenscore
