#include "verify/class_index.h"

#include <gtest/gtest.h>

#include <limits>

namespace evenscore {
namespace {

using verifier::ClassIndex;
using verifier::kNoLabel;
using verifier::kUnknownLabel;

Labels integers(std::vector<std::int64_t> values, ElementType element = ElementType::i64) {
  return {LabelKind::integer, element, std::move(values), {}, {}};
}
Labels reals(std::vector<double> values) {
  return {LabelKind::real, ElementType::f64, {}, std::move(values), {}};
}
Labels booleans(std::vector<std::int64_t> values) {
  return {LabelKind::boolean, ElementType::u8, std::move(values), {}, {}};
}
Labels strings(std::vector<std::string> values) {
  return {LabelKind::string, ElementType::u8, {}, {}, std::move(values)};
}

using Indices = std::vector<std::int32_t>;

TEST(ClassIndex, MapsLabelsOfEveryKindByValue) {
  EXPECT_EQ(ClassIndex(integers({-1, 5, 7})).of(integers({7, -1, 5})), (Indices{2, 0, 1}));
  EXPECT_EQ(ClassIndex(reals({0.5, 2.0})).of(reals({2.0, 0.5})), (Indices{1, 0}));
  EXPECT_EQ(ClassIndex(booleans({0, 1})).of(booleans({1, 0})), (Indices{1, 0}));
  EXPECT_EQ(ClassIndex(strings({"late", "on time"})).of(strings({"on time", "late"})), (Indices{1, 0}));
}

TEST(ClassIndex, TheSameNumberIsTheSameLabelInAnotherType) {
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(reals({1.0, 0.0, -0.0})), (Indices{1, 0, 0}));
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(booleans({1, 0})), (Indices{1, 0}));
  EXPECT_EQ(ClassIndex(booleans({0, 1})).of(integers({1, 0}, ElementType::i8)), (Indices{1, 0}));
  EXPECT_EQ(ClassIndex(reals({1.0, 2.0})).of(integers({2, 1})), (Indices{1, 0}));
}

TEST(ClassIndex, LargeUnsignedLabelsAreNotNegativeOnes) {
  const std::int64_t largest = -1;  // 2^64 - 1 by its bits
  const ClassIndex index(integers({1, largest}, ElementType::u64));
  EXPECT_EQ(index.of(integers({largest}, ElementType::u64)), (Indices{1}));
  EXPECT_EQ(index.of(integers({-1}, ElementType::i64)), (Indices{kUnknownLabel}));
  EXPECT_EQ(index.names()[1], "18446744073709551615");
}

TEST(ClassIndex, ALabelThatIsNoClassIsUnknown) {
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(integers({2, -7})), (Indices{kUnknownLabel, kUnknownLabel}));
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(reals({0.5, 1e300, std::numeric_limits<double>::infinity()})),
            (Indices{kUnknownLabel, kUnknownLabel, kUnknownLabel}));
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(strings({"1"})), (Indices{kUnknownLabel}));
  EXPECT_EQ(ClassIndex(strings({"a", "b"})).of(strings({"A"})), (Indices{kUnknownLabel}));
  EXPECT_EQ(ClassIndex(strings({"a", "b"})).of(integers({0})), (Indices{kUnknownLabel}));
}

TEST(ClassIndex, AMissingValueIsNoLabelUnlessItIsAClass) {
  EXPECT_EQ(ClassIndex(reals({0.5, 2.0})).of(reals({std::numeric_limits<double>::quiet_NaN()})),
            (Indices{kNoLabel}));
  EXPECT_EQ(ClassIndex(strings({"a", "b"})).of(strings({""})), (Indices{kNoLabel}));
  EXPECT_EQ(ClassIndex(strings({"", "b"})).of(strings({""})), (Indices{0}));
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(integers({-128}, ElementType::i8)), (Indices{kNoLabel}));
  EXPECT_EQ(ClassIndex(integers({0, 1})).of(integers({-128}, ElementType::i16)), (Indices{kUnknownLabel}));
  EXPECT_EQ(ClassIndex(integers({-128, 1}, ElementType::i8)).of(integers({-128}, ElementType::i8)),
            (Indices{0}));
  EXPECT_EQ(ClassIndex(integers({1, 2}, ElementType::u8)).of(integers({0}, ElementType::u8)),
            (Indices{kNoLabel}));
}

TEST(ClassIndex, NamesReadAsPythonPrintsThem) {
  EXPECT_EQ(ClassIndex(booleans({0, 1})).names(), (std::vector<std::string>{"False", "True"}));
  EXPECT_EQ(ClassIndex(integers({-1, 5})).names(), (std::vector<std::string>{"-1", "5"}));
  EXPECT_EQ(ClassIndex(reals({0.5, 2.0})).names(), (std::vector<std::string>{"0.5", "2.0"}));
}

}  // namespace
}  // namespace evenscore
