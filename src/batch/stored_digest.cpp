#include "batch/stored_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "base/sha256.h"
#include "batch/block_digest.h"
#include "evenscore/error.h"
#include "h5/dataset.h"

namespace evenscore {
namespace {

constexpr std::size_t kBytesAtATime = std::size_t{8} << 20;
constexpr std::uint64_t kMostObjects = 64;
constexpr std::uint64_t kMostTextBytes = std::uint64_t{256} << 20;

void read_rows(const h5::Dataset& dataset, std::uint64_t first, std::uint64_t count, std::size_t row_bytes,
               std::vector<std::byte>& bytes) {
  bytes.assign(count * row_bytes, std::byte{0});
  if (dataset.type()->kind != h5::ValueKind::string) {
    std::vector<std::uint64_t> start(dataset.shape().size(), 0), extent = dataset.shape();
    start[0] = first;
    extent[0] = count;
    return dataset.read_block(start, extent, dataset.type()->element, bytes.data());
  }
  const std::vector<std::string> strings = dataset.read_strings(first, count, kMostTextBytes);
  for (std::size_t i = 0; i < strings.size(); ++i)
    std::memcpy(bytes.data() + i * row_bytes, strings[i].data(), std::min(strings[i].size(), row_bytes));
}

std::string digest_of(const h5::Dataset& dataset) {
  if (!dataset.type() || dataset.type()->is_variable_string() || dataset.shape().empty()) {
    throw Error(ErrorCode::unsupported,
                fmt::format("holds {}, which evenscore does not write", dataset.type_name()), dataset.path());
  }
  std::size_t row_bytes = dataset.type()->size();
  for (std::size_t i = 1; i < dataset.shape().size(); ++i) row_bytes *= dataset.shape()[i];
  if (row_bytes > kMostTextBytes)
    throw Error(ErrorCode::limit_exceeded, fmt::format("a row has {} bytes", row_bytes), dataset.path());
  BlockDigest digest(row_bytes);
  const std::uint64_t rows = dataset.shape()[0];
  const std::uint64_t step = std::max<std::uint64_t>(1, kBytesAtATime / std::max<std::size_t>(1, row_bytes));
  std::vector<std::byte> bytes;
  for (std::uint64_t first = 0; first < rows; first += step) {
    const std::uint64_t count = std::min(step, rows - first);
    read_rows(dataset, first, count, row_bytes, bytes);
    digest.update(bytes.data(), static_cast<std::int64_t>(count));
  }
  return digest.hex();
}

}  // namespace

std::string stored_outputs_digest(const std::string& path) {
  try {
    const h5::File file(path);
    const h5::Handle root = file.open(file.locate("/"));
    std::map<std::string, std::string> digests;
    for (const h5::Link& link : h5::links_of(root, kMostObjects))
      digests[link.name] = digest_of(h5::Dataset(file, "/" + link.name));
    Sha256 all;
    for (const auto& [name, digest] : digests) {
      all.update(std::string_view(name.c_str(), name.size() + 1));
      all.update(digest);
    }
    file.check_unchanged();
    return all.hex();
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore
