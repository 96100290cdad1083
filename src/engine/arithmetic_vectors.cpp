#include "engine/arithmetic_vectors.h"

#include <algorithm>
#include <map>
#include <vector>

namespace evenscore::engine {
namespace {

using arith::ProbeFunction;

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

  void arrow() { good_ = good_ && word() == "->"; }
  int count() {
    int value = 0;
    for (const char c : word()) {
      good_ = good_ && c >= '0' && c <= '9' && value < 100000;
      if (good_) value = value * 10 + (c - '0');
    }
    good_ = good_ && value > 0;
    return good_ ? value : 0;
  }
  bool good() const { return good_; }
  bool is_read() { return good_ && word().empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// One line of vectors, read.
struct Vector {
  ProbeFunction function = ProbeFunction::exp64;
  int n = 0;
  std::vector<double> in;
  std::vector<std::uint64_t> expected;
};

/// How the functions of a vectors file are called, and the digits of an input, and of a result.
constexpr struct {
  std::string_view name;
  ProbeFunction function;
  std::size_t in, out;
} kNames[] = {{"exp64", ProbeFunction::exp64, 16, 16},
              {"exp32", ProbeFunction::exp32, 8, 8},
              {"sigmoid64", ProbeFunction::sigmoid64, 16, 16},
              {"sigmoid32", ProbeFunction::sigmoid32, 16, 8},
              {"softmax", ProbeFunction::softmax, 16, 16},
              {"dot", ProbeFunction::score, 16, 16},
              {"logsigmoid64", ProbeFunction::logsigmoid64, 16, 16}};

/// False where the line is not one of the format.
bool read_vector(std::string_view text, Vector& vector) {
  Line line(text);
  const std::string_view name = line.word();
  const auto* known =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& k) { return k.name == name; });
  if (known == std::end(kNames)) return false;
  vector.function = known->function;
  const bool has_count = known->function == ProbeFunction::softmax || known->function == ProbeFunction::score;
  vector.n = has_count ? line.count() : 0;
  if (!line.good()) return false;
  const std::int64_t inputs = arith::probe_inputs(vector.function, vector.n);
  for (std::int64_t i = 0; i < inputs; ++i) {
    const std::uint64_t bits = line.hex(known->in);
    vector.in.push_back(known->in == 16 ? arith::double_of(bits)
                                        : arith::widen(arith::float_of(static_cast<std::uint32_t>(bits))));
  }
  line.arrow();
  const std::int64_t outputs = arith::probe_outputs(vector.function, vector.n);
  for (std::int64_t i = 0; i < outputs; ++i) {
    const bool is_f32 = vector.function == ProbeFunction::softmax && i >= 2 * vector.n;
    vector.expected.push_back(line.hex(is_f32 ? 8 : known->out));
  }
  return line.is_read();
}

/// Vectors of one function and one n, for one call.
struct Batch {
  std::vector<double> in;
  std::vector<std::uint64_t> expected;
  std::vector<std::size_t> lines;
};

template <ProbeFunction function>
void evaluate_all(int n, std::int64_t count, const double* in, std::uint64_t* out) {
  for (std::int64_t i = 0; i < count; ++i) {
    arith::probe<function>(n, in + i * arith::probe_inputs(function, n),
                           out + i * arith::probe_outputs(function, n));
  }
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

/// Inputs of `count` evaluations made from adversarial ones: `values` goes round, so that each takes its own
/// and those before it.
std::vector<double> inputs_of(ProbeFunction function, int n, const std::vector<double>& values,
                              std::int64_t first, std::int64_t count) {
  const auto each = static_cast<std::size_t>(arith::probe_inputs(function, n));
  std::vector<double> in;
  in.reserve(each * static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::size_t>(first + i);
    if (function == ProbeFunction::widen_half) {
      in.push_back(static_cast<double>(at & 0xffff));
    } else if (function == ProbeFunction::exp32) {
      in.push_back(arith::widen(arith::narrow(values[at])));
    } else {
      for (std::size_t k = 0; k < each; ++k) in.push_back(values[(at + values.size() - k) % values.size()]);
    }
  }
  return in;
}

}  // namespace

void evaluate_on_host(ProbeFunction function, int n, std::int64_t count, const double* in,
                      std::uint64_t* out) {
  switch (function) {
    case ProbeFunction::exp64:
      return evaluate_all<ProbeFunction::exp64>(n, count, in, out);
    case ProbeFunction::exp32:
      return evaluate_all<ProbeFunction::exp32>(n, count, in, out);
    case ProbeFunction::sigmoid64:
      return evaluate_all<ProbeFunction::sigmoid64>(n, count, in, out);
    case ProbeFunction::sigmoid32:
      return evaluate_all<ProbeFunction::sigmoid32>(n, count, in, out);
    case ProbeFunction::logsigmoid64:
      return evaluate_all<ProbeFunction::logsigmoid64>(n, count, in, out);
    case ProbeFunction::log64:
      return evaluate_all<ProbeFunction::log64>(n, count, in, out);
    case ProbeFunction::square_root:
      return evaluate_all<ProbeFunction::square_root>(n, count, in, out);
    case ProbeFunction::widen_half:
      return evaluate_all<ProbeFunction::widen_half>(n, count, in, out);
    case ProbeFunction::narrow:
      return evaluate_all<ProbeFunction::narrow>(n, count, in, out);
    case ProbeFunction::softmax:
      return evaluate_all<ProbeFunction::softmax>(n, count, in, out);
    default:
      return evaluate_all<ProbeFunction::score>(n, count, in, out);
  }
}

VectorReport check_vectors(std::string_view text, const Evaluate& evaluate) {
  std::vector<std::string_view> lines;
  std::vector<bool> wrong;
  std::map<std::pair<ProbeFunction, int>, Batch> batches;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line[0] == '#') continue;
    Vector vector;
    const bool is_read = read_vector(line, vector);
    if (is_read) {
      Batch& batch = batches[{vector.function, vector.n}];
      batch.in.insert(batch.in.end(), vector.in.begin(), vector.in.end());
      batch.expected.insert(batch.expected.end(), vector.expected.begin(), vector.expected.end());
      batch.lines.push_back(lines.size());
    }
    lines.push_back(line);
    wrong.push_back(!is_read);
  }
  for (const auto& [what, batch] : batches) {
    const auto [function, n] = what;
    std::vector<std::uint64_t> actual(batch.expected.size());
    evaluate(function, n, static_cast<std::int64_t>(batch.lines.size()), batch.in.data(), actual.data());
    const auto each = static_cast<std::size_t>(arith::probe_outputs(function, n));
    for (std::size_t i = 0; i < actual.size(); ++i) {
      if (actual[i] != batch.expected[i]) wrong[batch.lines[i / each]] = true;
    }
  }
  VectorReport report;
  report.checked = static_cast<std::int64_t>(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (wrong[i] && report.wrong++ == 0) report.first_wrong = lines[i].substr(0, 120);
  }
  return report;
}

std::uint64_t adversarial_hash(const Evaluate& evaluate) {
  constexpr std::int64_t kInputs = 200000, kBlock = 8192;
  constexpr struct {
    ProbeFunction function;
    int n;
  } kCalls[] = {
      {ProbeFunction::exp64, 0},      {ProbeFunction::exp32, 0},       {ProbeFunction::sigmoid64, 0},
      {ProbeFunction::sigmoid32, 0},  {ProbeFunction::log64, 0},       {ProbeFunction::logsigmoid64, 0},
      {ProbeFunction::narrow, 0},     {ProbeFunction::square_root, 0}, {ProbeFunction::softmax, 5},
      {ProbeFunction::widen_half, 0}, {ProbeFunction::score, 13}};
  static_assert(std::size(kCalls) == arith::kProbeFunctions);
  std::uint64_t state = 20240101;
  std::vector<double> values(kInputs);
  for (double& value : values) value = adversarial_input(state);
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  std::vector<std::uint64_t> out;
  for (const auto& call : kCalls) {
    for (std::int64_t first = 0; first < kInputs; first += kBlock) {
      const std::int64_t count = std::min(kBlock, kInputs - first);
      const std::vector<double> in = inputs_of(call.function, call.n, values, first, count);
      out.assign(static_cast<std::size_t>(count * arith::probe_outputs(call.function, call.n)), 0);
      evaluate(call.function, call.n, count, in.data(), out.data());
      for (const std::uint64_t bits : out) hash = (hash ^ bits) * 0x100000001b3ULL + (hash >> 29);
    }
  }
  return hash;
}

}  // namespace evenscore::engine
