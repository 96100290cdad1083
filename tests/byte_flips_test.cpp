// Every byte of three saved pipelines changed in turn: evenscore refuses the file, or predicts what
// scikit-learn 1.5.2 predicts with the same byte changed. The latter is recorded by
// scripts/record_byte_flips.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

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

class ByteFlips : public testing::TestWithParam<const char*> {};

TEST_P(ByteFlips, AreRefusedOrPredictedAsByScikitLearn) {
  std::ifstream stream(kData / "flips" / GetParam());
  const json recorded = json::parse(stream);
  const std::string model = recorded["model"];
  const std::vector<char> whole = file_bytes((kData / "sklearn" / model).string());
  const std::vector<double> rows = doubles(recorded["rows"]);
  const Prediction unchanged = prediction(recorded["unchanged"]);
  const TemporaryFolder folder;
  std::map<std::string, int> counts;
  for (const json& outcome : recorded["outcomes"]) {
    const int flip = outcome["flip"];
    const std::string letters = outcome["letters"];
    ASSERT_EQ(letters.size(), whole.size());
    for (std::size_t at = 0; at < whole.size(); at += kStep) {
      std::vector<char> changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      write_bytes(folder.file("model"), changed);
      const std::optional<Prediction> made = predict(folder.file("model"), rows);
      const std::string key = std::to_string(at) + "^" + std::to_string(flip);
      const std::string kind = std::string(1, letters[at]) + (made ? " accepted" : " refused");
      ++counts[kind];
      if (!made) continue;
      const std::size_t from = at < 30 ? 0 : at - 30;
      std::string context(whole.data() + from, std::min<std::size_t>(50, whole.size() - from));
      if (letters[at] == 'L' || letters[at] == 'P') {
        std::printf("FINDING %c %s %s same=%d %s\n", letters[at], model.c_str(), key.c_str(),
                    near(made->proba, unchanged.proba), testing::PrintToString(context).c_str());
        continue;
      }
      const Prediction expected = letters[at] == '.' ? unchanged : prediction(recorded["others"][key]);
      EXPECT_TRUE(near(made->labels, expected.labels) && near(made->proba, expected.proba))
          << key << " " << testing::PrintToString(made->proba) << testing::PrintToString(expected.proba)
          << testing::PrintToString(context);
    }
  }
  for (const auto& [kind, count] : counts) std::printf("%s: %s %d\n", model.c_str(), kind.c_str(), count);
}

INSTANTIATE_TEST_SUITE_P(Models, ByteFlips,
                         testing::Values("1.5.2_binary_p2.pkl.json", "1.5.2_binary.joblib.json",
                                         "1.5.2_binary_zlib.joblib.json"));

}  // namespace
}  // namespace evenscore
