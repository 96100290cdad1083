#include "bench_model.h"

#include <cmath>
#include <cstring>

namespace evenscore::benchmarks {
namespace {

/// `n` values, evenly over centre +- spread and in no order.
std::vector<double> values(std::int64_t n, double centre, double spread) {
  std::vector<double> result(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const double turn = static_cast<double>(i + 1) * 0.6180339887498949;
    result[static_cast<std::size_t>(i)] = centre + spread * (2.0 * (turn - std::floor(turn)) - 1.0);
  }
  return result;
}

Array matrix(const std::vector<double>& row) {
  Array array = make_array(row);
  array.shape = {1, row.size()};
  return array;
}

Array classes() {
  const std::int64_t labels[] = {0, 1};
  Array array;
  array.kind = Array::Kind::number;
  array.type = ElementType::i64;
  array.dtype = "int64";
  array.shape = {2};
  array.data.resize(sizeof labels);
  std::memcpy(array.data.data(), labels, sizeof labels);
  return array;
}

Param boolean(bool value) {
  Param param;
  param.kind = Param::Kind::boolean;
  param.boolean = value;
  return param;
}

Param text(const char* value) {
  Param param;
  param.kind = Param::Kind::string;
  param.text = value;
  return param;
}

}  // namespace

ModelFile bench_model(std::int64_t n_features) {
  Step scaler{"standardscaler",
              "sklearn.preprocessing.StandardScaler",
              "1.5.2",
              {{"with_mean", boolean(true)}, {"with_std", boolean(true)}},
              {{"mean", make_array(values(n_features, 0.0, 10.0))},
               {"scale", make_array(values(n_features, 2.0, 1.0))},
               {"var", make_array(values(n_features, 4.0, 1.0))}}};
  Step classifier{
      "logisticregression",
      "sklearn.linear_model.LogisticRegression",
      "1.5.2",
      {{"multi_class", text("auto")}, {"solver", text("lbfgs")}, {"penalty", text("l2")}},
      {{"coef", matrix(values(n_features, 0.0, 4.0 / std::sqrt(static_cast<double>(n_features))))},
       {"intercept", make_array({0.25})},
       {"classes", classes()}}};
  ModelFile model;
  model.pipeline.steps = {std::move(scaler), std::move(classifier)};
  model.pipeline.sklearn_version = "1.5.2";
  check(model.pipeline);
  return model;
}

}  // namespace evenscore::benchmarks
