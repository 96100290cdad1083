// Files that Python wrote: scripts/make_pickle_samples.py and scripts/make_old_pickle_samples.py (values with
// what they are) and scripts/make_fixtures.py (models of several scikit-learn versions).
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "pickle/parse.h"
#include "pickle/stream.h"
#include "pickle/unsupported.h"

namespace evenscore::pickle {
namespace {

using nlohmann::json;

const std::filesystem::path kData = EVENSCORE_TEST_DATA;

std::string hex(std::span<const std::byte> bytes) {
  std::string out;
  for (const std::byte b : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    out.push_back(kDigits[std::to_integer<unsigned>(b) >> 4]);
    out.push_back(kDigits[std::to_integer<unsigned>(b) & 15]);
  }
  return out;
}

std::string hex(double value) {
  if (std::isnan(value)) return "nan";
  auto bytes = std::bit_cast<std::array<std::byte, 8>>(value);
  std::reverse(bytes.begin(), bytes.end());
  return hex(bytes);
}

json dump(const Document& document, NodeId id);

json dump_items(const Document& document, std::span<const NodeId> items) {
  json out = json::array();
  for (const NodeId item : items) out.push_back(dump(document, item));
  return out;
}

json dump_pairs(const Document& document, NodeId id) {
  json out = json::array();
  const auto items = document.items(id);
  for (size_t i = 0; i < items.size(); i += 2) {
    out.push_back(json::array({dump(document, items[i]), dump(document, items[i + 1])}));
  }
  return out;
}

json dump_array(const Document& document, NodeId id) {
  const Array& array = document.array(id);
  const json content = array.code == 'O' ? dump_items(document, array.objects) : json(hex(array.data));
  return json::array({"array", std::string(1, array.code), array.item_size, array.shape, content});
}

/// The form that make_pickle_samples.py writes. The samples are shallow, so recursion is fine here.
json dump(const Document& document, NodeId id) {
  switch (document.kind(id)) {
    case Kind::none:
      return json::array({"none"});
    case Kind::boolean:
      return json::array({"bool", document.boolean(id)});
    case Kind::integer:
      return json::array({"int", std::to_string(document.integer(id))});
    case Kind::big_integer:
      return json::array({"int", document.string(id)});
    case Kind::real:
      return json::array({"float", hex(document.real(id))});
    case Kind::string:
      return json::array({"str", document.string(id)});
    case Kind::bytes:
      return json::array({"bytes", hex(document.bytes(id))});
    case Kind::list:
      return json::array({"list", dump_items(document, document.items(id))});
    case Kind::tuple:
      return json::array({"tuple", dump_items(document, document.items(id))});
    case Kind::slice:
      return json::array({"slice", dump_items(document, document.items(id))});
    case Kind::dict:
      return json::array({"dict", dump_pairs(document, id)});
    case Kind::set: {
      json items = dump_items(document, document.items(id));
      std::sort(items.begin(), items.end());
      return json::array({"set", items});
    }
    case Kind::array:
      return dump_array(document, id);
    case Kind::dtype: {
      const DType& dtype = document.dtype(id);
      return json::array({"dtype", std::string(1, dtype.code), dtype.item_size, dtype.big_endian});
    }
    case Kind::name:
      return json::array({"name", document.module(id), document.name(id)});
    default:
      return json::array({describe(document.kind(id)), document.module(id), document.name(id)});
  }
}

Document read(const std::filesystem::path& path, std::span<const AllowedClass> allowed) {
  return parse(read_stream(path.string(), {}), allowed, {});
}

class PythonValues : public testing::TestWithParam<std::string> {};

TEST_P(PythonValues, ReadAsPythonReadsThem) {
  const std::string file = GetParam();
  std::ifstream stream(kData / "pickle" / (file.substr(0, file.find_first_of("_.")) + ".json"));
  const json expected = json::parse(stream);
  const Document document = read(kData / "pickle" / file, {});
  const auto values = document.items(document.root());
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(dump(document, values[i]), expected[i]) << "value " << i;
  EXPECT_TRUE(find_unsupported(document).empty());
}

std::vector<std::string> sample_files() {
  std::vector<std::string> files;
  for (const char* numpy : {"numpy1", "numpy2"}) {
    for (const char* ending :
         {"_p0.pkl", "_p1.pkl", "_p2.pkl", "_p3.pkl", "_p4.pkl", "_p5.pkl", ".joblib", "_zlib.joblib"}) {
      files.push_back(std::string(numpy) + ending);
    }
  }
  for (const char* ending : {"_p0.pkl", "_p1.pkl", "_p2.pkl", "_pure_p0.pkl", "_pure_p1.pkl", "_pure_p2.pkl",
                             ".joblib", "_zlib.joblib"}) {
    files.push_back(std::string("python2") + ending);
  }
  files.push_back("memmap.joblib");
  return files;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.substr(0, info.param.find('.'));
  return name + (info.param.ends_with("joblib") ? "_joblib" : "");
}

INSTANTIATE_TEST_SUITE_P(Pickle, PythonValues, testing::ValuesIn(sample_files()), test_name);

constexpr AllowedClass kSklearn[] = {
    {"sklearn.pipeline", "Pipeline", Role::object},
    {"sklearn.preprocessing._data", "StandardScaler", Role::object},
    {"sklearn.preprocessing.data", "StandardScaler", Role::object},
    {"sklearn.linear_model._logistic", "LogisticRegression", Role::object},
    {"sklearn.linear_model.logistic", "LogisticRegression", Role::object},
    {"sklearn.preprocessing._data", "MinMaxScaler", Role::object},
};

std::vector<std::filesystem::path> model_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kData / "sklearn")) {
    const auto ending = entry.path().extension();
    const auto folder = entry.path().parent_path().filename();
    // The classes of "steps" are not in the table below; sklearn_steps_test reads them with the real one.
    const bool other = folder == "refused" || folder == "steps";
    if ((ending == ".pkl" || ending == ".joblib") && !other) files.push_back(entry.path());
  }
  return files;
}

TEST(SklearnModels, EveryFixtureParsesWithoutUnsupportedValues) {
  const auto files = model_files();
  ASSERT_GT(files.size(), 100u);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const Document document = read(file, kSklearn);
    EXPECT_EQ(document.kind(document.root()), Kind::object);
    EXPECT_TRUE(document.attribute(document.root(), "_sklearn_version").has_value());
    for (const UnsupportedValue& one : find_unsupported(document)) {
      ADD_FAILURE() << one.module << " " << one.name << " at " << one.path;
    }
  }
}

TEST(SklearnModels, UnknownEstimatorsAreListedWithPathAndVersion) {
  const Document document = read(kData / "sklearn/1.5.2/binary.joblib", std::span(kSklearn).first(1));
  const auto found = find_unsupported(document);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "StandardScaler");
  EXPECT_EQ(found[0].path, "steps[0][1]");
  EXPECT_EQ(found[0].sklearn_version, "1.5.2");
  EXPECT_TRUE(found[0].called);
  EXPECT_EQ(found[1].path, "steps[1][1]");
}

}  // namespace
}  // namespace evenscore::pickle
