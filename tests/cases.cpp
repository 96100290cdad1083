#include "cases.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>

#include "evenscore/arith/element.h"
#include "program/program_builder.h"

namespace evenscore::test {
namespace {

constexpr std::array<std::int64_t, 13> kFeatures{1, 2, 7, 8, 9, 15, 16, 17, 30, 33, 100, 500, 4096};
constexpr std::array<std::int32_t, 5> kScores{1, 3, 7, 31, 100};
constexpr std::array<std::int64_t, 6> kRows{0, 1, 3, 7, 64, 1000};
constexpr std::array<std::int64_t, 4> kSplits{0, 1, 3, 64};
constexpr std::array<std::int64_t, 3> kMisaligned{0, 1, 4};
/// Values of each field of EngineCase, in order.
constexpr std::array<int, 12> kCounts{13, 5, 6, 11, 2, 12, 8, 6, 4, 4, 3, 2};
using Choice = std::array<int, kCounts.size()>;

/// splitmix64, the same on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
  int below(int n) { return static_cast<int>(bits() % static_cast<std::uint64_t>(n)); }
  /// In [-1, 1).
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-52 - 1.0; }

 private:
  std::uint64_t state_;
};

EngineCase to_case(const Choice& c) {
  const auto at = [&c](std::size_t i) { return static_cast<std::size_t>(c[i]); };
  return {kFeatures[at(0)],
          kScores[at(1)],
          kRows[at(2)],
          static_cast<ElementType>(c[3]),
          static_cast<Arithmetic>(c[4]),
          static_cast<Scaling>(c[5]),
          static_cast<Outcome>(c[6]),
          static_cast<Values>(c[7]),
          1 + c[8],
          kSplits[at(9)],
          kMisaligned[at(10)],
          c[11] == 1};
}

double value_of(Values values, std::int64_t column, Random& random) {
  switch (values) {
    case Values::normal:
      return 3.0 * random.unit();
    case Values::mixed_scale:
      return random.unit() * std::ldexp(1.0, random.below(80) - 40);
    case Values::hazards:
      switch (random.below(40)) {
        case 0:
          return std::numeric_limits<double>::quiet_NaN();
        case 1:
          return std::numeric_limits<double>::infinity();
        case 2:
          return -std::numeric_limits<double>::infinity();
        case 3:
          return 1e300 * random.unit();
        default:
          return random.unit();
      }
    case Values::subnormal:
      return random.unit() * std::ldexp(1.0, random.below(2) == 0 ? -1040 : -140);
    case Values::signed_zero:
      return random.below(2) == 0 ? -0.0 : 0.0;
    default:
      return column % 2 == 0 ? 1.6e9 + 1e6 * random.unit() : random.unit();
  }
}

std::uint16_t to_half(double x) {
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  if (std::isnan(x)) return 0x7e00;
  const double magnitude = std::fabs(x);
  if (magnitude >= 65504.0) return static_cast<std::uint16_t>(sign | (std::isinf(x) ? 0x7c00 : 0x7bff));
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  const int e = std::max(exponent + 14, 1);
  const auto fraction = static_cast<std::uint32_t>(std::ldexp(magnitude, 25 - e));
  const std::uint32_t bits =
      fraction >= 1024 ? (static_cast<std::uint32_t>(e) << 10) + (fraction - 1024) : fraction;
  return static_cast<std::uint16_t>(sign | bits);
}

void store_element(ElementType type, std::byte* address, double x) {
  const auto put = [address](auto value) { std::memcpy(address, &value, sizeof value); };
  const auto integer = [x](double low, double high) {
    return std::isfinite(x) ? std::fmin(std::fmax(std::round(x * 40.0), low), high) : 0.0;
  };
  switch (type) {
    case ElementType::f16:
      return put(to_half(x));
    case ElementType::f32:
      return put(static_cast<float>(x));
    case ElementType::f64:
      return put(x);
    case ElementType::i8:
      return put(static_cast<std::int8_t>(integer(-128, 127)));
    case ElementType::i16:
      return put(static_cast<std::int16_t>(integer(-32768, 32767)));
    case ElementType::i32:
      return put(static_cast<std::int32_t>(integer(-2147483648.0, 2147483647.0)));
    case ElementType::i64:
      return put(static_cast<std::int64_t>(integer(-9e18, 9e18)));
    case ElementType::u8:
      return put(static_cast<std::uint8_t>(integer(0, 255)));
    case ElementType::u16:
      return put(static_cast<std::uint16_t>(integer(0, 65535)));
    case ElementType::u32:
      return put(static_cast<std::uint32_t>(integer(0, 4294967295.0)));
    default:
      return put(static_cast<std::uint64_t>(integer(0, 1.8e19)));
  }
}

std::vector<double> random_values(Random& random, std::int64_t n, double centre, double spread) {
  std::vector<double> values(static_cast<std::size_t>(n));
  for (double& v : values) v = centre + spread * random.unit();
  return values;
}

/// Every column but each third one.
std::vector<std::int64_t> some_columns(std::int64_t n) {
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < n; ++i) {
    if (i % 3 != 1) kept.push_back(i);
  }
  return kept;
}

/// What imputation makes of NaN, or of 0 where rows cannot hold NaN; the first columns once more as
/// indicators.
void impute(Random& random, const EngineCase& c, ProgramBuilder& builder) {
  std::vector<std::int64_t> columns = some_columns(builder.n_columns());
  std::vector<bool> keep(columns.size(), true);
  for (std::int64_t i = 0; i < builder.n_columns() && i < 5; ++i) {
    columns.push_back(i);
    keep.push_back(false);
  }
  builder.gather(columns);
  builder.replace_missing(is_floating(c.type) ? std::numeric_limits<double>::quiet_NaN() : 0.0,
                          random_values(random, builder.n_columns(), 0.0, 1.0), keep);
}

void multiply_neighbours(ProgramBuilder& builder) {
  const std::int64_t n = builder.n_columns();
  std::vector<std::pair<std::int64_t, std::int64_t>> factors{{-1, -1}};
  for (std::int64_t i = 0; i < n; ++i) factors.emplace_back(i, -1);
  for (std::int64_t i = 0; i + 1 < n; ++i) factors.emplace_back(i, i + 2);  // by the copy of the next column
  builder.products(factors);
}

void project(Random& random, double centre, ProgramBuilder& builder) {
  const std::int64_t n = builder.n_columns();
  const std::int64_t components = n < 9 ? n : 9;
  builder.centre_and_scale(random_values(random, n, centre, 1.0), std::nullopt,
                           Float32Scaling::round_each_step);
  builder.linear(random_values(random, n * components, 0.0, 1.0),
                 std::vector<double>(static_cast<std::size_t>(components), 0.0));
  builder.centre_and_scale(std::nullopt, random_values(random, components, 2.0, 1.5),
                           Float32Scaling::round_each_step);
}

void add_general_stages(const EngineCase& c, double centre, Random& random, ProgramBuilder& builder) {
  const auto scale = [&] {
    builder.centre_and_scale(random_values(random, builder.n_columns(), centre, 1.0),
                             random_values(random, builder.n_columns(), 2.0, 1.5),
                             Float32Scaling::round_each_step);
  };
  constexpr StageKind kNorms[] = {StageKind::normalize_l1, StageKind::normalize_l2, StageKind::normalize_max,
                                  StageKind::normalize_signed_max};
  switch (c.scaling) {
    case Scaling::imputed:
      return impute(random, c, builder);
    case Scaling::selected:
      scale();
      builder.reject(Validity::finite);
      return builder.gather(some_columns(c.n_features));
    case Scaling::binarized:
      scale();
      builder.reject(c.threads % 2 == 0 ? Validity::no_infinity : Validity::finite);
      return builder.binarize(0.125);
    case Scaling::products:
      return multiply_neighbours(builder);
    case Scaling::normalized:
      builder.normalize(kNorms[(c.n_rows + c.threads) % 4], c.threads % 2 == 0 ? 0x1p-1074 : 0.5);
      return scale();
    case Scaling::projected:
      return project(random, centre, builder);
    case Scaling::several_ways:
      impute(random, c, builder);
      scale();
      multiply_neighbours(builder);
      project(random, 0.0, builder);
      builder.reject(Validity::no_infinity);
      return builder.clip(-3.0, 4.0);
    default:
      return;
  }
}

void finish(const EngineCase& c, ProgramBuilder& builder) {
  const bool binary = c.n_scores == 1;
  const std::int32_t n_classes = binary ? 2 : c.n_scores;
  switch (c.outcome) {
    case Outcome::usual:
      return builder.classify(n_classes, binary ? LinkKind::sigmoid : LinkKind::softmax);
    case Outcome::other_link:
      return builder.classify(n_classes, binary ? LinkKind::sigmoid_doubled : LinkKind::one_vs_rest);
    case Outcome::no_proba:
      return builder.classify(n_classes, LinkKind::none);
    case Outcome::huber:
      return builder.classify(n_classes, LinkKind::modified_huber, !binary);
    case Outcome::uniform:
      builder.classify(n_classes, binary ? LinkKind::sigmoid : LinkKind::one_vs_rest, !binary);
      if (binary) builder.choose_by(LabelRule::decision_threshold, 0.25, c.threads % 2 == 0);
      return;
    case Outcome::by_proba:
      builder.classify(n_classes, binary ? LinkKind::sigmoid : LinkKind::softmax);
      if (binary) builder.choose_by(LabelRule::proba_threshold, 0.7, c.threads % 2 == 0);
      return;
    case Outcome::regressor:
      return builder.regress(LinkKind::identity);
    default:
      return builder.regress(LinkKind::exponential);
  }
}

Program make_program(const EngineCase& c, Random& random) {
  CompileOptions options;
  options.arithmetic = c.arithmetic;
  options.rows = c.type;
  ProgramBuilder builder(c.n_features, options);
  const bool imputed = c.scaling == Scaling::imputed || c.scaling == Scaling::several_ways;
  builder.require(imputed ? Validity::no_infinity : Validity::finite);
  const double centre = c.values == Values::epoch_seconds ? 1.6e9 : 0.0;
  const Float32Scaling float32_scaling =
      c.outcome == Outcome::other_link ? Float32Scaling::narrow_parameters : Float32Scaling::round_each_step;
  const auto scaler = [&](double mean) {
    builder.centre_and_scale(random_values(random, c.n_features, mean, 1.0),
                             random_values(random, c.n_features, 2.0, 1.5), float32_scaling);
  };
  if (c.scaling == Scaling::folded || c.scaling == Scaling::two_scalers) scaler(centre);
  if (c.scaling == Scaling::two_scalers) scaler(0.0);
  add_general_stages(c, centre, random, builder);
  std::vector<double> weights = random_values(random, builder.n_columns() * c.n_scores, 0.0, 2.0);
  if (c.scaling == Scaling::unfoldable) {
    std::vector<double> scale = random_values(random, c.n_features, 2.0, 1.5);
    weights[0] = 0x1p-1020;
    scale[0] = 0x1p40;  // the quotient is subnormal
    builder.centre_and_scale(random_values(random, c.n_features, centre, 1.0), scale, float32_scaling);
  }
  if (c.scaling == Scaling::clipped) {
    if (c.outcome == Outcome::other_link) builder.reject(Validity::no_infinity);
    builder.multiply(random_values(random, c.n_features, 0.2, 0.2), float32_scaling);
    builder.add(random_values(random, c.n_features, -0.2 * centre, 0.5), float32_scaling);
    builder.clip(0.0, 1.0);
  }
  builder.linear(weights, random_values(random, c.n_scores, 0.0, 1.0));
  finish(c, builder);
  return builder.finish();
}

std::vector<EngineCase> pairwise_cases() {
  using Pair = std::array<int, 4>;
  std::set<Pair> open;
  for (int a = 0; a < static_cast<int>(kCounts.size()); ++a) {
    for (int b = a + 1; b < static_cast<int>(kCounts.size()); ++b) {
      for (int x = 0; x < kCounts[static_cast<std::size_t>(a)]; ++x) {
        for (int y = 0; y < kCounts[static_cast<std::size_t>(b)]; ++y) open.insert({a, x, b, y});
      }
    }
  }
  Random random(11);
  std::vector<EngineCase> cases;
  while (!open.empty()) {
    // The first open pair is in every candidate, so each case makes progress; the best of forty is taken.
    const Pair seed = *open.begin();
    Choice best{};
    std::vector<Pair> best_pairs;
    for (int attempt = 0; attempt < 40; ++attempt) {
      Choice c{};
      for (std::size_t i = 0; i < c.size(); ++i) c[i] = random.below(kCounts[i]);
      c[static_cast<std::size_t>(seed[0])] = seed[1];
      c[static_cast<std::size_t>(seed[2])] = seed[3];
      std::vector<Pair> pairs;
      for (int a = 0; a < static_cast<int>(c.size()); ++a) {
        for (int b = a + 1; b < static_cast<int>(c.size()); ++b) {
          const Pair pair{a, c[static_cast<std::size_t>(a)], b, c[static_cast<std::size_t>(b)]};
          if (open.count(pair) != 0) pairs.push_back(pair);
        }
      }
      if (pairs.size() > best_pairs.size()) {
        best = c;
        best_pairs = pairs;
      }
    }
    for (const Pair& pair : best_pairs) open.erase(pair);
    cases.push_back(to_case(best));
  }
  return cases;
}

std::vector<EngineCase> full_cases() {
  std::vector<EngineCase> cases;
  Random random(12);
  for (int f = 0; f < kCounts[0]; ++f) {
    for (int k = 0; k < kCounts[1]; ++k) {
      for (int rows = 0; rows < kCounts[2]; ++rows) {
        for (int type = 0; type < kCounts[3]; ++type) {
          Choice c{};
          for (std::size_t i = 4; i < c.size(); ++i) c[i] = random.below(kCounts[i]);
          c[0] = f;
          c[1] = k;
          c[2] = rows;
          c[3] = type;
          cases.push_back(to_case(c));
        }
      }
    }
  }
  return cases;
}

}  // namespace

std::string EngineCase::name() const {
  return fmt::format("F{}_K{}_rows{}_{}_{}_scaling{}_outcome{}_values{}_threads{}_split{}_off{}_{}",
                     n_features, n_scores, n_rows, element_name(type),
                     arithmetic == Arithmetic::exact ? "exact" : "sklearn", static_cast<int>(scaling),
                     static_cast<int>(outcome), static_cast<int>(values), threads, split, misaligned,
                     strided ? "strided" : "dense");
}

std::vector<EngineCase> engine_cases() {
  return std::getenv("EVENSCORE_FULL_TABLE") != nullptr ? full_cases() : pairwise_cases();
}

CaseData make_case(const EngineCase& c) {
  Random random(static_cast<std::uint64_t>(c.n_features * 1000 + c.n_scores));
  CaseData data;
  data.program = make_program(c, random);
  const auto size = static_cast<std::int64_t>(element_size(c.type));
  RowsView& view = data.view;
  view.type = c.type;
  view.count = c.n_rows;
  view.columns = c.n_features;
  view.column_stride = c.strided ? 2 * size : size;
  view.row_stride = view.column_stride * c.n_features + (c.strided ? 24 : 0);
  data.memory.resize(static_cast<std::size_t>(c.misaligned + view.row_stride * c.n_rows) + 1);
  view.data = data.memory.data() + c.misaligned;
  for (std::int64_t row = 0; row < c.n_rows; ++row) {
    for (std::int64_t i = 0; i < c.n_features; ++i) {
      std::byte* address = data.memory.data() + c.misaligned + row * view.row_stride + i * view.column_stride;
      // Most rows of the hazards stay clean, so that both kinds of row stand side by side.
      const bool clean = c.values == Values::hazards && row % 3 != 0;
      store_element(c.type, address, value_of(clean ? Values::normal : c.values, i, random));
    }
  }
  return data;
}

}  // namespace evenscore::test
