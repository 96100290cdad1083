// The pipeline file: what goes in comes out, and what is damaged is refused or harmless.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

#include "evenscore/error.h"
#include "evenscore/model_file.h"
#include "evenscore/probe.h"
#include "evenscore/sklearn_version.h"
#include "pipeline/join.h"
#include "pipeline/saved_file.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

namespace fs = std::filesystem;

std::string fixture(const std::string& file) {
  return (fs::path(EVENSCORE_TEST_DATA) / "sklearn" / file).string();
}

ModelFile with_probes(const std::string& path) {
  ModelFile model = load_model(path);
  model.probes = make_probes(model.pipeline);
  return model;
}

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_all(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
}

void expect_equal(const std::vector<Step>& a, const std::vector<Step>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].name, b[i].name);
    EXPECT_EQ(a[i].class_name, b[i].class_name);
    EXPECT_EQ(a[i].sklearn_version, b[i].sklearn_version);
    EXPECT_EQ(to_tagged_json(a[i].params), to_tagged_json(b[i].params));
    EXPECT_TRUE(a[i].fitted == b[i].fitted);
    EXPECT_EQ(a[i].wrappers, b[i].wrappers);
    expect_equal(a[i].steps, b[i].steps);
  }
}

void expect_equal(const Pipeline& a, const Pipeline& b) {
  EXPECT_EQ(pipeline_digest(a), pipeline_digest(b));
  EXPECT_EQ(a.bare_estimator, b.bare_estimator);
  EXPECT_EQ(a.feature_names, b.feature_names);
  EXPECT_EQ(a.params, b.params);
  EXPECT_EQ(a.wrappers, b.wrappers);
  EXPECT_EQ(a.source_name, b.source_name);
  EXPECT_EQ(a.source_sha256, b.source_sha256);
  expect_equal(a.steps, b.steps);
}

TEST(PipelineFile, HoldsEverythingThatWasSaved) {
  const test::TemporaryFolder folder;
  int models = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fixture(""))) {
    const std::string path = entry.path().string();
    const bool is_model = path.ends_with(".joblib") || path.ends_with(".pkl");
    if (!is_model || path.find("refused") != std::string::npos ||
        path.find("scaler_part") != std::string::npos || path.find("lda_transforms") != std::string::npos ||
        path.find("rfe_predicts") != std::string::npos) {
      continue;
    }
    SCOPED_TRACE(path);
    const ModelFile model = with_probes(path);
    const std::string file = folder.file("model.h5");
    save_model(file, model, true);
    const ModelFile loaded = load_model(file);
    expect_equal(model.pipeline, loaded.pipeline);
    EXPECT_TRUE(model.probes == loaded.probes);
    ++models;
  }
  EXPECT_GT(models, 200);
}

TEST(PipelineFile, DigestIsThatOfTheDocumentedExample) {
  const auto numbers = [](const std::string& dtype, ElementType type, std::vector<std::uint64_t> shape,
                          auto value) {
    Array array;
    array.kind = Array::Kind::number;
    array.type = type;
    array.dtype = dtype;
    array.shape = std::move(shape);
    array.data.resize(sizeof value);
    std::memcpy(array.data.data(), &value, sizeof value);
    return array;
  };
  Step step;
  step.class_name = "sklearn.linear_model.LogisticRegression";
  step.sklearn_version = "1.2.1";
  step.params = from_tagged_json(R"({"C":{"f64":["0x1p-1","0.5"]},"multi_class":{"str":"auto"}})");
  step.fitted["coef"] = numbers("float64", ElementType::f64, {1, 1}, 2.0);
  step.fitted["intercept"] = numbers("float64", ElementType::f64, {1}, -1.0);
  step.fitted["n_features_in"] = numbers("int", ElementType::i64, {}, std::int64_t{1});
  Array& classes = step.fitted["classes"];
  classes.kind = Array::Kind::string;
  classes.dtype = "<U3";
  classes.shape = {2};
  classes.strings = {"no", "yes"};
  Pipeline pipeline;
  pipeline.bare_estimator = true;
  pipeline.sklearn_version = "1.2.1";
  pipeline.steps = {step};
  EXPECT_EQ(pipeline_digest(pipeline), "e58963eaf9e2210e19c630cb07042f20115d28b82e288d7bb0bac2b0d2235219");
}

TEST(PipelineFile, DigestCoversWhatIsInsideAndAround) {
  const Pipeline pipeline = load_model(fixture("1.9.1/steps/threshold_frozen.joblib")).pipeline;
  ASSERT_EQ(pipeline.steps[0].steps.size(), 1u);
  const std::string digest = pipeline_digest(pipeline);
  Pipeline other = pipeline;
  other.wrappers.emplace_back("sklearn.frozen.FrozenEstimator");
  EXPECT_NE(pipeline_digest(other), digest) << "wrapper of the pipeline";
  other = pipeline;
  other.steps[0].steps[0].wrappers.clear();
  EXPECT_NE(pipeline_digest(other), digest) << "wrapper of a step inside";
  other = pipeline;
  other.steps[0].steps[0].steps.back().fitted.at("coef").data[0] ^= std::byte{1};
  EXPECT_NE(pipeline_digest(other), digest) << "fitted value two steps inside";
}

TEST(PipelineFile, EveryEngineReproducesTheProbeRows) {
  for (const char* name :
       {"1.9.1/binary.joblib", "1.2.2/ovr3.joblib", "1.5.2/multinomial_binary.joblib", "0.24.2/wide.joblib",
        "1.8.0/epoch_seconds.joblib", "1.7.2/two_scalers.joblib", "1.9.1/f32_trained3.joblib",
        "1.8.0/min_max/min_max_range3.joblib", "1.2.2/min_max/standard_after_min_max.joblib"}) {
    SCOPED_TRACE(name);
    const ModelFile model = with_probes(fixture(name));
    EXPECT_EQ(model.probes.size(), std::string(name).find("f32_trained") == std::string::npos ? 3U : 2U);
    EXPECT_GE(model.probes[0].count, 10);
    for (const EngineKind kind : {EngineKind::reference, EngineKind::cpu})
      check_probes(model.pipeline, model.probes, kind);
  }
}

TEST(PipelineFile, ProbeRowsReachBothTailsAndTheBoundary) {
  for (const char* name :
       {"1.9.1/binary.joblib", "1.9.1/passthrough_step.joblib", "1.9.1/min_max/min_max.joblib",
        "1.9.1/min_max/min_max_clip.joblib", "1.9.1/min_max/min_max_after_standard.joblib"}) {
    SCOPED_TRACE(name);
    const ModelFile model = with_probes(fixture(name));
    double low = 0.0, high = 0.0, nearest = 1.0;
    for (const double z : model.probes[0].decision_f64) {
      low = std::min(low, z);
      high = std::max(high, z);
      nearest = std::min(nearest, std::fabs(z));
    }
    EXPECT_LT(nearest, 1e-9);
    if (compile(model.pipeline).check_inputs) continue;  // clipped: there are no tails
    EXPECT_LT(low, -600.0);
    EXPECT_GT(high, 600.0);
  }
}

TEST(PipelineFile, ADeviceThatGivesOneOtherBitIsRefused) {
  const ModelFile model = with_probes(fixture("1.9.1/binary.joblib"));
  const auto refused = [&](auto change) {
    std::vector<ProbeSet> probes = model.probes;
    change(probes[1]);
    try {
      check_probes(model.pipeline, probes, EngineKind::cpu);
    } catch (const Error& error) {
      return error.code() == ErrorCode::arithmetic_failure && error.place() == "/probe/f32/exact";
    }
    return false;
  };
  EXPECT_FALSE(refused([](ProbeSet&) {}));
  EXPECT_TRUE(refused([](ProbeSet& p) { p.proba_f32[3] = std::nextafter(p.proba_f32[3], 2.0F); }));
  EXPECT_TRUE(refused([](ProbeSet& p) { p.proba_f64[3] = std::nextafter(p.proba_f64[3], 2.0); }));
  EXPECT_TRUE(refused([](ProbeSet& p) { p.decision_f64[2] = std::nextafter(p.decision_f64[2], 1e9); }));
  EXPECT_TRUE(refused([](ProbeSet& p) { p.label_index[1] ^= 1; }));
}

/// What a reader makes of a damaged file: refused, or the very same model.
void expect_refused_or_same(const std::string& path, const ModelFile& original, const std::string& what) {
  try {
    const ModelFile loaded = load_model(path);
    EXPECT_EQ(pipeline_digest(loaded.pipeline), pipeline_digest(original.pipeline)) << what;
    EXPECT_TRUE(loaded.probes == original.probes) << what;
  } catch (const Error& error) {
    EXPECT_EQ(exit_status(error.code()), 2) << what << ": " << error.what();
    EXPECT_EQ(error.file(), path) << what;
  }
}

/// Every byte; under sanitizers, where each reading takes five times as long, a sample.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t kStride = 23;
#else
constexpr std::size_t kStride = 1;
#endif

TEST(PipelineFile, AFlippedByteIsRefusedOrHarmless) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("model.h5");
  const ModelFile model = with_probes(fixture("1.9.1/textbook.joblib"));
  save_model(path, model);
  const std::string content = read_all(path);
  for (std::size_t i = 0; i < content.size(); i += kStride) {
    std::string damaged = content;
    damaged[i] = static_cast<char>(damaged[i] ^ (i % 3 == 0 ? 0xff : i % 3 == 1 ? 0x01 : 0x80));
    write_all(path, damaged);
    expect_refused_or_same(path, model, "byte " + std::to_string(i));
  }
}

TEST(PipelineFile, EveryPrefixIsRefused) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("model.h5");
  const ModelFile model = with_probes(fixture("1.9.1/textbook.joblib"));
  save_model(path, model);
  const std::string content = read_all(path);
  for (std::size_t length = 0; length < content.size(); length += kStride) {
    write_all(path, content.substr(0, length));
    EXPECT_THROW(load_model(path), Error) << length;
  }
}

TEST(SavedFile, AFlippedByteIsRefusedOrAnotherDigestNeverACrash) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("model.joblib");
  const std::string content = read_all(fixture("1.9.1/textbook.joblib"));
  const std::string digest = pipeline_digest(load_model(fixture("1.9.1/textbook.joblib")).pipeline);
  for (std::size_t i = 0; i < content.size(); ++i) {
    std::string damaged = content;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    write_all(path, damaged);
    try {
      // A saved file has no checksum: a flipped digit of a weight is another model, and its digest says so.
      const Pipeline pipeline = load_model(path).pipeline;
      EXPECT_FALSE(pipeline.steps.empty());
      EXPECT_NO_THROW(compile(pipeline));
    } catch (const Error& error) {
      EXPECT_EQ(exit_status(error.code()), 2) << i << ": " << error.what();
    }
  }
}

TEST(PipelineCheck, WhatDecidesTheLinkMayNotBeMissing) {
  const Pipeline original = load_model(fixture("1.2.2/multinomial3.joblib")).pipeline;
  EXPECT_NO_THROW(check(original));
  for (const char* name : {"multi_class", "solver"}) {
    Pipeline pipeline = original;
    std::erase_if(pipeline.steps.back().params, [name](const auto& param) { return param.first == name; });
    EXPECT_THROW(check(pipeline), Error) << name;
  }
}

TEST(PipelineCheck, ShapesAndValuesThatContradictAreRefused) {
  const Pipeline original = load_model(fixture("1.9.1/binary.joblib")).pipeline;
  const auto refused = [&](auto change) {
    Pipeline pipeline = original;
    change(pipeline);
    try {
      check(pipeline);
    } catch (const Error& error) {
      return exit_status(error.code()) == 2;
    }
    return false;
  };
  const auto set = [](Step& step, const char* name, std::size_t i, double value) {
    std::memcpy(step.fitted.at(name).data.data() + 8 * i, &value, 8);
  };
  EXPECT_FALSE(refused([](Pipeline&) {}));
  EXPECT_TRUE(refused([&](Pipeline& p) { set(p.steps[0], "scale", 1, 0.0); }));
  EXPECT_TRUE(refused([&](Pipeline& p) { set(p.steps[0], "scale", 1, std::nan("")); }));
  EXPECT_TRUE(
      refused([&](Pipeline& p) { set(p.steps[0], "mean", 0, std::numeric_limits<double>::infinity()); }));
  EXPECT_TRUE(refused([&](Pipeline& p) { set(p.steps[1], "coef", 2, std::nan("")); }));
  EXPECT_TRUE(refused([](Pipeline& p) { p.steps[1].fitted.at("coef").shape = {5, 1}; }));
  EXPECT_TRUE(refused([](Pipeline& p) { p.steps[1].fitted.erase("intercept"); }));
  EXPECT_TRUE(refused([](Pipeline& p) { std::swap(p.steps[0], p.steps[1]); }));
  EXPECT_TRUE(refused([](Pipeline& p) { p.steps.pop_back(); }));
  EXPECT_TRUE(refused([](Pipeline& p) { p.feature_names = {"only", "two"}; }));
  EXPECT_TRUE(refused([](Pipeline& p) { p.steps[1].sklearn_version = "3.0.0"; }));
  EXPECT_TRUE(refused([](Pipeline& p) { p.steps[0].class_name = "sklearn.preprocessing.RobustScaler"; }));
}

TEST(PipelineCheck, AMinMaxScalerThatContradictsItselfIsRefused) {
  const Pipeline original = load_model(fixture("1.9.1/min_max/min_max_clip.joblib")).pipeline;
  const auto message = [&](auto change) {
    Pipeline pipeline = original;
    change(pipeline.steps[0]);
    try {
      check(pipeline);
      compile(pipeline);
    } catch (const Error& error) {
      EXPECT_EQ(exit_status(error.code()), 2);
      return std::string(error.what());
    }
    return std::string();
  };
  const auto with_range = [&](const std::string& json) {
    return message([&](Step& step) {
      for (auto& [name, value] : step.params) {
        if (name == "feature_range") value = from_tagged_json("{\"r\":" + json + "}").front().second;
      }
    });
  };
  EXPECT_EQ(message([](Step&) {}), "");
  EXPECT_EQ(with_range(R"({"list":[{"int":"-3"},{"f64":["0x1p-1","0.5"]}]})"), "");
  EXPECT_EQ(with_range(R"({"tuple":[{"int":"0"},{"int":"123456789012345678901234567890"}]})"), "");
  const std::string huge(400, '9');
  for (const std::string& range : {std::string(R"({"none":true})"), std::string(R"({"str":"ab"})"),
                                   std::string(R"({"tuple":[]})"), std::string(R"({"tuple":[{"int":"0"}]})"),
                                   std::string(R"({"tuple":[{"int":"0"},{"int":"1"},{"int":"2"}]})"),
                                   std::string(R"({"tuple":[{"int":"1"},{"int":"0"}]})"),
                                   std::string(R"({"tuple":[{"int":"1"},{"int":"1"}]})"),
                                   std::string(R"({"tuple":[{"int":"0"},{"f64":["inf","inf"]}]})"),
                                   std::string(R"({"tuple":[{"int":"0"},{"f64":["nan","nan"]}]})"),
                                   std::string(R"({"tuple":[{"int":"0"},{"str":"1"}]})"),
                                   std::string(R"({"tuple":[{"bool":false},{"bool":true}]})"),
                                   R"({"tuple":[{"int":"0"},{"int":")" + huge + R"("}]})"}) {
    EXPECT_NE(with_range(range).find("feature_range"), std::string::npos)
        << range << ": " << with_range(range);
  }
  EXPECT_NE(message([](Step& step) {
              std::erase_if(step.params, [](const auto& param) { return param.first == "feature_range"; });
            }).find("feature_range"),
            std::string::npos);
  const auto set = [](Step& step, const char* name, double value) {
    std::memcpy(step.fitted.at(name).data.data(), &value, 8);
  };
  EXPECT_NE(message([&](Step& step) { set(step, "scale", -1.0); }).find("scale"), std::string::npos);
  EXPECT_NE(message([&](Step& step) { set(step, "min", std::nan("")); }).find("min"), std::string::npos);
  EXPECT_NE(message([](Step& step) { step.fitted.erase("scale"); }).find("scale"), std::string::npos);
}

TEST(PipelineCheck, AMinMaxScalerWithoutClipDoesNotClip) {
  Pipeline pipeline = load_model(fixture("0.24.2/min_max/min_max_clip.joblib")).pipeline;
  EXPECT_EQ(compile(pipeline).stages.size(), 4U);
  EXPECT_TRUE(compile(pipeline).check_inputs);
  std::erase_if(pipeline.steps[0].params, [](const auto& param) { return param.first == "clip"; });
  EXPECT_NO_THROW(check(pipeline));
  EXPECT_EQ(compile(pipeline).stages.size(), 3U);
  EXPECT_FALSE(compile(pipeline).check_inputs);
}

TEST(JoinedFiles, AreRefusedWhenTheirFeaturesHaveAnotherOrder) {
  const Pipeline scaler = read_saved_file(fixture("1.9.1/scaler_part.joblib"));
  const Pipeline logistic = read_saved_file(fixture("1.9.1/logistic_part.joblib"));
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < scaler.n_features(); ++i) names.push_back("f" + std::to_string(i));
  const auto join = [&](std::vector<std::string> first, std::vector<std::string> second) {
    Pipeline joined = scaler;
    Pipeline next = logistic;
    joined.feature_names = std::move(first);
    next.feature_names = std::move(second);
    append(joined, next);
    check(joined);
  };
  std::vector<std::string> swapped = names;
  std::swap(swapped[0], swapped[1]);
  EXPECT_NO_THROW(join(names, names));
  EXPECT_NO_THROW(join({}, {}));
  EXPECT_NO_THROW(join(names, {}));
  EXPECT_THROW(join(names, swapped), Error);
}

TEST(Params, SurviveTaggedJsonExactly) {
  Param real;
  real.kind = Param::Kind::real;
  std::vector<std::pair<std::string, Param>> params;
  const double values[] = {0.1,
                           -0.0,
                           1e300,
                           0x1p-1074,
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()};
  for (const double value : values) {
    real.real = value;
    params.emplace_back("r" + std::to_string(params.size()), real);
  }
  Param integer;
  integer.kind = Param::Kind::integer;
  integer.text = "-123456789012345678901234567890";
  Param text;
  text.kind = Param::Kind::string;
  text.text = "läßt \"grüßen\"\n";
  Param dict;
  dict.kind = Param::Kind::dict;
  dict.items = {integer, text, text, real};
  Param tuple;
  tuple.kind = Param::Kind::tuple;
  tuple.items = {dict, Param{}};
  params.emplace_back("integer", integer);
  params.emplace_back("tuple", tuple);
  EXPECT_TRUE(from_tagged_json(to_tagged_json(params)) == params);
  EXPECT_TRUE(std::signbit(from_tagged_json(to_tagged_json(params))[1].second.real));
}

TEST(Params, ForeignJsonIsRefused) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "{\"list\":[";
  for (const std::string& json :
       {std::string("[]"), std::string("{\"a\":1}"), std::string("{\"a\":{\"nope\":1}}"), deep,
        std::string("{\"a\":{\"f64\":[\"0x1p\",\"1\"]}}"), std::string("{\"a\":{\"f64\":[\"1.0\",\"1\"]}}"),
        std::string("{\"a\":{\"none\":true,\"bool\":true}}"), std::string("")}) {
    EXPECT_THROW(from_tagged_json(json), Error) << json.substr(0, 60);
  }
}

TEST(SklearnVersions, UnknownRulesAreRefused) {
  EXPECT_EQ(parse_sklearn_version("0.24.2"), (SklearnVersion{0, 24}));
  EXPECT_EQ(parse_sklearn_version("1.9.dev0"), (SklearnVersion{1, 9}));
  EXPECT_EQ(parse_sklearn_version("1.4.1.post1"), (SklearnVersion{1, 4}));
  for (const char* version : {"0.19.2", "1.10.0", "2.0.0", "", "1", "one.two", "-1.2", "1.-2"}) {
    EXPECT_THROW(parse_sklearn_version(version), Error) << version;
  }
}

}  // namespace
}  // namespace evenscore
