#include "batch/name_list.h"

#include <fmt/format.h>

#include <cstring>

#include "batch/stored_table.h"
#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/describe.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kMostNameBytes = std::uint64_t{16} << 20;

}  // namespace

NameList read_names(const h5::File& file, const std::string& path) {
  const h5::Dataset dataset(file, path);
  const std::optional<h5::StoredType>& type = dataset.type();
  const bool is_integer = type && type->kind == h5::ValueKind::numeric && !is_floating(type->element);
  const bool is_text = type && type->kind == h5::ValueKind::string;
  if (dataset.shape().size() != 1 || (!is_integer && !is_text)) {
    throw Error(ErrorCode::unsupported,
                fmt::format("is {} of shape {}, where names are needed", dataset.type_name(),
                            h5::shape_text(dataset.shape())),
                h5::printable(path), "name the columns by text");
  }
  const std::uint64_t count = dataset.shape()[0];
  NameList list;
  list.is_text = is_text;
  if (is_text && type->is_variable_string()) {
    list.names = dataset.read_strings(0, count, kMostNameBytes);
    return list;
  }
  if (count > kMostNameBytes / type->size())
    throw Error(ErrorCode::limit_exceeded, fmt::format("has more than {} bytes of names", kMostNameBytes),
                h5::printable(path));
  // By our own decoders: names may be stored with filters that libhdf5 does not have. A child has one thread.
  StoredTable table(file.input(), h5::describe(dataset), type->element, false, 1);
  std::vector<std::byte> bytes(static_cast<std::size_t>(count) * table.row_bytes());
  table.read(0, count, bytes.data());
  for (std::size_t at = 0; at < bytes.size(); at += table.row_bytes()) {
    if (is_text) {
      list.names.push_back(table.dataset().only().text(bytes.data() + at));
      continue;
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + at, table.row_bytes());
    list.names.push_back(std::to_string(bits));  // equal integers of one type give equal digits
  }
  return list;
}

}  // namespace evenscore
