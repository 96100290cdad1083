// compare() on files of predictions, straight through libhdf5 as other writers make them; and the causes that
// it names where the data show one.
#include "evenscore/compare.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "evenscore/error.h"
#include "support/h5_files.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

constexpr std::size_t kRows = 400;

struct Predictions {
  std::vector<std::int64_t> label, classes;
  std::vector<double> proba;  ///< as many columns as there are classes
};

/// Three classes, every row another.
Predictions three_classes() {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(0.01, 1.0);
  Predictions predictions;
  predictions.classes = {3, 5, 7};
  for (std::size_t i = 0; i < kRows; ++i) {
    double p[3] = {uniform(random), uniform(random), uniform(random)};
    const double sum = p[0] + p[1] + p[2];
    std::size_t best = 0;
    for (std::size_t c = 0; c < 3; ++c) {
      p[c] /= sum;
      if (p[c] > p[best]) best = c;
    }
    predictions.proba.insert(predictions.proba.end(), p, p + 3);
    predictions.label.push_back(predictions.classes[best]);
  }
  return predictions;
}

class Compare : public testing::Test {
 protected:
  FileLocation write(const std::string& name, const Predictions& predictions) {
    test::FileMaker file(folder_.file(name));
    const hsize_t rows = predictions.label.size();
    file.numbers("/label", ElementType::i64, {rows}, predictions.label);
    if (!predictions.classes.empty())
      file.numbers("/classes", ElementType::i64, {predictions.classes.size()}, predictions.classes);
    if (!predictions.proba.empty()) {
      const hsize_t columns = rows == 0 ? predictions.classes.size() : predictions.proba.size() / rows;
      file.numbers("/proba", ElementType::f64, {rows, columns}, predictions.proba);
    }
    return {folder_.file(name), "/"};
  }
  VerifyReport compared(const Predictions& a, const Predictions& b) {
    return compare({.a = write("a.h5", a), .b = write("b.h5", b)});
  }
  FileLocation truth(const std::vector<std::int64_t>& labels) {
    test::FileMaker file(folder_.file("truth.h5"));
    file.numbers("/y", ElementType::i64, {labels.size()}, labels);
    return {folder_.file("truth.h5"), "/y"};
  }

  test::TemporaryFolder folder_;
};

TEST_F(Compare, EqualFilesAreIdenticalAndTheTextbookMatrixIsFiveAndFive) {
  const std::vector<std::int64_t> labels{1, 0, 1, 1, 0, 0, 1, 0, 1, 0};
  CompareJob job{.a = write("a.h5", {labels, {0, 1}, {}}), .b = write("b.h5", {labels, {0, 1}, {}})};
  job.labels = truth(labels);
  const VerifyReport report = compare(job);
  EXPECT_EQ(report.verdict, Verdict::identical);
  for (const auto& metrics : {report.before, report.after}) {
    ASSERT_TRUE(metrics);
    EXPECT_EQ(metrics->confusion_matrix, (std::vector<std::vector<std::int64_t>>{{5, 0}, {0, 5}}));
    EXPECT_EQ(metrics->accuracy, 1.0);
    EXPECT_EQ(metrics->classes[1].precision, 1.0);
    EXPECT_EQ(metrics->classes[1].recall, 1.0);
    EXPECT_EQ(metrics->classes[1].f1, 1.0);
  }
  EXPECT_TRUE(report.hidden_losses.empty());
}

TEST_F(Compare, ARecallThatFellWhileAccuracyStayedIsCalledOut) {
  // 1,000 rows, 20 of class 1: recall falls from 0.9 to 0.1 and accuracy from 0.980 to 0.982.
  std::vector<std::int64_t> y(1000, 0), before(1000, 0), after(1000, 0);
  for (std::size_t i = 0; i < 20; ++i) y[i] = 1;
  for (std::size_t i = 0; i < 18; ++i) before[i] = 1;
  for (std::size_t i = 100; i < 118; ++i) before[i] = 1;
  for (std::size_t i = 0; i < 2; ++i) after[i] = 1;
  CompareJob job{.a = write("a.h5", {before, {0, 1}, {}}), .b = write("b.h5", {after, {0, 1}, {}})};
  job.labels = truth(y);
  const VerifyReport report = compare(job);
  EXPECT_EQ(report.verdict, Verdict::different);
  ASSERT_EQ(report.hidden_losses.size(), 1U);
  EXPECT_NE(report.hidden_losses[0].find("recall of class 1 fell from 0.900 to 0.100"), std::string::npos)
      << report.hidden_losses[0];
}

TEST_F(Compare, OneUlpInOneOfManyRowsIsFoundAndPlaced) {
  Predictions a;
  a.classes = {0, 1};
  for (std::size_t i = 0; i < 1'000'000; ++i) {
    const double p = static_cast<double>(i) / 1'000'001.0;
    a.proba.insert(a.proba.end(), {1.0 - p, p});
    a.label.push_back(p > 0.5 ? 1 : 0);
  }
  Predictions b = a;
  b.proba[2 * 765'432 + 1] = std::nextafter(b.proba[2 * 765'432 + 1], 1.0);
  const VerifyReport report = compared(a, b);
  EXPECT_EQ(report.verdict, Verdict::different);
  ASSERT_EQ(report.comparison.first_differences.size(), 1U);
  EXPECT_EQ(report.comparison.first_differences[0].row, 765'432);
  EXPECT_EQ(report.comparison.first_differences[0].column, 1);
  EXPECT_EQ(report.comparison.outputs[0].max_ulp, 1U);
  EXPECT_EQ(report.comparison.outputs[0].rows_equal_bits, 999'999);
}

TEST_F(Compare, RowsAtTheEdgesOfWhatIsComparedAtOnceAreFound) {
  Predictions a;
  a.classes = {0, 1};
  for (std::size_t i = 0; i < 3000; ++i) {
    a.proba.insert(a.proba.end(), {0.25, 0.75});
    a.label.push_back(1);
  }
  Predictions b = a;
  const std::vector<std::int64_t> rows{0, 1023, 1024, 2047, 2048, 2999};
  for (const std::int64_t row : rows) b.proba[2 * static_cast<std::size_t>(row)] = 0.5;
  const VerifyReport report = compared(a, b);
  std::vector<std::int64_t> found;
  for (const Difference& difference : report.comparison.first_differences) found.push_back(difference.row);
  EXPECT_EQ(found, rows);
  EXPECT_EQ(report.comparison.outputs[0].rows_equal_bits, 2994);
  EXPECT_EQ(report.comparison.outputs[0].ulp_histogram.counts[0], 5994U);
}

TEST_F(Compare, ATolerancePassesWhatItAllows) {
  const Predictions a = three_classes();
  Predictions b = a;
  b.proba[7] *= 1.0 + 1e-9;
  CompareJob job{.a = write("a.h5", a), .b = write("b.h5", b)};
  job.mode = VerifyMode::tolerance;
  job.tolerances.rtol = 1e-8;
  EXPECT_EQ(compare(job).verdict, Verdict::within_tolerance);
  job.tolerances.rtol = 1e-10;
  EXPECT_EQ(compare(job).verdict, Verdict::different);
}

TEST_F(Compare, ANaNIsCountedByItself) {
  const Predictions a = three_classes();
  Predictions b = a;
  b.proba[10] = std::numeric_limits<double>::quiet_NaN();
  const VerifyReport report = compared(a, b);
  EXPECT_EQ(report.verdict, Verdict::different);
  EXPECT_EQ(report.comparison.outputs[0].nan_mismatches, 1);
  EXPECT_EQ(report.comparison.outputs[0].max_abs, 0.0);
}

TEST_F(Compare, OtherRowCountsAndOtherClassesAreDifferent) {
  const Predictions a = three_classes();
  Predictions b = a;
  b.label.pop_back();
  b.proba.resize(b.proba.size() - 3);
  EXPECT_EQ(compared(a, b).reason, "a.h5 has 400 rows, b.h5 has 399");
  b = a;
  b.classes = {3, 7, 5};
  EXPECT_EQ(compared(a, b).reason, "the classes in b.h5 are not those in a.h5");
}

TEST_F(Compare, FilesWithoutRowsAreIdentical) {
  Predictions empty;
  empty.classes = {0, 1};
  EXPECT_EQ(compared(empty, empty).verdict, Verdict::identical);
}

TEST_F(Compare, LabelsAloneAreEnoughAndTheirOwnClasses) {
  Predictions a{{4, 9, 4, 4}, {}, {}}, b{{4, 9, 9, 4}, {}, {}};
  const VerifyReport report = compared(a, b);
  EXPECT_EQ(report.class_names, (std::vector<std::string>{"4", "9"}));
  EXPECT_EQ(report.comparison.label_flips, 1);
  EXPECT_EQ(report.reason, "1 labels differ");
}

TEST_F(Compare, PredictionsOfRegressorsAreCompared) {
  for (const char* name : {"a.h5", "b.h5"}) {
    test::FileMaker file(folder_.file(name));
    file.numbers("/prediction", ElementType::f64, {3}, std::vector<double>{1.0, 2.0, 3.0});
  }
  const VerifyReport report = compare({.a = {folder_.file("a.h5"), "/"}, .b = {folder_.file("b.h5"), "/"}});
  EXPECT_EQ(report.verdict, Verdict::identical);
  EXPECT_EQ(report.comparison.outputs[0].name, "prediction");
}

TEST_F(Compare, WhatCannotBeComparedIsRefused) {
  const Predictions labels{{0, 1}, {0, 1}, {}};
  CompareJob job{.a = write("a.h5", labels), .b = write("b.h5", labels)};
  job.mode = VerifyMode::bound;
  EXPECT_THROW(compare(job), Error);
  job.mode = VerifyMode::tolerance;
  EXPECT_THROW(compare(job), Error);
  job.mode = VerifyMode::bitwise;
  job.labels = truth({0, 5});
  EXPECT_THROW(compare(job), Error);
  job.labels = truth({0, 1, 1});
  EXPECT_THROW(compare(job), Error);
  {
    test::FileMaker file(folder_.file("c.h5"));
    file.numbers("/prediction", ElementType::f64, {2}, std::vector<double>{1.0, 2.0});
  }
  EXPECT_THROW(compare({.a = job.a, .b = {folder_.file("c.h5"), "/"}}), Error);
}

TEST_F(Compare, RowsShiftedByOneAreNamed) {
  const Predictions a = three_classes();
  Predictions b = a;
  b.label.insert(b.label.begin(), 3);
  b.label.pop_back();
  b.proba.insert(b.proba.begin(), {0.5, 0.25, 0.25});
  b.proba.resize(a.proba.size());
  EXPECT_EQ(compared(a, b).likely_causes,
            (std::vector<std::string>{"the rows are shifted by one: row i of a.h5 matches row i+1 of b.h5"}));
  EXPECT_EQ(compared(b, a).likely_causes,
            (std::vector<std::string>{"the rows are shifted by one: row i+1 of a.h5 matches row i of b.h5"}));
}

TEST_F(Compare, ColumnsInAnotherOrderAreNamed) {
  const Predictions a = three_classes();
  Predictions b = a;
  for (std::size_t i = 0; i < kRows; ++i) std::swap(b.proba[3 * i], b.proba[3 * i + 2]);
  EXPECT_EQ(
      compared(a, b).likely_causes,
      (std::vector<std::string>{"the columns are in another order: 3 in a.h5 is 7 in b.h5, 7 in a.h5 is "
                                "3 in b.h5"}));
}

TEST_F(Compare, TheProbabilityOfTheOtherClassIsNamed) {
  Predictions a, b;
  a.classes = b.classes = {0, 1};
  for (std::size_t i = 0; i < kRows; ++i) {
    const double p = (static_cast<double>(i * 37 % kRows) + 0.5) / kRows;
    a.proba.push_back(p);
    b.proba.push_back(1.0 - p);
    a.label.push_back(p > 0.5 ? 1 : 0);
    b.label.push_back(a.label.back());
  }
  EXPECT_EQ(compared(a, b).likely_causes,
            (std::vector<std::string>{"b.h5 holds the probability of the other class than a.h5"}));
}

TEST_F(Compare, ExchangedLabelsAreNamed) {
  const Predictions three = three_classes();
  const Predictions a{three.label, three.classes, {}};
  Predictions b = a;
  for (std::int64_t& label : b.label) label = label == 3 ? 5 : label == 5 ? 3 : label;
  EXPECT_EQ(compared(a, b).likely_causes,
            (std::vector<std::string>{
                "the classes are exchanged: 3 in a.h5 is 5 in b.h5, 5 in a.h5 is 3 in b.h5"}));
}

TEST_F(Compare, TheTwoMeaningsOfMultinomialWithTwoClassesAreNamed) {
  Predictions a, b;
  a.classes = b.classes = {0, 1};
  for (std::size_t i = 0; i < kRows; ++i) {
    const double z = (static_cast<double>(i * 37 % kRows) - 200.2) / 60.0;
    for (const auto& [side, factor] : {std::pair{&a, 2.0}, std::pair{&b, 1.0}}) {
      const double p = 1.0 / (1.0 + std::exp(-factor * z));
      side->proba.insert(side->proba.end(), {1.0 - p, p});
      side->label.push_back(z > 0 ? 1 : 0);
    }
  }
  const std::vector<std::string> causes = compared(a, b).likely_causes;
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_NE(causes[0].find("the log-odds of b.h5 are half those of a.h5: multi_class='multinomial'"),
            std::string::npos);
}

TEST_F(Compare, DifferencesWithoutAPatternHaveNoCause) {
  const Predictions a = three_classes();
  Predictions b = a;
  for (std::size_t i = 0; i < b.proba.size(); ++i) b.proba[i] *= 1.0 + 0.01 * static_cast<double>(i % 7);
  EXPECT_TRUE(compared(a, b).likely_causes.empty());
}

}  // namespace
}  // namespace evenscore
