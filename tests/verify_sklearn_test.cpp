// verify() of models saved by real scikit-learn releases against what those releases predicted: every number
// within its proven bound, every label flip explained. The files are made by scripts/make_fixtures.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "evenscore/error.h"
#include "evenscore/verify.h"

namespace evenscore {
namespace {

namespace fs = std::filesystem;
const fs::path kFixtures = fs::path(EVENSCORE_TEST_DATA) / "sklearn";

std::vector<std::string> releases() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(kFixtures)) {
    if (fs::exists(entry.path() / "steps" / "cases.json")) found.push_back(entry.path().filename().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<ModelFile> load(const fs::path& path) {
  try {
    return load_model(path.string());
  } catch (const Error&) {
    return std::nullopt;
  }
}

class VerifySklearn : public ::testing::TestWithParam<std::string> {};

TEST_P(VerifySklearn, AcceptsWhatTheSavingReleasePredicted) {
  const fs::path folder = kFixtures / GetParam() / "steps";
  std::ifstream file(folder / "cases.json");
  const auto json = nlohmann::ordered_json::parse(file);
  const std::string expected = (folder / "expected.h5").string();
  std::map<std::string, std::int64_t> outputs;
  std::int64_t verified = 0;
  std::int64_t labels = 0;
  std::int64_t certified = 0;
  for (const auto& [name, value] : json["cases"].items()) {
    const std::optional<ModelFile> loaded = load(folder / value["files"][0].get<std::string>());
    if (!loaded) continue;  // tests/sklearn_golden_test.cpp has what cannot be read
    const ModelFile& model = *loaded;
    for (const std::string part : {"f64", "f32"}) {
      for (const Arithmetic arithmetic : {Arithmetic::exact, Arithmetic::sklearn}) {
        SCOPED_TRACE(GetParam() + " " + name + " " + part +
                     (arithmetic == Arithmetic::exact ? " exact" : " sklearn"));
        const std::string group = "/" + name + "/" + part;
        VerifyJob job{model, expected};
        job.rows_options.dataset = group + "/X";
        job.engines = {EngineKind::cpu};
        job.engine_options.threads = 1;
        job.arithmetic = arithmetic;
        job.against = FileLocation{expected, group};
        job.mark_bad_rows = true;
        try {
          const VerifyReport report = verify(job);
          EXPECT_TRUE(report.accepted()) << to_text(report);
          EXPECT_EQ(report.bad_rows, 0);
          EXPECT_EQ(report.comparison.label_flips, report.comparison.label_flips_explained);
          ++verified;
          labels += report.comparison.labels_compared;
          certified += report.comparison.labels_certified;
          for (const OutputComparison& output : report.comparison.outputs) ++outputs[output.name];
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::unsupported) << error.what();
          EXPECT_TRUE(part == "f32" && arithmetic == Arithmetic::sklearn) << error.what();
        }
      }
    }
  }
  std::printf("%s: %lld comparisons, %lld of %lld labels certified\n", GetParam().c_str(),
              static_cast<long long>(verified), static_cast<long long>(certified),
              static_cast<long long>(labels));
  EXPECT_GT(verified, 300);
  EXPECT_GT(certified, labels / 2);
  for (const char* output : {"decision", "proba", "log_proba", "prediction"})
    EXPECT_GT(outputs[output], 50) << output;
}
INSTANTIATE_TEST_SUITE_P(Releases, VerifySklearn, ::testing::ValuesIn(releases()), [](const auto& release) {
  std::string name = release.param;
  for (char& c : name) c = c == '.' || c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace evenscore
