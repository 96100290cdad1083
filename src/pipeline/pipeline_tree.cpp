#include "pipeline/pipeline_tree.h"

#include <fmt/format.h>

#include <cstring>

#include "base/sha256.h"
#include "evenscore/error.h"
#include "evenscore/program.h"
#include "evenscore/version.h"
#include "pipeline/byte_serialization.h"

namespace evenscore {
namespace {

constexpr const char* kEncodingType = "evenscore-pipeline";
constexpr const char* kEncodingVersion = "1.0.0";
constexpr int kMajorVersion = 1;
constexpr const char* kReimport = "import the model again from the saved scikit-learn file";

[[noreturn]] void refuse(const std::string& place, const std::string& cause) {
  throw Error(ErrorCode::corrupt_file, cause, place, kReimport);
}

h5::Value text_value(const std::string& text) {
  h5::Value value;
  value.kind = h5::ValueKind::string;
  value.strings = {text};
  return value;
}

h5::Value boolean_value(bool truth) {
  h5::Value value;
  value.kind = h5::ValueKind::boolean;
  value.element = ElementType::u8;
  value.data = {truth ? std::byte{1} : std::byte{0}};
  return value;
}

h5::Value texts_value(const std::vector<std::string>& texts) {
  h5::Value value;
  value.kind = h5::ValueKind::string;
  value.shape = {texts.size()};
  value.strings = texts;
  return value;
}

h5::Node dataset(h5::Value value) {
  h5::Node node;
  node.is_dataset = true;
  node.value = std::move(value);
  return node;
}

const h5::Value& attribute(const h5::Node& node, const std::string& name, const std::string& place) {
  const auto found = node.attributes.find(name);
  if (found == node.attributes.end()) refuse(place, fmt::format("has no attribute '{}'", name));
  return found->second;
}

std::string text_attribute(const h5::Node& node, const std::string& name, const std::string& place) {
  const h5::Value& value = attribute(node, name, place);
  if (value.kind != h5::ValueKind::string || value.strings.size() != 1) {
    refuse(place, fmt::format("attribute '{}' is not one text", name));
  }
  return value.strings[0];
}

const h5::Node& child(const h5::Node& node, const std::string& name, const std::string& place) {
  const auto found = node.children.find(name);
  if (found == node.children.end()) refuse(place, fmt::format("has no member '{}'", name));
  return found->second;
}

std::string text_dataset(const h5::Node& node, const std::string& name, const std::string& place) {
  const h5::Node& found = child(node, name, place);
  if (!found.is_dataset || found.value.kind != h5::ValueKind::string || found.value.strings.size() != 1) {
    refuse(place + "/" + name, "is not one text");
  }
  return found.value.strings[0];
}

/// A fitted value; None is a scalar FALSE whose `dtype` is "None".
h5::Node to_node(const Array& array) {
  h5::Value value;
  value.shape = array.shape;
  switch (array.kind) {
    case Array::Kind::none:
      value = boolean_value(false);
      break;
    case Array::Kind::string:
      value.kind = h5::ValueKind::string;
      value.strings = array.strings;
      break;
    default:
      value.kind = array.kind == Array::Kind::boolean ? h5::ValueKind::boolean : h5::ValueKind::numeric;
      value.element = array.type;
      value.data = array.data;
  }
  h5::Node node = dataset(std::move(value));
  node.attributes["dtype"] = text_value(array.dtype);
  return node;
}

Array to_array(const h5::Node& node, const std::string& place) {
  if (!node.is_dataset) refuse(place, "is a group where a dataset is expected");
  Array array;
  array.dtype = text_attribute(node, "dtype", place);
  if (array.dtype == "None") return array;
  array.shape = node.value.shape;
  if (node.value.kind == h5::ValueKind::numeric) array.type = node.value.element;
  array.data = node.value.data;
  array.strings = node.value.strings;
  array.kind = node.value.kind == h5::ValueKind::string    ? Array::Kind::string
               : node.value.kind == h5::ValueKind::boolean ? Array::Kind::boolean
                                                           : Array::Kind::number;
  if (array.kind == Array::Kind::boolean) array.type = ElementType::u8;
  return array;
}

/// "000_scaler": sorts in step order, holds no character that HDF5 or a shell minds.
std::string group_name(std::size_t index, const std::string& step_name) {
  std::string name = fmt::format("{:03}_", index);
  for (const char c : step_name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '-';
    name += plain ? c : '_';
  }
  return name.substr(0, 200);
}

h5::Node steps_node(const std::vector<Step>& steps);

h5::Node to_node(const Step& step) {
  h5::Node group;
  group.attributes["class"] = text_value(step.class_name);
  group.attributes["name"] = text_value(step.name);
  group.attributes["sklearn_version"] = text_value(step.sklearn_version);
  group.children["params"] = dataset(text_value(to_tagged_json(step.params)));
  h5::Node fitted;
  for (const auto& [name, array] : step.fitted) fitted.children[name] = to_node(array);
  group.children["fitted"] = std::move(fitted);
  if (!step.wrappers.empty()) group.children["wrappers"] = dataset(texts_value(step.wrappers));
  if (!step.steps.empty()) group.children["steps"] = steps_node(step.steps);
  return group;
}

/// Depth is bounded by steps::kMostNested.
h5::Node steps_node(const std::vector<Step>& steps) {
  h5::Node group;
  for (std::size_t i = 0; i < steps.size(); ++i)
    group.children[group_name(i, steps[i].name)] = to_node(steps[i]);
  return group;
}

std::vector<std::string> texts(const h5::Node& group, const std::string& name, const std::string& place) {
  const auto found = group.children.find(name);
  if (found == group.children.end()) return {};
  if (!found->second.is_dataset || found->second.value.kind != h5::ValueKind::string)
    refuse(place + "/" + name, "is not an array of texts");
  return found->second.value.strings;
}

std::vector<Step> to_steps(const h5::Node& group, const std::string& place);

Step to_step(const h5::Node& group, const std::string& place) {
  Step step;
  step.class_name = text_attribute(group, "class", place);
  step.name = text_attribute(group, "name", place);
  step.sklearn_version = text_attribute(group, "sklearn_version", place);
  step.params = from_tagged_json(text_dataset(group, "params", place));
  for (const auto& [name, node] : child(group, "fitted", place).children) {
    step.fitted[name] = to_array(node, fmt::format("{}/fitted/{}", place, name));
  }
  step.wrappers = texts(group, "wrappers", place);
  if (const auto nested = group.children.find("steps"); nested != group.children.end())
    step.steps = to_steps(nested->second, place + "/steps");
  return step;
}

std::vector<Step> to_steps(const h5::Node& group, const std::string& place) {
  std::vector<Step> steps;
  for (const auto& [name, node] : group.children) {
    const std::string here = fmt::format("{}/{}", place, name);
    steps.push_back(to_step(node, here));
    if (name != group_name(steps.size() - 1, steps.back().name)) refuse(here, "is out of order");
  }
  return steps;
}

template <class T>
h5::Node numbers(const std::vector<T>& values, ElementType type, std::vector<std::uint64_t> shape) {
  h5::Value value;
  value.element = type;
  value.shape = std::move(shape);
  value.data.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(value.data.data(), values.data(), value.data.size());
  return dataset(std::move(value));
}

template <class T>
std::vector<T> read_numbers(const h5::Node& group, const std::string& name, ElementType type,
                            const std::vector<std::uint64_t>& shape, const std::string& place) {
  const h5::Node& node = child(group, name, place);
  if (!node.is_dataset || node.value.kind != h5::ValueKind::numeric || node.value.element != type ||
      node.value.shape != shape) {
    refuse(place + "/" + name, "has another type or shape than the model needs");
  }
  std::vector<T> values(node.value.data.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), node.value.data.data(), node.value.data.size());
  return values;
}

/// What the probe rows of a model have.
struct ProbeShape {
  std::uint64_t n_features, n_scores, n_proba;
  bool labels;

  explicit ProbeShape(const Program& program)
      : n_features(static_cast<std::uint64_t>(program.n_features())),
        n_scores(static_cast<std::uint64_t>(program.n_scores())),
        n_proba(static_cast<std::uint64_t>(program.n_proba())),
        labels(!program.is_regressor()) {}

  /// (count) for one score, else (count, n_scores).
  std::vector<std::uint64_t> decision(std::uint64_t count) const {
    if (n_scores == 1) return {count};
    return {count, n_scores};
  }
};

h5::Node to_node(const ProbeSet& probe, const ProbeShape& shape) {
  const auto count = static_cast<std::uint64_t>(probe.count);
  h5::Node group;
  group.children["rows"] = numbers(probe.rows, probe.rows_type, {count, shape.n_features});
  group.children["decision_f64"] = numbers(probe.decision_f64, ElementType::f64, shape.decision(count));
  group.children["decision_f32"] = numbers(probe.decision_f32, ElementType::f32, shape.decision(count));
  if (shape.labels) group.children["label_index"] = numbers(probe.label_index, ElementType::i32, {count});
  if (shape.n_proba == 0) return group;
  group.children["proba_f64"] = numbers(probe.proba_f64, ElementType::f64, {count, shape.n_proba});
  group.children["proba_f32"] = numbers(probe.proba_f32, ElementType::f32, {count, shape.n_proba});
  return group;
}

ProbeSet to_probe(const h5::Node& group, ElementType rows_type, Arithmetic arithmetic,
                  const ProbeShape& shape, const std::string& place) {
  const h5::Node& rows = child(group, "rows", place);
  if (rows.value.shape.size() != 2) refuse(place + "/rows", "is not two-dimensional");
  const std::uint64_t count = rows.value.shape[0];
  ProbeSet probe;
  probe.rows_type = rows_type;
  probe.arithmetic = arithmetic;
  probe.count = static_cast<std::int64_t>(count);
  probe.rows = read_numbers<std::byte>(group, "rows", rows_type, {count, shape.n_features}, place);
  probe.decision_f64 =
      read_numbers<double>(group, "decision_f64", ElementType::f64, shape.decision(count), place);
  probe.decision_f32 =
      read_numbers<float>(group, "decision_f32", ElementType::f32, shape.decision(count), place);
  if (shape.labels)
    probe.label_index = read_numbers<std::int32_t>(group, "label_index", ElementType::i32, {count}, place);
  if (shape.n_proba == 0) return probe;
  probe.proba_f64 = read_numbers<double>(group, "proba_f64", ElementType::f64, {count, shape.n_proba}, place);
  probe.proba_f32 = read_numbers<float>(group, "proba_f32", ElementType::f32, {count, shape.n_proba}, place);
  return probe;
}

constexpr struct {
  ElementType type;
  Arithmetic arithmetic;
  const char* dtype;
  const char* rule;
} kProbeSets[] = {{ElementType::f64, Arithmetic::exact, "f64", "exact"},
                  {ElementType::f32, Arithmetic::exact, "f32", "exact"},
                  {ElementType::f32, Arithmetic::sklearn, "f32", "sklearn"}};

void serialize(const h5::Value& value, ByteSerialization& out) {
  out.tag(static_cast<std::uint8_t>(value.kind));
  out.text(value.kind == h5::ValueKind::numeric ? element_name(value.element) : std::string_view());
  out.count(value.shape.size());
  for (const std::uint64_t extent : value.shape) out.count(extent);
  out.raw(value.data);
  out.count(value.strings.size());
  for (const std::string& text : value.strings) out.text(text);
}

/// Depth is bounded by h5::TreeLimits.
void serialize(const h5::Node& node, bool is_root, ByteSerialization& out) {
  out.tag(node.is_dataset ? 1 : 0);
  out.count(node.attributes.size() - (is_root ? node.attributes.count("file_digest") : 0));
  for (const auto& [name, value] : node.attributes) {
    if (is_root && name == "file_digest") continue;
    out.text(name);
    serialize(value, out);
  }
  if (node.is_dataset) serialize(node.value, out);
  out.count(node.children.size());
  for (const auto& [name, member] : node.children) {
    out.text(name);
    serialize(member, false, out);
  }
}

std::string file_digest(const h5::Node& root) {
  ByteSerialization out;
  out.text("evenscore-file 1");
  serialize(root, true, out);
  return sha256_hex(out.bytes());
}

}  // namespace

h5::Node to_tree(const ModelFile& model) {
  const Pipeline& pipeline = model.pipeline;
  h5::Node root;
  root.attributes["encoding-type"] = text_value(kEncodingType);
  root.attributes["encoding-version"] = text_value(kEncodingVersion);
  root.attributes["sklearn_version"] = text_value(pipeline.sklearn_version);
  root.attributes["source_name"] = text_value(pipeline.source_name);
  root.attributes["source_sha256"] = text_value(pipeline.source_sha256);
  root.attributes["created_by"] = text_value(fmt::format("evenscore {}", kVersion));
  root.attributes["pipeline_digest"] = text_value(pipeline_digest(pipeline));
  root.attributes["bare_estimator"] = boolean_value(pipeline.bare_estimator);
  root.attributes["params"] = text_value(to_tagged_json(pipeline.params));
  root.children["steps"] = steps_node(pipeline.steps);
  if (!pipeline.wrappers.empty()) root.children["wrappers"] = dataset(texts_value(pipeline.wrappers));
  if (!pipeline.feature_names.empty())
    root.children["feature_names"] = dataset(texts_value(pipeline.feature_names));
  const ProbeShape shape(compile(pipeline));
  h5::Node probes;
  for (const ProbeSet& probe : model.probes) {
    for (const auto& set : kProbeSets) {
      if (set.type != probe.rows_type || set.arithmetic != probe.arithmetic) continue;
      probes.children[set.dtype].children[set.rule] = to_node(probe, shape);
    }
  }
  root.children["probe"] = std::move(probes);
  if (!model.expected.empty()) {
    h5::Node expected;
    for (const auto& [name, array] : model.expected) expected.children[name] = to_node(array);
    root.children["expected"] = std::move(expected);
  }
  root.attributes["file_digest"] = text_value(file_digest(root));
  return root;
}

ModelFile from_tree(const h5::Node& root) {
  const auto type = root.attributes.find("encoding-type");
  if (type == root.attributes.end() || type->second.strings != std::vector<std::string>{kEncodingType}) {
    throw Error(ErrorCode::not_a_model, "an HDF5 file, but not a pipeline file", "encoding-type",
                "give a file that `evenscore import` wrote, or a saved scikit-learn file");
  }
  const std::string version = text_attribute(root, "encoding-version", "/");
  if (version.substr(0, version.find('.')) != std::to_string(kMajorVersion)) {
    throw Error(
        ErrorCode::unsupported,
        fmt::format("a pipeline file of format {}; this evenscore reads format {}.x", version, kMajorVersion),
        "encoding-version", "use a newer evenscore, or import the model again with this one");
  }
  if (text_attribute(root, "file_digest", "/") != file_digest(root))
    refuse("file_digest", "the content is damaged: its digest differs");

  ModelFile model;
  Pipeline& pipeline = model.pipeline;
  pipeline.sklearn_version = text_attribute(root, "sklearn_version", "/");
  pipeline.source_name = text_attribute(root, "source_name", "/");
  pipeline.source_sha256 = text_attribute(root, "source_sha256", "/");
  pipeline.params = from_tagged_json(text_attribute(root, "params", "/"));
  const h5::Value& bare = attribute(root, "bare_estimator", "/");
  if (bare.kind != h5::ValueKind::boolean || bare.data.size() != 1)
    refuse("bare_estimator", "is not a boolean");
  pipeline.bare_estimator = bare.data[0] != std::byte{0};
  pipeline.steps = to_steps(child(root, "steps", "/"), "/steps");
  pipeline.wrappers = texts(root, "wrappers", "");
  pipeline.feature_names = texts(root, "feature_names", "");
  check(pipeline);
  if (text_attribute(root, "pipeline_digest", "/") != pipeline_digest(pipeline)) {
    refuse("pipeline_digest", "the pipeline is damaged: its digest differs");
  }
  const ProbeShape shape(compile(pipeline));
  const h5::Node& probes = child(root, "probe", "/");
  for (const auto& set : kProbeSets) {
    const auto dtype = probes.children.find(set.dtype);
    if (dtype == probes.children.end()) continue;
    const auto rule = dtype->second.children.find(set.rule);
    if (rule == dtype->second.children.end()) continue;
    model.probes.push_back(to_probe(rule->second, set.type, set.arithmetic, shape,
                                    fmt::format("/probe/{}/{}", set.dtype, set.rule)));
  }
  if (model.probes.empty()) refuse("/probe", "holds no probe rows");
  if (const auto expected = root.children.find("expected"); expected != root.children.end()) {
    for (const auto& [name, node] : expected->second.children)
      model.expected[name] = to_array(node, "/expected/" + name);
  }
  return model;
}

}  // namespace evenscore
