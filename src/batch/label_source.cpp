#include "batch/label_source.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "batch/npy_file.h"
#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kMostTextBytes = std::uint64_t{256} << 20;

template <typename T>
void widen(const std::vector<std::byte>& bytes, std::vector<std::int64_t>& integers) {
  for (std::size_t offset = 0; offset < bytes.size(); offset += sizeof(T)) {
    T element;
    std::memcpy(&element, bytes.data() + offset, sizeof(T));
    integers.push_back(static_cast<std::int64_t>(element));
  }
}

std::vector<std::int64_t> widened(const std::vector<std::byte>& bytes, ElementType element) {
  std::vector<std::int64_t> integers;
  integers.reserve(bytes.size() / element_size(element));
  const bool is_signed = is_signed_integer(element);
  switch (element_size(element)) {
    case 1:
      is_signed ? widen<std::int8_t>(bytes, integers) : widen<std::uint8_t>(bytes, integers);
      break;
    case 2:
      is_signed ? widen<std::int16_t>(bytes, integers) : widen<std::uint16_t>(bytes, integers);
      break;
    case 4:
      is_signed ? widen<std::int32_t>(bytes, integers) : widen<std::uint32_t>(bytes, integers);
      break;
    default:
      widen<std::int64_t>(bytes, integers);
  }
  return integers;
}

Error not_a_column(const std::vector<std::uint64_t>& shape, const std::string& place) {
  return Error(ErrorCode::shape_mismatch,
               fmt::format("has shape {}, where one label a row is needed", h5::shape_text(shape)), place);
}

LabelKind kind_of(const h5::Dataset& dataset) {
  const std::optional<h5::StoredType>& type = dataset.type();
  if (!type) {
    throw Error(ErrorCode::unsupported, fmt::format("holds {}, not labels", dataset.type_name()),
                dataset.path(), "labels are integers, floats, booleans or strings");
  }
  if (type->kind == h5::ValueKind::boolean) return LabelKind::boolean;
  if (type->kind == h5::ValueKind::string) return LabelKind::string;
  return is_floating(type->element) ? LabelKind::real : LabelKind::integer;
}

template <typename T>
std::vector<double> as_doubles(const std::vector<std::byte>& bytes) {
  std::vector<double> reals;
  reals.reserve(bytes.size() / sizeof(T));
  for (std::size_t offset = 0; offset < bytes.size(); offset += sizeof(T)) {
    T element;
    std::memcpy(&element, bytes.data() + offset, sizeof(T));
    reals.push_back(static_cast<double>(element));
  }
  return reals;
}

/// A dataset of an HDF5 file.
class DatasetLabels : public LabelSource::Impl {
 public:
  DatasetLabels(const h5::File& opened, const std::string& object) : file_(opened), dataset_(opened, object) {
    path = opened.path();
    kind = kind_of(dataset_);
    element = dataset_.type()->element;
    const std::vector<std::uint64_t>& shape = dataset_.shape();
    const bool is_column =
        shape.size() == 1 || (shape.size() == 2 && shape[1] == 1 && kind != LabelKind::string);
    if (!is_column || shape[0] > std::uint64_t{1} << 60) throw not_a_column(shape, object);
    count = static_cast<std::int64_t>(shape[0]);
  }

  Labels read(std::int64_t first, std::int64_t n) const override {
    const auto from = static_cast<std::uint64_t>(first), rows = static_cast<std::uint64_t>(n);
    Labels labels{kind, element, {}, {}, {}};
    std::vector<std::uint64_t> start{from}, extent{rows};
    start.resize(dataset_.shape().size(), 0);
    extent.resize(dataset_.shape().size(), 1);
    if (kind == LabelKind::string) {
      labels.strings = dataset_.read_strings(from, rows, kMostTextBytes);
    } else if (kind == LabelKind::real) {
      labels.reals.resize(rows);
      dataset_.read_block(start, extent, ElementType::f64, reinterpret_cast<std::byte*>(labels.reals.data()));
    } else {
      std::vector<std::byte> bytes(rows * element_size(element));
      dataset_.read_block(start, extent, element, bytes.data());
      labels.integers = widened(bytes, element);
    }
    file_.check_unchanged();
    return labels;
  }

 private:
  h5::File file_;
  h5::Dataset dataset_;
};

/// An array that numpy.save wrote.
class NpyLabels : public LabelSource::Impl {
 public:
  explicit NpyLabels(const std::string& file) : array_(file) {
    path = file;
    kind = array_.kind();
    element = array_.element();
    count = array_.rows();
    if (array_.columns() != 1) throw not_a_column(array_.shape(), {});
    if (kind == LabelKind::real && element == ElementType::f16)
      throw Error(ErrorCode::unsupported, "holds float16, not labels", {},
                  "save them as float32 or as integers");
  }

  Labels read(std::int64_t first, std::int64_t n) const override {
    Labels labels{kind, element, {}, {}, {}};
    if (kind == LabelKind::string) {
      labels.strings = array_.read_strings(first, n);
      return labels;
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(n) * element_size(element));
    array_.read(first, n, bytes.data());
    if (kind == LabelKind::real) {
      labels.reals = element == ElementType::f32 ? as_doubles<float>(bytes) : as_doubles<double>(bytes);
    } else {
      labels.integers = widened(bytes, element);
    }
    return labels;
  }

 private:
  NpyFile array_;
};

std::unique_ptr<LabelSource::Impl> open_labels(const FileLocation& location) {
  if (!NpyFile::is_npy(location.file))
    return std::make_unique<DatasetLabels>(h5::File(location.file), location.object);
  if (location.object != "/") {
    throw Error(ErrorCode::bad_request, "is an .npy file, which holds one array without a name",
                location.object, "name the file alone");
  }
  return std::make_unique<NpyLabels>(location.file);
}

}  // namespace

LabelSource::LabelSource(const FileLocation& location) {
  try {
    impl_ = open_labels(location);
  } catch (const Error& error) {
    throw error.in_file(location.file);
  }
}

LabelSource::LabelSource(LabelSource&&) noexcept = default;
LabelSource& LabelSource::operator=(LabelSource&&) noexcept = default;
LabelSource::~LabelSource() = default;

std::int64_t LabelSource::count() const {
  return impl_->count;
}
LabelKind LabelSource::kind() const {
  return impl_->kind;
}
ElementType LabelSource::element() const {
  return impl_->element;
}

Labels LabelSource::read(std::int64_t first, std::int64_t n) const {
  try {
    if (first < 0 || n < 0 || first > count() - n)
      throw Error(ErrorCode::bad_request, fmt::format("labels {} to {} of {}", first, first + n, count()));
    return impl_->read(first, n);
  } catch (const Error& error) {
    throw error.in_file(impl_->path);
  }
}

}  // namespace evenscore
