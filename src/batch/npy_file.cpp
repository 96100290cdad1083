#include "batch/npy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "batch/npy_header.h"
#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<unsigned char, 6> kMagic = {0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr std::size_t kMostHeader = 64 << 10;
constexpr std::size_t kMostText = 64 << 10;  // bytes of one label
constexpr std::uint64_t kMostRows = std::uint64_t{1} << 60;
constexpr std::size_t kMostTextBytes = std::size_t{256} << 20;

bool has_magic(const std::byte* bytes) {
  return std::memcmp(bytes, kMagic.data(), kMagic.size()) == 0;
}

std::optional<ElementType> number_type(char kind, std::size_t size) {
  const auto by_size = [size](ElementType one, ElementType two, ElementType four,
                              ElementType eight) -> std::optional<ElementType> {
    if (size == 1) return one;
    if (size == 2) return two;
    if (size == 4) return four;
    if (size == 8) return eight;
    return std::nullopt;
  };
  if (kind == 'i') return by_size(ElementType::i8, ElementType::i16, ElementType::i32, ElementType::i64);
  if (kind == 'u') return by_size(ElementType::u8, ElementType::u16, ElementType::u32, ElementType::u64);
  if (kind == 'f' && size == 2) return ElementType::f16;
  if (kind == 'f' && size == 4) return ElementType::f32;
  if (kind == 'f' && size == 8) return ElementType::f64;
  return std::nullopt;
}

void append_utf8(std::string& text, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
    throw Error(ErrorCode::corrupt_file, fmt::format("holds U+{:X}, which is no character", c));
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      put(0xe0 | c >> 12);
    } else {
      put(0xf0 | c >> 18);
      put(0x80 | (c >> 12 & 0x3f));
    }
    put(0x80 | (c >> 6 & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

}  // namespace

bool NpyFile::is_npy(const h5::InputFile& input) {
  std::array<std::byte, kMagic.size()> start{};
  if (input.identity().size < start.size()) return false;
  input.read_at(0, start);
  return has_magic(start.data());
}

bool NpyFile::is_npy(const std::string& path) {
  try {
    return is_npy(h5::InputFile(path));
  } catch (const Error&) {
    return false;
  }
}

NpyFile::NpyFile(const std::string& path) : NpyFile(h5::InputFile(path)) {}

NpyFile::NpyFile(h5::InputFile input) : input_(std::move(input)) {
  try {
    parse_header();
  } catch (const Error& error) {
    throw error.in_file(path());
  }
}

h5::StoredDataset NpyFile::stored() const {
  h5::StoredField field;
  field.type = h5::StoredType{kind_ == LabelKind::boolean ? h5::ValueKind::boolean : h5::ValueKind::numeric,
                              element_, 0};
  field.big_endian = swapped_;
  field.type_name = element_name(element_);
  h5::StoredDataset stored;
  stored.path = "array";
  stored.shape = shape_;
  if (by_columns_) std::reverse(stored.shape.begin(), stored.shape.end());
  stored.type_name = field.type_name;
  stored.element_bytes = element_bytes_;
  stored.fields.push_back(std::move(field));
  stored.offset = data_offset_;
  return stored;
}

void NpyFile::parse_header() {
  constexpr std::size_t kVersion = kMagic.size();
  const std::vector<std::byte> start = read_bytes(0, kMagic.size() + 4);
  if (!has_magic(start.data())) throw Error(ErrorCode::corrupt_file, "is not an .npy file");
  const int major = std::to_integer<int>(start[kVersion]);
  if (major < 1 || major > 3)
    throw Error(ErrorCode::unsupported, fmt::format("is of .npy version {}", major), {},
                "write version 1, 2 or 3");
  const std::size_t width = major == 1 ? 2 : 4;
  const std::vector<std::byte> length_bytes = read_bytes(kVersion + 2, width);
  std::size_t length = 0;
  std::memcpy(&length, length_bytes.data(), width);
  if (length > kMostHeader) throw Error(ErrorCode::limit_exceeded, "has a header of more than 64 KiB");
  const std::vector<std::byte> text = read_bytes(kVersion + 2 + width, length);
  const NpyHeader header = parse_npy_header({reinterpret_cast<const char*>(text.data()), text.size()});
  data_offset_ = kVersion + 2 + width + length;
  shape_ = header.shape;
  set_type(header.descr);
  if (shape_.empty() || shape_.size() > 2 || shape_[0] > kMostRows ||
      (shape_.size() == 2 && shape_[1] > kMostRows)) {
    throw Error(ErrorCode::shape_mismatch,
                fmt::format("has shape {}, where one or two dimensions are needed", h5::shape_text(shape_)));
  }
  by_columns_ = header.fortran_order && shape_.size() == 2;
  std::optional<std::uint64_t> bytes = element_bytes_;
  for (const std::uint64_t extent : shape_) bytes = bytes ? h5::checked_product(*bytes, extent) : bytes;
  if (!bytes || *bytes != input_.identity().size - data_offset_) {
    throw Error(ErrorCode::corrupt_file,
                fmt::format("holds {} bytes after its header, where shape {} needs {}",
                            input_.identity().size - data_offset_, h5::shape_text(shape_),
                            bytes ? std::to_string(*bytes) : "more than there can be"),
                {}, "copy or save it again");
  }
}

void NpyFile::set_type(const std::string& descr) {
  const auto refuse = [&]() -> Error {
    const std::string what = descr == "[" ? "structures"
                             : descr.find('O') != std::string::npos
                                 ? "Python objects"
                                 : fmt::format("elements of type '{}'", descr);
    return Error(ErrorCode::unsupported, "holds " + what, {},
                 "save an array of numbers, booleans or strings of fixed length");
  };
  if (descr.size() < 3 || descr.size() > 12 ||
      std::string_view("<>|=").find(descr[0]) == std::string_view::npos)
    throw refuse();
  std::size_t size = 0;
  for (const char digit : std::string_view(descr).substr(2)) {
    if (digit < '0' || digit > '9') throw refuse();
    size = size * 10 + static_cast<std::size_t>(digit - '0');
  }
  swapped_ = descr[0] == '>' && size > 1;
  const char kind = descr[1];
  element_bytes_ = size;
  if (kind == 'U' || kind == 'S') {
    kind_ = LabelKind::string;
    element_ = ElementType::u8;
    wide_text_ = kind == 'U';
    element_bytes_ = wide_text_ ? 4 * size : size;
    swapped_ = descr[0] == '>';
    if (size == 0 || element_bytes_ > kMostText) throw refuse();
    return;
  }
  if (kind == 'b' && size == 1) {
    kind_ = LabelKind::boolean;
    element_ = ElementType::u8;
    return;
  }
  const std::optional<ElementType> number = number_type(kind, size);
  if (!number) throw refuse();
  element_ = *number;
  kind_ = is_floating(element_) ? LabelKind::real : LabelKind::integer;
}

std::vector<std::byte> NpyFile::read_bytes(std::uint64_t offset, std::size_t size) const {
  std::vector<std::byte> bytes(size);
  input_.read_at(offset, bytes);
  return bytes;
}

void NpyFile::check_range(std::int64_t first, std::int64_t n) const {
  if (first >= 0 && n >= 0 && first <= rows() - n) return;
  throw Error(ErrorCode::bad_request, fmt::format("rows {} to {} of {}", first, first + n, rows()))
      .in_file(path());
}

void NpyFile::transpose() {
  std::swap(shape_.at(0), shape_.at(1));
  by_columns_ = !by_columns_;
}

void NpyFile::read(std::int64_t first, std::int64_t n, std::byte* destination) const {
  check_range(first, n);
  const auto row_bytes = static_cast<std::size_t>(columns()) * element_bytes_;
  const std::size_t size = static_cast<std::size_t>(n) * row_bytes;
  try {
    by_columns_
        ? read_columns(first, n, destination)
        : input_.read_at(data_offset_ + static_cast<std::uint64_t>(first) * row_bytes, {destination, size});
    input_.check_unchanged();
    const auto is_truth_value = [](std::byte b) { return b <= std::byte{1}; };
    if (kind_ == LabelKind::boolean && !std::all_of(destination, destination + size, is_truth_value))
      throw Error(ErrorCode::corrupt_file, "holds a boolean that is neither true nor false");
  } catch (const Error& error) {
    throw error.in_file(path());
  }
  if (!swapped_) return;
  for (std::size_t i = 0; i < size; i += element_bytes_)
    std::reverse(destination + i, destination + i + element_bytes_);
}

void NpyFile::read_columns(std::int64_t first, std::int64_t n, std::byte* destination) const {
  std::vector<std::byte> column(static_cast<std::size_t>(n) * element_bytes_);
  for (std::int64_t c = 0; c < columns(); ++c) {
    input_.read_at(data_offset_ + static_cast<std::uint64_t>(c * rows() + first) * element_bytes_, column);
    std::byte* to = destination + static_cast<std::size_t>(c) * element_bytes_;
    for (std::size_t at = 0; at < column.size(); at += element_bytes_) {
      std::memcpy(to, column.data() + at, element_bytes_);
      to += static_cast<std::size_t>(columns()) * element_bytes_;
    }
  }
}

std::vector<std::string> NpyFile::read_strings(std::int64_t first, std::int64_t n) const {
  check_range(first, n);
  if (static_cast<std::size_t>(n) > kMostTextBytes / element_bytes_)
    throw Error(ErrorCode::limit_exceeded, "its strings take more than 256 MiB").in_file(path());
  std::vector<std::byte> bytes(static_cast<std::size_t>(n) * element_bytes_);
  std::vector<std::string> strings(static_cast<std::size_t>(n));
  try {
    input_.read_at(data_offset_ + static_cast<std::uint64_t>(first) * element_bytes_, bytes);
    input_.check_unchanged();
    for (std::size_t i = 0; i < strings.size(); ++i) {
      const std::byte* text = bytes.data() + i * element_bytes_;
      const std::size_t step = wide_text_ ? 4 : 1;
      for (std::size_t at = 0; at < element_bytes_; at += step) {
        std::uint32_t character = 0;
        std::memcpy(&character, text + at, step);
        if (wide_text_ && swapped_) character = __builtin_bswap32(character);
        if (wide_text_) {
          append_utf8(strings[i], character);
        } else {
          strings[i] += static_cast<char>(character);
        }
      }
      strings[i].erase(strings[i].find_last_not_of('\0') + 1);  // padding
    }
  } catch (const Error& error) {
    throw error.in_file(path());
  }
  return strings;
}

}  // namespace evenscore
