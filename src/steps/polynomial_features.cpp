// sklearn.preprocessing.PolynomialFeatures: products of columns, in lexicographic order of their indices,
// degree by degree.
#include <fmt/format.h>

#include <array>

#include "evenscore/error.h"
#include "steps/step_class.h"
#include "steps/step_values.h"

namespace evenscore::steps {
namespace {

constexpr std::array<std::string_view, 3> kSavedAs{"sklearn.preprocessing._polynomial.PolynomialFeatures",
                                                   "sklearn.preprocessing._data.PolynomialFeatures",
                                                   "sklearn.preprocessing.data.PolynomialFeatures"};
constexpr std::array<std::string_view, 4> kParams{"degree", "interaction_only", "include_bias", "order"};
constexpr std::array<FittedAttribute, 5> kFitted{{{"n_features_in"},
                                                  {"n_input_features"},
                                                  {"n_output_features"},
                                                  {"min_degree", false, "_min_degree"},
                                                  {"max_degree", false, "_max_degree"}}};
constexpr std::size_t kMostColumns = 100'000;
/// From here on a product of three is a (b c), before it was (a b) c.
constexpr SklearnVersion kBeginsWithFirst{0, 22};

struct Degrees {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

std::int64_t whole(const Step& step, const Param& param) {
  const double value = number(param);
  if (param.kind != Param::Kind::integer || !(value >= 0.0 && value <= 1000.0))
    refuse(step, "degree", "not a whole number from 0 to 1000: " + to_python(param));
  return static_cast<std::int64_t>(value);
}

Degrees degrees_of(const Step& step) {
  const Param* degree = step.param("degree");
  if (degree == nullptr) refuse(step, "degree", "is missing");
  if (degree->kind == Param::Kind::integer) return {0, whole(step, *degree)};
  const bool two =
      (degree->kind == Param::Kind::tuple || degree->kind == Param::Kind::list) && degree->items.size() == 2;
  if (!two) refuse(step, "degree", "neither a number nor two: " + to_python(*degree));
  const Degrees degrees{whole(step, degree->items[0]), whole(step, degree->items[1])};
  if (degrees.least > degrees.most) refuse(step, "degree", "its minimum is above its maximum");
  return degrees;
}

/// The products in the order in which scikit-learn computes them, each from one of the degree before, and
/// which of them it keeps.
struct Expansion {
  std::vector<std::pair<std::int64_t, std::int64_t>> factors;
  std::vector<std::int64_t> kept;
};

/// A product of columns: `column` times the product at position `other` of one degree less.
struct Product {
  std::int64_t column, other;
  std::int64_t first, last;  ///< of its columns
  std::int64_t position = -1;
};

std::vector<Product> single_columns(std::int64_t n) {
  std::vector<Product> products;
  for (std::int64_t i = 0; i < n; ++i) products.push_back({i, -1, i, i});
  return products;
}

/// a (b c): how 0.22 and later multiply.
std::vector<Product> prepend_first(const std::vector<Product>& before, std::int64_t n, bool distinct) {
  std::vector<Product> products;
  std::size_t begin = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    while (begin < before.size() && before[begin].first < (distinct ? i + 1 : i)) ++begin;
    for (std::size_t k = begin; k < before.size() && products.size() <= kMostColumns; ++k)
      products.push_back({i, before[k].position, i, before[k].last});
  }
  return products;
}

/// (a b) c: how earlier releases do.
std::vector<Product> append_last(const std::vector<Product>& before, std::int64_t n, bool distinct) {
  std::vector<Product> products;
  for (const Product& product : before) {
    for (std::int64_t i = distinct ? product.last + 1 : product.last;
         i < n && products.size() <= kMostColumns; ++i)
      products.push_back({i, product.position, product.first, i});
  }
  return products;
}

Expansion expand(const Step& step, std::int64_t n) {
  const Degrees degrees = degrees_of(step);
  const bool interaction_only = boolean_param(step, "interaction_only");
  Expansion expansion;
  if (boolean_param(step, "include_bias")) {
    expansion.factors.emplace_back(-1, -1);
    expansion.kept.push_back(0);
  }
  const bool ends_with_last = version_of(step) < kBeginsWithFirst;
  std::vector<Product> before;  // of the degree before
  for (std::int64_t degree = 1; degree <= degrees.most; ++degree) {
    const std::vector<Product> products = degree == 1      ? single_columns(n)
                                          : ends_with_last ? append_last(before, n, interaction_only)
                                                           : prepend_first(before, n, interaction_only);
    before.clear();
    for (Product product : products) {
      const auto position = static_cast<std::int64_t>(expansion.factors.size());
      if (expansion.factors.size() == kMostColumns) {
        throw Error(ErrorCode::limit_exceeded,
                    fmt::format("PolynomialFeatures makes more than {} columns", kMostColumns),
                    step.name.empty() ? step.class_name : fmt::format("step '{}'", step.name));
      }
      expansion.factors.emplace_back(product.column, product.other);
      if (degree >= degrees.least) expansion.kept.push_back(position);
      product.position = position;
      before.push_back(product);
    }
    if (before.empty()) break;  // interaction_only: no product of so many columns
  }
  return expansion;
}

std::int64_t check(const Step& step, std::int64_t n_in) {
  const Expansion expansion = expand(step, n_in);
  const auto n_out = static_cast<std::int64_t>(expansion.kept.size());
  if (n_out == 0) refuse(step, "degree", "leaves no column");
  if (step.attribute("n_output_features") != nullptr && integer_attribute(step, "n_output_features") != n_out)
    refuse(step, "n_output_features",
           fmt::format("differs from the {} columns that the parameters give", n_out));
  for (const auto& [name, value] :
       {std::pair{"min_degree", degrees_of(step).least}, std::pair{"max_degree", degrees_of(step).most}}) {
    if (step.attribute(name) != nullptr && integer_attribute(step, name) != value)
      refuse(step, name, "differs from the parameter degree");
  }
  return n_out;
}

std::int64_t n_features(const Step& step) {
  if (step.attribute("n_features_in") == nullptr && step.attribute("n_input_features") != nullptr)
    return integer_attribute(step, "n_input_features");
  return fitted_columns(step, {});
}

void lower(const Step& step, ProgramBuilder& program) {
  const Expansion expansion = expand(step, program.n_columns());
  program.require(Validity::finite);
  program.reject(Validity::finite);
  program.products(expansion.factors);
  if (expansion.kept.size() < expansion.factors.size()) program.gather(expansion.kept);
}

std::string rules(const Step& step) {
  const Degrees degrees = degrees_of(step);
  return fmt::format("products of degree {} to {}{}; float32 rows: each product rounded to float32",
                     degrees.least, degrees.most,
                     boolean_param(step, "interaction_only") ? " of distinct columns" : "");
}

}  // namespace

extern const StepClass kPolynomialFeatures;
const StepClass kPolynomialFeatures{"sklearn.preprocessing.PolynomialFeatures",
                                    kSavedAs,
                                    kParams,
                                    kFitted,
                                    StepRole::transformer,
                                    {},
                                    check,
                                    n_features,
                                    lower,
                                    rules};

}  // namespace evenscore::steps
