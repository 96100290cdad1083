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

Expansion expand(const Step& step, std::int64_t n) {
  const Degrees degrees = degrees_of(step);
  const bool interaction_only = boolean_param(step, "interaction_only", false);
  Expansion expansion;
  if (boolean_param(step, "include_bias", true)) {
    expansion.factors.emplace_back(-1, -1);
    expansion.kept.push_back(0);
  }
  // Where, among the products of the degree before, those begin whose smallest index is i.
  std::vector<std::int64_t> begin(static_cast<std::size_t>(n) + 1);
  std::int64_t position = static_cast<std::int64_t>(expansion.factors.size());
  for (std::int64_t degree = 1; degree <= degrees.most; ++degree) {
    const std::int64_t first = position;
    std::vector<std::int64_t> begin_next(static_cast<std::size_t>(n) + 1);
    for (std::int64_t i = 0; i < n; ++i) {
      begin_next[static_cast<std::size_t>(i)] = position;
      const auto from = static_cast<std::size_t>(interaction_only ? i + 1 : i);
      const std::int64_t end = begin[static_cast<std::size_t>(n)];
      for (std::int64_t right = degree == 1 ? -1 : begin[from]; right < (degree == 1 ? 0 : end); ++right) {
        expansion.factors.emplace_back(i, right);
        if (degree >= degrees.least) expansion.kept.push_back(position);
        ++position;
        if (expansion.factors.size() > kMostColumns) {
          throw Error(ErrorCode::limit_exceeded,
                      fmt::format("PolynomialFeatures makes more than {} columns", kMostColumns),
                      step.name.empty() ? step.class_name : fmt::format("step '{}'", step.name));
        }
      }
    }
    begin_next[static_cast<std::size_t>(n)] = position;
    begin = std::move(begin_next);
    if (position == first) break;  // interaction_only: no product of so many columns
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
                     boolean_param(step, "interaction_only", false) ? " of distinct columns" : "");
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
