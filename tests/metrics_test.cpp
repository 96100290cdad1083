#include "evenscore/metrics.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "evenscore/error.h"

namespace evenscore {
namespace {

using Json = nlohmann::json;

void expect_close(const ClassMetrics& ours, const Json& theirs) {
  EXPECT_NEAR(ours.precision, theirs["precision"].get<double>(), 1e-12);
  EXPECT_NEAR(ours.recall, theirs["recall"].get<double>(), 1e-12);
  EXPECT_NEAR(ours.f1, theirs["f1"].get<double>(), 1e-12);
}

TEST(Metrics, EqualScikitLearnOnEverySample) {
  int samples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(EVENSCORE_TEST_DATA "/metrics")) {
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path());
    const Json sample = Json::parse(file);
    const auto n_classes = sample["n_classes"].get<std::int32_t>();
    ConfusionCounts counts(n_classes);
    for (std::size_t i = 0; i < sample["truth"].size(); ++i)
      counts.add(sample["truth"][i], sample["predicted"][i]);
    const ClassificationMetrics m = counts.metrics();
    EXPECT_EQ(m.rows, static_cast<std::int64_t>(sample["truth"].size()));
    EXPECT_EQ(m.confusion_matrix, sample["confusion_matrix"].get<std::vector<std::vector<std::int64_t>>>());
    EXPECT_NEAR(m.accuracy, sample["accuracy"].get<double>(), 1e-12);
    EXPECT_NEAR(m.balanced_accuracy, sample["balanced_accuracy"].get<double>(), 1e-12);
    for (std::size_t c = 0; c < m.classes.size(); ++c) {
      EXPECT_NEAR(m.classes[c].precision, sample["precision"][c].get<double>(), 1e-12);
      EXPECT_NEAR(m.classes[c].recall, sample["recall"][c].get<double>(), 1e-12);
      EXPECT_NEAR(m.classes[c].f1, sample["f1"][c].get<double>(), 1e-12);
      EXPECT_EQ(m.classes[c].support, sample["support"][c].get<std::int64_t>());
    }
    expect_close(m.macro, sample["macro"]);
    expect_close(m.weighted, sample["weighted"]);
    expect_close(m.micro, sample["micro"]);
    ++samples;
  }
  EXPECT_EQ(samples, 8);
}

TEST(Metrics, OfNoRowsAreZero) {
  const ClassificationMetrics m = ConfusionCounts(3).metrics();
  EXPECT_EQ(m.rows, 0);
  EXPECT_EQ(m.accuracy, 0.0);
  EXPECT_EQ(m.balanced_accuracy, 0.0);
  EXPECT_EQ(m.weighted.f1, 0.0);
}

TEST(Metrics, RefuseAMatrixThatDoesNotFit) {
  EXPECT_NO_THROW(ConfusionCounts(4096));
  EXPECT_THROW(ConfusionCounts(4097), Error);
}

/// 980 rows of class 0 all right, 20 of class 1 of which `found` are found.
ClassificationMetrics rare_class(int found) {
  ConfusionCounts counts(2);
  for (int i = 0; i < 980; ++i) counts.add(0, 0);
  for (int i = 0; i < 20; ++i) counts.add(1, i < found ? 1 : 0);
  return counts.metrics();
}

TEST(HiddenLosses, ARecallThatFellWhileAccuracyHardlyMovedIsSaid) {
  const auto losses = hidden_losses(rare_class(18), rare_class(2), {"on time", "late"});
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0],
            "recall of class late fell from 0.900 to 0.100 while accuracy only went from 0.998 to 0.982");
}

TEST(HiddenLosses, EqualAccuracyStayed) {
  ConfusionCounts before(2), after(2);
  for (int i = 0; i < 980; ++i) {
    before.add(0, i < 962 ? 0 : 1);
    after.add(0, 0);
  }
  for (int i = 0; i < 20; ++i) {
    before.add(1, i < 18 ? 1 : 0);
    after.add(1, 0);
  }
  const auto losses = hidden_losses(before.metrics(), after.metrics(), {"0", "1"});
  ASSERT_EQ(losses.size(), 2U);
  EXPECT_EQ(losses[0], "recall of class 1 fell from 0.900 to 0.000 while accuracy stayed 0.980");
  EXPECT_EQ(losses[1], "precision of class 1 fell from 0.500 to 0.000 while accuracy stayed 0.980");
}

TEST(HiddenLosses, NothingIsSaidOfGainsOrOfAnAccuracyThatFellToo) {
  EXPECT_TRUE(hidden_losses(rare_class(2), rare_class(18), {"0", "1"}).empty());
  EXPECT_TRUE(hidden_losses(rare_class(18), rare_class(18), {"0", "1"}).empty());
  ConfusionCounts ruined(2);
  for (int i = 0; i < 1000; ++i) ruined.add(i < 980 ? 0 : 1, 1);
  EXPECT_TRUE(hidden_losses(rare_class(18), ruined.metrics(), {"0", "1"}).empty());
}

}  // namespace
}  // namespace evenscore
