#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <utility>

#include "batch/npy_file.h"
#include "evenscore/error.h"
#include "evenscore/prediction_file.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kMostObjects = 10'000;
constexpr std::int64_t kMostClasses = 1'000'000;
constexpr std::array<std::pair<NumberOutput, const char*>, 4> kNumberOutputs = {
    {{NumberOutput::proba, "proba"},
     {NumberOutput::log_proba, "log_proba"},
     {NumberOutput::decision, "decision"},
     {NumberOutput::prediction, "prediction"}}};

h5::Dataset open_numbers(const h5::File& file, const std::string& path) {
  h5::Dataset dataset(file, path);
  const bool is_real = dataset.is_number() && (dataset.type()->element == ElementType::f32 ||
                                               dataset.type()->element == ElementType::f64);
  if (!is_real) {
    throw Error(ErrorCode::unsupported, fmt::format("holds {}, not float32 or float64", dataset.type_name()),
                path);
  }
  const std::vector<std::uint64_t>& shape = dataset.shape();
  constexpr std::uint64_t kMost = std::uint64_t{1} << 60;
  if (shape.empty() || shape.size() > 2 || shape[0] > kMost || (shape.size() == 2 && shape[1] > kMost)) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has shape {}, where (rows) or (rows, classes) is needed", h5::shape_text(shape)),
                path);
  }
  return dataset;
}

/// One output's numbers, whatever file they are in.
class NumberArray {
 public:
  NumberArray() = default;
  NumberArray(const NumberArray&) = delete;
  NumberArray& operator=(const NumberArray&) = delete;
  virtual ~NumberArray() = default;

  std::string path;  ///< in the file
  std::int64_t rows = 0, columns = 1;
  OutputType type = OutputType::f64;

  virtual void read(std::int64_t first, std::int64_t n, std::byte* destination) const = 0;
};

class DatasetNumbers : public NumberArray {
 public:
  DatasetNumbers(const h5::File& file, const std::string& object)
      : file_(file), dataset_(open_numbers(file, object)) {
    path = object;
    rows = static_cast<std::int64_t>(dataset_.shape()[0]);
    if (dataset_.shape().size() == 2) columns = static_cast<std::int64_t>(dataset_.shape()[1]);
    type = dataset_.type()->element == ElementType::f32 ? OutputType::f32 : OutputType::f64;
  }

  void read(std::int64_t first, std::int64_t n, std::byte* destination) const override {
    std::vector<std::uint64_t> start{static_cast<std::uint64_t>(first)},
        extent{static_cast<std::uint64_t>(n)};
    if (dataset_.shape().size() == 2) {
      start.push_back(0);
      extent.push_back(dataset_.shape()[1]);
    }
    dataset_.read_block(start, extent, dataset_.type()->element, destination);
    file_.check_unchanged();
  }

 private:
  h5::File file_;
  h5::Dataset dataset_;
};

class NpyNumbers : public NumberArray {
 public:
  explicit NpyNumbers(const std::string& file) : array_(file) {
    if (array_.element() != ElementType::f32 && array_.element() != ElementType::f64)
      throw Error(ErrorCode::unsupported, "does not hold float32 or float64");
    rows = array_.rows();
    columns = array_.columns();
    type = array_.element() == ElementType::f32 ? OutputType::f32 : OutputType::f64;
  }

  void read(std::int64_t first, std::int64_t n, std::byte* destination) const override {
    array_.read(first, n, destination);
  }

 private:
  NpyFile array_;
};

/// What an .npy file holds, by the object that its location names, else by its type and shape.
std::string npy_output(const FileLocation& location) {
  if (location.object != "/") return location.object.substr(1);
  const NpyFile array(location.file);
  if (array.kind() != LabelKind::real) return "label";
  if (array.shape().size() == 2) return "proba";
  throw Error(ErrorCode::bad_request, "holds one number a row and does not say which", {},
              "name it: FILE.npy:/proba, :/log_proba, :/decision, :/prediction or :/label");
}

}  // namespace

struct PredictionSource::Impl {
  std::string path;
  std::optional<h5::File> file;  // none for an .npy file
  std::string group;
  std::int64_t rows = -1;
  std::string rows_from;  // the dataset that gave `rows`
  std::map<NumberOutput, std::unique_ptr<NumberArray>> numbers;
  std::optional<LabelSource> labels, label_index;
  std::optional<Labels> classes;

  explicit Impl(const FileLocation& location) : path(location.file), group(location.object) {
    NpyFile::is_npy(path) ? open_npy(location) : open_group();
  }

  void open_npy(const FileLocation& location) {
    const std::string name = npy_output(location);
    if (name == "label" || name == "label_index") {
      open_labels(name == "label" ? labels : label_index, {location.file, "/"}, name.c_str());
      check_label_index(location.object);
      return;
    }
    for (const auto& [output, known] : kNumberOutputs) {
      if (name == known) add(output, std::make_unique<NpyNumbers>(location.file), known);
    }
    if (!numbers.empty()) return;
    throw Error(ErrorCode::bad_request, "is no output", location.object,
                "name one of label, label_index, proba, log_proba, decision, prediction");
  }

  void open_group() {
    file.emplace(path);
    const h5::Handle object = file->open(file->locate(group));
    if (!h5::is_group(object)) {
      throw Error(ErrorCode::bad_request, "is not a group of predictions", group,
                  "name the group that holds them");
    }
    std::map<std::string, std::string> paths;
    const std::string prefix = group.ends_with('/') ? group : group + "/";
    for (const h5::Link& link : h5::links_of(object, kMostObjects)) paths[link.name] = prefix + link.name;
    for (const auto& [output, name] : kNumberOutputs) {
      if (paths.count(name) > 0) add(output, std::make_unique<DatasetNumbers>(*file, paths[name]), name);
    }
    for (const bool index : {false, true}) {
      const char* name = index ? "label_index" : "label";
      if (paths.count(name) > 0) open_labels(index ? label_index : labels, {path, paths[name]}, name);
    }
    check_label_index(paths["label_index"]);
    if (paths.count("classes") > 0) read_classes(paths["classes"]);
    if (rows < 0) {
      throw Error(ErrorCode::bad_request,
                  "holds none of label, label_index, proba, log_proba, decision, prediction", group,
                  "name the group that holds them as FILE:/group");
    }
  }

  void add(NumberOutput output, std::unique_ptr<NumberArray> array, const char* name) {
    check_rows(array->rows, name);
    numbers[output] = std::move(array);
  }

  void open_labels(std::optional<LabelSource>& source, const FileLocation& location, const char* name) {
    source.emplace(location);
    check_rows(source->count(), name);
  }

  void check_label_index(const std::string& place) const {
    if (label_index && label_index->kind() != LabelKind::integer)
      throw Error(ErrorCode::unsupported, "does not hold integers", place);
  }

  void read_classes(const std::string& object) {
    const LabelSource source(FileLocation{path, object});
    if (source.count() > kMostClasses) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("holds {} classes", source.count()), object);
    }
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

  const NumberArray& array(NumberOutput output) const {
    const auto found = numbers.find(output);
    if (found != numbers.end()) return *found->second;
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
  return impl_->array(output).columns;
}

OutputType PredictionSource::type(NumberOutput output) const {
  return impl_->array(output).type;
}

void PredictionSource::read(NumberOutput output, std::int64_t first, std::int64_t n,
                            std::byte* destination) const {
  const NumberArray& array = impl_->array(output);
  if (first < 0 || n < 0 || first > count() - n) {
    throw Error(ErrorCode::bad_request, fmt::format("rows {} to {} of {}", first, first + n, count()),
                array.path)
        .in_file(impl_->path);
  }
  array.read(first, n, destination);
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
  if (!impl_->file) return std::nullopt;
  return h5::text_attribute(*impl_->file, impl_->group, name);
}

}  // namespace evenscore
