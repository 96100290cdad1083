#include "batch/stored_digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "batch/block_digest.h"
#include "batch/stored_table.h"
#include "evenscore/error.h"
#include "h5/ask.h"
#include "h5/dataset.h"
#include "h5/describe.h"

namespace evenscore {
namespace {

constexpr std::size_t kBytesAtATime = std::size_t{8} << 20;
constexpr std::uint64_t kMostObjects = 2048;
constexpr std::uint64_t kMostRowBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kLongestName = 64 << 10;

std::string digest_of(const h5::InputFile& input, h5::StoredDataset dataset) {
  const std::optional<h5::StoredType>& type = dataset.only().type;
  if (dataset.is_compound || !type || type->is_variable_string() || dataset.shape.empty() ||
      dataset.shape.size() > 2) {
    throw Error(ErrorCode::unsupported,
                fmt::format("holds {}, which evenscore does not write", dataset.type_name), dataset.path);
  }
  const std::uint64_t rows = dataset.shape[0];
  const ElementType element = type->element;
  if (dataset.shape.size() == 2 && dataset.shape[1] > kMostRowBytes)
    throw Error(ErrorCode::limit_exceeded, fmt::format("a row has {} values", dataset.shape[1]),
                dataset.path);
  StoredTable table(input, std::move(dataset), element);
  BlockDigest digest(table.row_bytes());
  const std::uint64_t step =
      std::max<std::uint64_t>(1, kBytesAtATime / std::max<std::size_t>(1, table.row_bytes()));
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::min(step, rows)) * table.row_bytes());
  for (std::uint64_t first = 0; first < rows; first += step) {
    const std::uint64_t count = std::min(step, rows - first);
    table.read(first, count, bytes.data());
    digest.update(bytes.data(), static_cast<std::int64_t>(count));
  }
  return digest.hex();
}

}  // namespace

std::string stored_outputs_digest(const std::string& path) {
  try {
    const h5::InputFile input(path);
    std::map<std::string, h5::StoredDataset> datasets;
    h5::ask(
        input,
        [](const h5::File& file, h5::AnswerWriter& out) {
          const std::vector<h5::Link> links = h5::links_of(file.open(file.locate("/")), kMostObjects);
          out.number(links.size());
          for (const h5::Link& link : links) {
            out.text(link.name);
            h5::write_stored(out, h5::describe(h5::Dataset(file, "/" + link.name)));
          }
        },
        [&](h5::AnswerReader& in) {
          const std::uint64_t count = in.number(kMostObjects);
          for (std::uint64_t i = 0; i < count; ++i) {
            std::string name = in.text(kLongestName);
            datasets.insert_or_assign(std::move(name), h5::read_stored(in, input.identity().size));
          }
        });
    std::map<std::string, std::string> digests;
    for (auto& [name, dataset] : datasets) digests[name] = digest_of(input, std::move(dataset));
    Sha256 all;
    for (const auto& [name, digest] : digests) {
      all.update(std::string_view(name.c_str(), name.size() + 1));
      all.update(digest);
    }
    return all.hex();
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore
