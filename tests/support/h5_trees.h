#pragma once

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "h5/tree.h"

namespace evenscore::test {

using h5::Node;
using h5::Value;
using h5::ValueKind;

template <typename T>
Value numbers(ElementType element, std::vector<std::uint64_t> shape, const std::vector<T>& values) {
  Value value{ValueKind::numeric, element, std::move(shape), {}, {}};
  value.data.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(value.data.data(), values.data(), value.data.size());
  return value;
}

inline Value texts(std::vector<std::uint64_t> shape, std::vector<std::string> strings) {
  return {ValueKind::string, ElementType::u8, std::move(shape), {}, std::move(strings)};
}

inline Value truth(std::vector<std::uint64_t> shape, std::vector<std::byte> data) {
  return {ValueKind::boolean, ElementType::u8, std::move(shape), std::move(data), {}};
}

inline Node dataset(Value value) {
  return {true, std::move(value), {}, {}};
}

/// A tree with something of everything that a pipeline file holds.
inline Node sample_tree() {
  Node root;
  root.attributes["encoding-type"] = texts({}, {"evenscore-pipeline"});
  root.attributes["bare_estimator"] = truth({}, {std::byte{1}});
  Node& step = root.children["steps"].children["000_scaler"];
  step.attributes["class"] = texts({}, {"sklearn.preprocessing.StandardScaler"});
  step.children["mean"] = dataset(numbers<double>(ElementType::f64, {3}, {1.5, -2.0, 1e300}));
  step.children["mean"].attributes["names"] = texts({2}, {"caf\u00e9", ""});
  step.children["n_features_in"] = dataset(numbers<std::int64_t>(ElementType::i64, {}, {3}));
  step.children["mask"] = dataset(truth({2, 2}, {std::byte{1}, std::byte{0}, std::byte{0}, std::byte{1}}));
  step.children["empty"] = dataset(numbers<float>(ElementType::f32, {0, 3}, {}));
  root.children["feature_names"] = dataset(texts({3}, {"a", "b\n", "\u65e5\u672c"}));
  return root;
}

}  // namespace evenscore::test
