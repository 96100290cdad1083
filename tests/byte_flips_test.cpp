// Every byte of three saved pipelines changed in turn: evenscore refuses the file, or predicts what
// scikit-learn 1.5.2 predicts with the same byte changed. The latter is recorded by
// scripts/record_byte_flips.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "evenscore/error.h"
#include "sklearn_comparison.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using namespace test;
using nlohmann::json;
namespace fs = std::filesystem;
const fs::path kData = EVENSCORE_TEST_DATA;

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStep = 7;  // a sample: prime to every period in the file
#else
constexpr std::size_t kStep = 1;
#endif

struct Prediction {
  std::vector<double> labels;
  std::vector<double> proba;
};

std::vector<double> doubles(const json& texts) {
  std::vector<double> out;
  for (const std::string text : texts) out.push_back(std::strtod(text.c_str(), nullptr));
  return out;
}

Prediction prediction(const json& value) {
  return {doubles(value["labels"]), doubles(value["proba"])};
}

/// What the model in `path` predicts, or nothing: it is refused, or a row of it.
std::optional<Prediction> predict(const std::string& path, const std::vector<double>& rows) {
  try {
    const Pipeline pipeline = load_model(path).pipeline;
    const Program program = compile(pipeline);
    const RowsView view{
        reinterpret_cast<const std::byte*>(rows.data()), ElementType::f64, 3, 5, 40, 8, MemorySpace::host};
    const Outputs out = run(program, view, EngineKind::reference);
    Prediction made;
    const Labels classes = pipeline.classes();
    for (std::size_t i = 0; i < 3; ++i) {
      if (out.status[i] != 0) return std::nullopt;
      const auto index = static_cast<std::size_t>(out.label_index[i]);
      const bool real = !classes.reals.empty();
      made.labels.push_back(real ? classes.reals[index] : static_cast<double>(classes.integers[index]));
    }
    made.proba = out.proba;
    return made;
  } catch (const Error& error) {
    EXPECT_EQ(exit_status(error.code()), 2) << error.what();
    return std::nullopt;
  }
}

bool near(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return x == y || std::fabs(x - y) <= 1e-9 * std::max(std::fabs(x), std::fabs(y)) + 1e-15;
  });
}

/// Whether `at` is in the length of a FRAME. It only says how far to read ahead: Python's pickler written in
/// Python, which joblib's is, refuses some wrong ones, and the one written in C reads on as evenscore does.
bool is_in_a_frame_length(const std::vector<char>& file, std::size_t at) {
  for (std::size_t opcode = at < 8 ? 0 : at - 8; opcode < at; ++opcode) {
    if (file[opcode] != '\x95') continue;
    std::uint64_t length = 0;
    std::memcpy(&length, file.data() + opcode + 1, sizeof length);
    if (length <= file.size() - opcode - 1 - sizeof length) return true;
  }
  return false;
}

/// Whether `at` is in the name of StandardScaler's parameter `copy`, without which scikit-learn cannot
/// predict and which evenscore does not read: no prediction depends on it.
bool is_in_the_name_of_copy(const std::vector<char>& file, std::size_t at) {
  const std::size_t name = std::string_view(file.data(), file.size()).find("copy");
  return at >= name && at < name + 4;
}

std::string around(const std::vector<char>& file, std::size_t at) {
  const std::size_t first = at < 30 ? 0 : at - 30;
  return testing::PrintToString(
      std::string(file.data() + first, std::min<std::size_t>(50, file.size() - first)));
}

class ByteFlips : public testing::TestWithParam<const char*> {};

TEST_P(ByteFlips, AreRefusedOrPredictedAsByScikitLearn) {
  std::ifstream stream(kData / "flips" / GetParam());
  const json recorded = json::parse(stream);
  const std::vector<char> whole = file_bytes((kData / "sklearn" / recorded["model"]).string());
  const std::vector<double> rows = doubles(recorded["rows"]);
  const Prediction unchanged = prediction(recorded["unchanged"]);
  const TemporaryFolder folder;
  write_bytes(folder.file("model"), whole);
  ASSERT_TRUE(predict(folder.file("model"), rows).has_value());
  int accepted = 0;
  int different = 0;
  for (const json& outcome : recorded["outcomes"]) {
    const int flip = outcome["flip"];
    const std::string letters = outcome["letters"];
    ASSERT_EQ(letters.size(), whole.size());
    for (std::size_t at = 0; at < whole.size(); at += kStep) {
      std::vector<char> changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      write_bytes(folder.file("model"), changed);
      const std::optional<Prediction> made = predict(folder.file("model"), rows);
      if (!made) continue;
      ++accepted;
      different += letters[at] == '?' ? 1 : 0;
      SCOPED_TRACE("byte " + std::to_string(at) + " ^ " + std::to_string(flip) + ", in " + around(whole, at));
      const bool fails_in_python = letters[at] == 'L' || letters[at] == 'P';
      EXPECT_TRUE(!fails_in_python || is_in_a_frame_length(whole, at) || is_in_the_name_of_copy(whole, at))
          << "scikit-learn fails and evenscore does not";
      const std::string key = std::to_string(at) + "^" + std::to_string(flip);
      const Prediction expected = letters[at] == '?' ? prediction(recorded["others"][key]) : unchanged;
      EXPECT_TRUE(near(made->labels, expected.labels) && near(made->proba, expected.proba))
          << testing::PrintToString(made->proba) << " instead of " << testing::PrintToString(expected.proba);
    }
  }
  std::printf(
      "%s: %d of %zu changed files accepted, of which %d predict something else, as in scikit-learn\n",
      GetParam(), accepted, 2 * (whole.size() / kStep), different);
}

INSTANTIATE_TEST_SUITE_P(Models, ByteFlips,
                         testing::Values("1.5.2_binary_p2.pkl.json", "1.5.2_binary.joblib.json",
                                         "1.5.2_binary_zlib.joblib.json"),
                         [](const auto& file) {
                           const std::string name = file.param;
                           return name.find("p2") != std::string::npos     ? "PickleOfProtocol2"
                                  : name.find("zlib") != std::string::npos ? "JoblibZlib"
                                                                           : "Joblib";
                         });

}  // namespace
}  // namespace evenscore
