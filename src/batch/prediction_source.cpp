#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "batch/label_source.h"
#include "batch/npy_file.h"
#include "batch/stored_table.h"
#include "evenscore/error.h"
#include "evenscore/prediction_file.h"
#include "h5/ask.h"
#include "h5/dataset.h"
#include "h5/describe.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kMostObjects = 10'000;
constexpr std::int64_t kMostClasses = 1'000'000;
constexpr std::uint64_t kMostColumns = std::uint64_t{1} << 24;
constexpr std::uint64_t kMostAttributes = 1'000'000;
constexpr std::uint64_t kLongestAttribute = std::uint64_t{16} << 20;
constexpr std::array<const char*, 7> kDatasets = {"proba", "log_proba",   "decision", "prediction",
                                                  "label", "label_index", "classes"};
constexpr std::array<std::pair<NumberOutput, const char*>, 4> kNumberOutputs = {
    {{NumberOutput::proba, "proba"},
     {NumberOutput::log_proba, "log_proba"},
     {NumberOutput::decision, "decision"},
     {NumberOutput::prediction, "prediction"}}};

/// One output's numbers, whatever file they are in.
StoredTable number_table(const h5::InputFile& input, h5::StoredDataset dataset, bool transposed = false) {
  const bool is_real =
      dataset.is_number() && dataset.only().type->kind == h5::ValueKind::numeric &&
      (dataset.only().type->element == ElementType::f32 || dataset.only().type->element == ElementType::f64);
  if (!is_real) {
    throw Error(ErrorCode::unsupported, fmt::format("holds {}, not float32 or float64", dataset.type_name),
                dataset.path);
  }
  const std::vector<std::uint64_t>& shape = dataset.shape;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
  if (shape.empty() || shape.size() > 2 || shape[0] > kMost ||
      (shape.size() == 2 && shape[1] > kMostColumns)) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has shape {}, where (rows) or (rows, classes) is needed", h5::shape_text(shape)),
                dataset.path);
  }
  const ElementType element = dataset.only().type->element;
  return {input, std::move(dataset), element, transposed};
}

/// What a group of an HDF5 file holds of predictions.
struct StoredGroup {
  std::map<std::string, h5::StoredDataset> datasets;
  std::map<std::string, std::vector<std::string>> texts;  // attributes
};

StoredGroup read_group(const h5::InputFile& input, const std::string& group) {
  StoredGroup found;
  h5::ask(
      input,
      [&](const h5::File& file, h5::AnswerWriter& out) {
        const h5::Handle object = file.open(file.locate(group));
        if (!h5::is_group(object)) {
          throw Error(ErrorCode::bad_request, "is not a group of predictions", group,
                      "name the group that holds them");
        }
        std::set<std::string> present;
        const std::string prefix = group.ends_with('/') ? group : group + "/";
        for (const h5::Link& link : h5::links_of(object, kMostObjects)) present.insert(link.name);
        for (const char* name : kDatasets) {
          out.small(present.count(name) > 0 ? 1 : 0);
          if (present.count(name) > 0) h5::write_stored(out, h5::describe(h5::Dataset(file, prefix + name)));
        }
        const auto texts = h5::attributes_of(file, group);
        out.number(texts.size());
        for (const auto& [name, values] : texts) {
          out.text(name);
          out.texts(values);
        }
      },
      [&](h5::AnswerReader& in) {
        for (const char* name : kDatasets)
          if (in.truth()) found.datasets.emplace(name, h5::read_stored(in, input.identity().size));
        const std::uint64_t texts = in.number(kMostAttributes);
        for (std::uint64_t i = 0; i < texts; ++i) {
          std::string name = in.text(kLongestAttribute);
          found.texts[std::move(name)] = in.texts(kMostAttributes, kLongestAttribute);
        }
      });
  return found;
}

/// What an .npy file holds, by the object that its location names, else by its type and shape.
std::string npy_output(const FileLocation& location, const h5::InputFile& input) {
  if (location.object != "/") return location.object.substr(1);
  const NpyFile array(input);
  if (array.kind() != LabelKind::real) return "label";
  if (array.shape().size() == 2) return "proba";
  throw Error(ErrorCode::bad_request, "holds one number a row and does not say which", {},
              "name it: FILE.npy:/proba, :/log_proba, :/decision, :/prediction or :/label");
}

}  // namespace

struct PredictionSource::Impl {
  std::string path;
  h5::InputFile input;
  std::string group;
  std::map<std::string, std::vector<std::string>> texts;  // attributes of the group
  std::int64_t rows = -1;
  std::string rows_from;  // the dataset that gave `rows`
  std::map<NumberOutput, StoredTable> numbers;
  std::optional<LabelSource> labels, label_index;
  std::optional<Labels> classes;

  explicit Impl(const FileLocation& location)
      : path(location.file), input(location.file), group(location.object) {
    NpyFile::is_npy(input) ? open_npy(location) : open_group();
  }

  void open_npy(const FileLocation& location) {
    const std::string name = npy_output(location, input);
    if (name == "label" || name == "label_index") {
      open_labels(name == "label" ? labels : label_index, LabelSource(FileLocation{location.file, "/"}),
                  name.c_str());
      check_label_index(location.object);
      return;
    }
    for (const auto& [output, known] : kNumberOutputs) {
      if (name == known) add_npy(output, known);
    }
    if (!numbers.empty()) return;
    throw Error(ErrorCode::bad_request, "is no output", location.object,
                "name one of label, label_index, proba, log_proba, decision, prediction");
  }

  void open_group() {
    StoredGroup found = read_group(input, group);
    texts = std::move(found.texts);
    const auto take = [&](const char* name) {
      h5::StoredDataset dataset = std::move(found.datasets.at(name));
      found.datasets.erase(name);
      return dataset;
    };
    for (const auto& [output, name] : kNumberOutputs)
      if (found.datasets.count(name) > 0) add(output, number_table(input, take(name)), name);
    for (const bool index : {false, true}) {
      const char* name = index ? "label_index" : "label";
      if (found.datasets.count(name) == 0) continue;
      open_labels(index ? label_index : labels, LabelSource(stored_labels(input, take(name))), name);
    }
    check_label_index((group.ends_with('/') ? group : group + "/") + "label_index");
    if (found.datasets.count("classes") > 0) read_classes(LabelSource(stored_labels(input, take("classes"))));
    if (rows < 0) {
      throw Error(ErrorCode::bad_request,
                  "holds none of label, label_index, proba, log_proba, decision, prediction", group,
                  "name the group that holds them as FILE:/group");
    }
  }

  void add_npy(NumberOutput output, const char* name) {
    const NpyFile array(input);
    add(output, number_table(input, array.stored(), array.is_by_columns()), name);
  }

  void add(NumberOutput output, StoredTable table, const char* name) {
    check_rows(static_cast<std::int64_t>(table.rows()), name);
    numbers.emplace(output, std::move(table));
  }

  void open_labels(std::optional<LabelSource>& source, LabelSource opened, const char* name) {
    source.emplace(std::move(opened));
    check_rows(source->count(), name);
  }

  void check_label_index(const std::string& place) const {
    if (label_index && label_index->kind() != LabelKind::integer)
      throw Error(ErrorCode::unsupported, "does not hold integers", place);
  }

  void read_classes(const LabelSource& source) {
    if (source.count() > kMostClasses)
      throw Error(ErrorCode::limit_exceeded, fmt::format("holds {} classes", source.count()), "classes");
    classes = source.read(0, source.count());
  }

  void check_rows(std::int64_t count, const char* name) {
    if (rows < 0) {
      rows = count;
      rows_from = name;
    }
    if (rows == count) return;
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("{} has {} rows and {} has {}", name, count, rows_from, rows), group);
  }

  StoredTable& table(NumberOutput output) {
    const auto found = numbers.find(output);
    if (found != numbers.end()) return found->second;
    throw Error(ErrorCode::bad_request, "has no such output", group).in_file(path);
  }
};

FileLocation parse_file_location(const std::string& text) {
  const std::size_t split = text.rfind(":/");
  if (split == std::string::npos || split == 0 || h5::identity_of(text)) return {text, "/"};
  return {text.substr(0, split), text.substr(split + 1)};
}

PredictionSource::PredictionSource(const FileLocation& location) {
  try {
    impl_ = std::make_unique<Impl>(location);
  } catch (const Error& error) {
    throw error.in_file(location.file);
  }
}

PredictionSource::PredictionSource(PredictionSource&&) noexcept = default;
PredictionSource& PredictionSource::operator=(PredictionSource&&) noexcept = default;
PredictionSource::~PredictionSource() = default;

std::int64_t PredictionSource::count() const {
  return impl_->rows;
}
const std::optional<Labels>& PredictionSource::classes() const {
  return impl_->classes;
}
const LabelSource* PredictionSource::labels() const {
  return impl_->labels ? &*impl_->labels : nullptr;
}
bool PredictionSource::has_label_index() const {
  return impl_->label_index.has_value();
}
bool PredictionSource::has(NumberOutput output) const {
  return impl_->numbers.count(output) > 0;
}

std::int64_t PredictionSource::columns(NumberOutput output) const {
  return static_cast<std::int64_t>(impl_->table(output).columns());
}

OutputType PredictionSource::type(NumberOutput output) const {
  const bool is_f32 = impl_->table(output).dataset().only().type->element == ElementType::f32;
  return is_f32 ? OutputType::f32 : OutputType::f64;
}

void PredictionSource::read(NumberOutput output, std::int64_t first, std::int64_t n,
                            std::byte* destination) const {
  StoredTable& table = impl_->table(output);
  if (first < 0 || n < 0 || first > count() - n) {
    throw Error(ErrorCode::bad_request, fmt::format("rows {} to {} of {}", first, first + n, count()),
                table.dataset().path)
        .in_file(impl_->path);
  }
  table.read(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(n), destination);
}

std::vector<std::int32_t> PredictionSource::read_label_index(std::int64_t first, std::int64_t n) const {
  if (!has_label_index()) throw Error(ErrorCode::bad_request, "has no label_index").in_file(impl_->path);
  const Labels stored = impl_->label_index->read(first, n);
  std::vector<std::int32_t> indices;
  indices.reserve(stored.integers.size());
  for (const std::int64_t index : stored.integers) {
    if (index != static_cast<std::int32_t>(index)) {
      throw Error(ErrorCode::corrupt_file, fmt::format("label_index {} is none", index)).in_file(impl_->path);
    }
    indices.push_back(static_cast<std::int32_t>(index));
  }
  return indices;
}

std::optional<std::string> PredictionSource::attribute(const std::string& name) const {
  const auto found = impl_->texts.find(name);
  if (found == impl_->texts.end() || found->second.size() != 1) return std::nullopt;
  return found->second.front();
}

}  // namespace evenscore
