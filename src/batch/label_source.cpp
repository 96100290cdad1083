#include "batch/label_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "batch/npy_file.h"
#include "batch/stored_table.h"
#include "evenscore/error.h"
#include "h5/ask.h"
#include "h5/dataset.h"
#include "h5/describe.h"
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

LabelKind kind_of(const h5::StoredDataset& dataset) {
  const std::optional<h5::StoredType>& type = dataset.only().type;
  if (dataset.is_compound || !type) {
    throw Error(ErrorCode::unsupported, fmt::format("holds {}, not labels", dataset.type_name), dataset.path,
                "labels are integers, floats, booleans or strings");
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

// One label a row: (n), or (n, 1) of numbers.
void check_column(const h5::StoredDataset& dataset, LabelKind kind) {
  const std::vector<std::uint64_t>& shape = dataset.shape;
  const bool is_column =
      shape.size() == 1 || (shape.size() == 2 && shape[1] == 1 && kind != LabelKind::string);
  if (!is_column || shape[0] > std::uint64_t{1} << 60) throw not_a_column(shape, dataset.path);
}

Error too_much_text() {
  return Error(ErrorCode::limit_exceeded, fmt::format("its strings take more than {} bytes", kMostTextBytes));
}

/// A dataset of an HDF5 file whose elements lie in it.
class DatasetLabels : public LabelSource::Impl {
 public:
  DatasetLabels(const h5::InputFile& input, h5::StoredDataset dataset)
      : table_(input, std::move(dataset), ElementType::f64) {
    path = input.path();
    kind = kind_of(table_.dataset());
    element = table_.dataset().only().type->element;
    count = static_cast<std::int64_t>(table_.dataset().shape[0]);
    if (kind != LabelKind::real && kind != LabelKind::string) table_ = {input, table_.dataset(), element};
  }

  Labels read(std::int64_t first, std::int64_t n) override {
    const auto from = static_cast<std::uint64_t>(first), rows = static_cast<std::uint64_t>(n);
    Labels labels{kind, element, {}, {}, {}};
    if (kind == LabelKind::real) {
      labels.reals.resize(rows);
      table_.read(from, rows, reinterpret_cast<std::byte*>(labels.reals.data()));
      return labels;
    }
    if (rows > kMostTextBytes / std::max<std::size_t>(1, table_.row_bytes())) throw too_much_text();
    std::vector<std::byte> bytes(rows * table_.row_bytes());
    table_.read(from, rows, bytes.data());
    if (kind == LabelKind::integer || kind == LabelKind::boolean) {
      labels.integers = widened(bytes, element);
      return labels;
    }
    try {
      for (std::size_t at = 0; at < bytes.size(); at += table_.row_bytes())
        labels.strings.push_back(table_.dataset().only().text(bytes.data() + at));
    } catch (const Error& error) {
      throw Error(error.code(), error.cause(), h5::printable(table_.dataset().path));
    }
    return labels;
  }

 private:
  StoredTable table_;
};

/// Text of variable length, which lies all over the file: a child process reads each piece.
class VariableLabels : public LabelSource::Impl {
 public:
  VariableLabels(h5::InputFile input, const h5::StoredDataset& dataset)
      : input_(std::move(input)), object_(dataset.path) {
    path = input_.path();
    kind = LabelKind::string;
    element = ElementType::u8;
    count = static_cast<std::int64_t>(dataset.shape[0]);
  }

  Labels read(std::int64_t first, std::int64_t n) override {
    const auto rows = static_cast<std::uint64_t>(n);
    Labels labels{kind, element, {}, {}, {}};
    h5::AskLimits limits;
    limits.answer = kMostTextBytes + sizeof(std::uint64_t) * (rows + 2);
    limits.memory = 8 * limits.answer;
    h5::ask(
        input_,
        [&](const h5::File& file, h5::AnswerWriter& out) {
          out.texts(h5::Dataset(file, object_)
                        .read_strings(static_cast<std::uint64_t>(first), rows, kMostTextBytes));
        },
        [&](h5::AnswerReader& in) { labels.strings = in.texts(rows, kMostTextBytes); }, limits);
    if (labels.strings.size() != rows) h5::refuse_answer("another number of texts");
    for (const std::string& text : labels.strings)
      if (!h5::is_utf8(text)) h5::refuse_answer("a text that is not UTF-8");
    return labels;
  }

 private:
  h5::InputFile input_;
  std::string object_;
};

/// An array that numpy.save wrote.
class NpyLabels : public LabelSource::Impl {
 public:
  explicit NpyLabels(const h5::InputFile& input) : array_(input) {
    path = input.path();
    kind = array_.kind();
    element = array_.element();
    count = array_.rows();
    if (array_.columns() != 1) throw not_a_column(array_.shape(), {});
    if (kind == LabelKind::real && element == ElementType::f16)
      throw Error(ErrorCode::unsupported, "holds float16, not labels", {},
                  "save them as float32 or as integers");
  }

  Labels read(std::int64_t first, std::int64_t n) override {
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
  const h5::InputFile input(location.file);
  if (!NpyFile::is_npy(input)) {
    h5::StoredDataset stored;
    h5::ask(
        input,
        [&](const h5::File& file, h5::AnswerWriter& out) {
          h5::write_stored(out, h5::describe(h5::Dataset(file, location.object)));
        },
        [&](h5::AnswerReader& in) { stored = h5::read_stored(in, input.identity().size); });
    return stored_labels(input, std::move(stored));
  }
  if (location.object != "/") {
    throw Error(ErrorCode::bad_request, "is an .npy file, which holds one array without a name",
                location.object, "name the file alone");
  }
  return std::make_unique<NpyLabels>(input);
}

}  // namespace

std::unique_ptr<LabelSource::Impl> stored_labels(const h5::InputFile& input, h5::StoredDataset dataset) {
  const LabelKind kind = kind_of(dataset);
  check_column(dataset, kind);
  if (dataset.only().type->is_variable_string()) return std::make_unique<VariableLabels>(input, dataset);
  return std::make_unique<DatasetLabels>(input, std::move(dataset));
}

LabelSource::LabelSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

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
