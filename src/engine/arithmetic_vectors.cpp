#include "engine/arithmetic_vectors.h"

#include <vector>

#include "evenscore/arith/logistic.h"
#include "evenscore/arith/score.h"
#include "evenscore/arith/softmax.h"

namespace evenscore::engine {
namespace {

/// The words of one line: a name, then hexadecimal bit patterns, "->", then the expected ones.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) {}

  std::string_view word() {
    const std::size_t begin = rest_.find_first_not_of(' ');
    if (begin == std::string_view::npos) return {};
    const std::size_t end = rest_.find(' ', begin);
    const std::string_view result = rest_.substr(begin, end == std::string_view::npos ? end : end - begin);
    rest_ = end == std::string_view::npos ? std::string_view{} : rest_.substr(end);
    return result;
  }

  std::uint64_t hex(std::size_t digits) {
    const std::string_view w = word();
    std::uint64_t value = 0;
    good_ = good_ && w.size() == digits;
    for (const char c : w) {
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      good_ = good_ && digit >= 0;
      value = value << 4 | static_cast<std::uint64_t>(digit & 0xf);
    }
    return value;
  }

  double f64() { return arith::double_of(hex(16)); }
  float f32() { return arith::float_of(static_cast<std::uint32_t>(hex(8))); }
  void arrow() { good_ = good_ && word() == "->"; }
  int count() {
    int value = 0;
    for (const char c : word()) {
      good_ = good_ && c >= '0' && c <= '9' && value < 100000;
      if (good_) value = value * 10 + (c - '0');
    }
    return good_ ? value : 0;
  }
  std::vector<double> f64s(int n) {
    std::vector<double> values(static_cast<std::size_t>(n));
    for (double& v : values) v = f64();
    return values;
  }

  void expect(double actual) { good_ = hex(16) == arith::bits_of(actual) && good_; }
  void expect(float actual) { good_ = hex(8) == arith::bits_of(actual) && good_; }
  template <class T>
  void expect(arith::Pair<T> actual) {
    expect(actual.p);
    expect(actual.q);
  }
  bool good() { return good_ && word().empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void check_softmax(Line& line) {
  const int n = line.count();
  if (n < 1) return line.expect(0.0);
  const std::vector<double> z = line.f64s(n);
  line.arrow();
  const arith::SoftmaxSum64 sum = arith::softmax_sum64(z.data(), n);
  const arith::HighLow log_sum = arith::log_parts(sum.high, sum.low);
  const arith::SoftmaxSum32 sum32 = arith::softmax_sum32(z.data(), n);
  for (const double zk : z) line.expect(arith::softmax64(zk, sum));
  for (const double zk : z) line.expect(arith::log_softmax64(zk, sum, log_sum));
  for (const double zk : z) line.expect(arith::softmax32(zk, sum32));
}

void check_dot(Line& line) {
  const int n = line.count();
  const std::vector<double> x = line.f64s(n);
  const std::vector<double> mu = line.f64s(n);
  const std::vector<double> w = line.f64s(n);
  const double intercept = line.f64();
  line.arrow();
  line.expect(arith::score_centered<double>(x.data(), mu.data(), w.data(), intercept, n));
}

bool line_holds(std::string_view text) {
  Line line(text);
  const std::string_view function = line.word();
  if (function == "softmax") {
    check_softmax(line);
  } else if (function == "dot") {
    check_dot(line);
  } else if (function == "exp32") {
    const float x = line.f32();
    line.arrow();
    line.expect(arith::exp32(x));
  } else {
    const double x = line.f64();
    line.arrow();
    if (function == "exp64") {
      line.expect(arith::exp64(x));
    } else if (function == "sigmoid64") {
      line.expect(arith::sigmoid64(x));
    } else if (function == "sigmoid32") {
      line.expect(arith::sigmoid32(x));
    } else if (function == "logsigmoid64") {
      line.expect(arith::logsigmoid64(x));
    } else {
      return false;
    }
  }
  return line.good();
}

/// splitmix64: a fixed sequence, the same everywhere.
std::uint64_t next_random(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t x = state;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Any bit pattern one time in four; else a magnitude between 2^-60 and 2^11, where the functions bend.
double adversarial_input(std::uint64_t& state) {
  const std::uint64_t r = next_random(state);
  if (r % 4 == 0) return arith::double_of(next_random(state));
  const std::uint64_t exponent = 1023 - 60 + (r >> 8) % 72;
  return arith::double_of((r & 0x8000000000000000ULL) | exponent << 52 | (next_random(state) >> 12));
}

}  // namespace

VectorReport check_vectors(std::string_view text) {
  VectorReport report;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line[0] == '#') continue;
    ++report.checked;
    if (line_holds(line)) continue;
    if (report.wrong++ == 0) report.first_wrong = line.substr(0, 120);
  }
  return report;
}

std::uint64_t adversarial_hash() {
  std::uint64_t state = 20240101;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto mix = [&hash](std::uint64_t bits) { hash = (hash ^ bits) * 0x100000001b3ULL + (hash >> 29); };
  double z[5] = {};
  for (int i = 0; i < 200000; ++i) {
    const double x = adversarial_input(state);
    for (int k = 4; k > 0; --k) z[k] = z[k - 1];
    z[0] = x;
    mix(arith::bits_of(arith::exp64(x)));
    mix(arith::bits_of(arith::exp32(arith::narrow(x))));
    const arith::Pair<double> p64 = arith::sigmoid64(x);
    const arith::Pair<float> p32 = arith::sigmoid32(x);
    const arith::Pair<double> log64 = arith::logsigmoid64(x);
    for (const double v : {p64.p, p64.q, log64.p, log64.q}) mix(arith::bits_of(v));
    for (const float v : {p32.p, p32.q}) mix(arith::bits_of(v));
    const arith::SoftmaxSum64 sum = arith::softmax_sum64(z, 5);
    mix(arith::bits_of(arith::softmax64(z[2], sum)));
    mix(arith::bits_of(arith::log_softmax64(z[2], sum, arith::log_parts(sum.high, sum.low))));
    mix(arith::bits_of(arith::softmax32(z[2], arith::softmax_sum32(z, 5))));
    mix(arith::bits_of(arith::widen_half(static_cast<std::uint16_t>(i))));
  }
  return hash;
}

}  // namespace evenscore::engine
