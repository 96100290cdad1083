#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <utility>

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

}  // namespace

struct PredictionSource::Impl {
  h5::File file;
  std::string group;
  std::int64_t rows = -1;
  std::string rows_from;  // the dataset that gave `rows`
  std::map<NumberOutput, h5::Dataset> numbers;
  std::optional<LabelSource> labels, label_index;
  std::optional<Labels> classes;

  explicit Impl(const FileLocation& location) : file(location.file), group(location.object) {
    const h5::Handle object = file.open(file.locate(group));
    if (!h5::is_group(object)) {
      throw Error(ErrorCode::bad_request, "is not a group of predictions", group,
                  "name the group that holds them");
    }
    std::map<std::string, std::string> paths;
    const std::string prefix = group.ends_with('/') ? group : group + "/";
    for (const h5::Link& link : h5::links_of(object, kMostObjects)) paths[link.name] = prefix + link.name;
    for (const auto& [output, name] : kNumberOutputs) {
      if (paths.count(name) == 0) continue;
      const h5::Dataset& dataset = numbers.emplace(output, open_numbers(file, paths[name])).first->second;
      check_rows(static_cast<std::int64_t>(dataset.shape()[0]), name);
    }
    open_labels(labels, paths, "label");
    open_labels(label_index, paths, "label_index");
    if (label_index && label_index->kind() != LabelKind::integer) {
      throw Error(ErrorCode::unsupported, "does not hold integers", paths["label_index"]);
    }
    if (paths.count("classes") > 0) read_classes(paths["classes"]);
    if (rows < 0) {
      throw Error(ErrorCode::bad_request,
                  "holds none of label, label_index, proba, log_proba, decision, prediction", group,
                  "name the group that holds them as FILE:/group");
    }
  }

  void open_labels(std::optional<LabelSource>& source, const std::map<std::string, std::string>& paths,
                   const char* name) {
    const auto found = paths.find(name);
    if (found == paths.end()) return;
    source.emplace(FileLocation{file.path(), found->second});
    check_rows(source->count(), name);
  }

  void read_classes(const std::string& path) {
    const LabelSource source(FileLocation{file.path(), path});
    if (source.count() > kMostClasses) {
      throw Error(ErrorCode::limit_exceeded, fmt::format("holds {} classes", source.count()), path);
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

  const h5::Dataset& dataset(NumberOutput output) const {
    const auto found = numbers.find(output);
    if (found != numbers.end()) return found->second;
    throw Error(ErrorCode::bad_request, "has no such output", group).in_file(file.path());
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
  const std::vector<std::uint64_t>& shape = impl_->dataset(output).shape();
  return shape.size() == 1 ? 1 : static_cast<std::int64_t>(shape[1]);
}

OutputType PredictionSource::type(NumberOutput output) const {
  return impl_->dataset(output).type()->element == ElementType::f32 ? OutputType::f32 : OutputType::f64;
}

void PredictionSource::read(NumberOutput output, std::int64_t first, std::int64_t n,
                            std::byte* destination) const {
  const h5::Dataset& dataset = impl_->dataset(output);
  if (first < 0 || n < 0 || first > count() - n) {
    throw Error(ErrorCode::bad_request, fmt::format("rows {} to {} of {}", first, first + n, count()),
                dataset.path())
        .in_file(impl_->file.path());
  }
  std::vector<std::uint64_t> start{static_cast<std::uint64_t>(first)}, extent{static_cast<std::uint64_t>(n)};
  if (dataset.shape().size() == 2) {
    start.push_back(0);
    extent.push_back(dataset.shape()[1]);
  }
  dataset.read_block(start, extent, dataset.type()->element, destination);
  impl_->file.check_unchanged();
}

std::vector<std::int32_t> PredictionSource::read_label_index(std::int64_t first, std::int64_t n) const {
  if (!has_label_index())
    throw Error(ErrorCode::bad_request, "has no label_index").in_file(impl_->file.path());
  const Labels stored = impl_->label_index->read(first, n);
  std::vector<std::int32_t> indices;
  indices.reserve(stored.integers.size());
  for (const std::int64_t index : stored.integers) {
    if (index != static_cast<std::int32_t>(index)) {
      throw Error(ErrorCode::corrupt_file, fmt::format("label_index {} is none", index))
          .in_file(impl_->file.path());
    }
    indices.push_back(static_cast<std::int32_t>(index));
  }
  return indices;
}

std::optional<std::string> PredictionSource::attribute(const std::string& name) const {
  return h5::text_attribute(impl_->file, impl_->group, name);
}

}  // namespace evenscore
