#include "batch/label_source.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "evenscore/error.h"
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

}  // namespace

LabelSource::Impl::Impl(const h5::File& opened, const std::string& path)
    : file(opened), dataset(opened, path), kind(kind_of(dataset)) {
  const std::vector<std::uint64_t>& shape = dataset.shape();
  const bool is_column =
      shape.size() == 1 || (shape.size() == 2 && shape[1] == 1 && kind != LabelKind::string);
  if (is_column && shape[0] <= std::uint64_t{1} << 60) return;
  throw Error(ErrorCode::shape_mismatch,
              fmt::format("has shape {}, where one label a row is needed", h5::shape_text(shape)), path);
}

Labels LabelSource::Impl::read(std::int64_t first, std::int64_t n) const {
  const auto rows = static_cast<std::int64_t>(dataset.shape()[0]);
  if (first < 0 || n < 0 || first > rows - n) {
    throw Error(ErrorCode::bad_request, fmt::format("labels {} to {} of {}", first, first + n, rows),
                dataset.path());
  }
  const auto from = static_cast<std::uint64_t>(first), count = static_cast<std::uint64_t>(n);
  Labels labels{kind, dataset.type()->element, {}, {}, {}};
  if (kind == LabelKind::string) {
    labels.strings = dataset.read_strings(from, count, kMostTextBytes);
    return labels;
  }
  std::vector<std::uint64_t> start{from}, extent{count};
  start.resize(dataset.shape().size(), 0);
  extent.resize(dataset.shape().size(), 1);
  if (kind == LabelKind::real) {
    labels.reals.resize(count);
    dataset.read_block(start, extent, ElementType::f64, reinterpret_cast<std::byte*>(labels.reals.data()));
    return labels;
  }
  std::vector<std::byte> bytes(count * element_size(labels.element));
  dataset.read_block(start, extent, labels.element, bytes.data());
  labels.integers = widened(bytes, labels.element);
  return labels;
}

LabelSource::LabelSource(const FileLocation& location) {
  const h5::File file(location.file);
  try {
    impl_ = std::make_unique<Impl>(file, location.object);
  } catch (const Error& error) {
    throw error.in_file(location.file);
  }
}

LabelSource::LabelSource(LabelSource&&) noexcept = default;
LabelSource& LabelSource::operator=(LabelSource&&) noexcept = default;
LabelSource::~LabelSource() = default;

std::int64_t LabelSource::count() const {
  return static_cast<std::int64_t>(impl_->dataset.shape()[0]);
}
LabelKind LabelSource::kind() const {
  return impl_->kind;
}
ElementType LabelSource::element() const {
  return impl_->dataset.type()->element;
}

Labels LabelSource::read(std::int64_t first, std::int64_t n) const {
  try {
    Labels labels = impl_->read(first, n);
    impl_->file.check_unchanged();
    return labels;
  } catch (const Error& error) {
    throw error.in_file(impl_->file.path());
  }
}

}  // namespace evenscore
