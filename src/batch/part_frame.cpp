#include "batch/part_frame.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "evenscore/error.h"
#include "h5/text.h"
#include "h5/value_write.h"

namespace evenscore {
namespace {

constexpr int kMostInterruptions = 100;
constexpr std::uint64_t kMetadataRoom = 64 << 10;
constexpr const char* kNoRowsDigest = "no digest of the rows until the file is complete ...............";
constexpr const char* kNoOutputsDigest = "no digest of the outputs until the file is complete ............";

std::map<std::string, h5::Value> attributes_of(const PredictionLayout& layout) {
  std::map<std::string, h5::Value> attributes = {
      {"encoding-type", h5::text_value("evenscore-predictions")},
      {"encoding-version", h5::text_value("1.0.0")},
      {"evenscore_version", h5::text_value(EVENSCORE_VERSION)},
      {"pipeline_digest", h5::text_value(layout.pipeline_digest)},
      {"arithmetic", h5::text_value(layout.arithmetic)},
      {"source_name", h5::text_value(layout.source_name)},
      {"source_dataset", h5::text_value(layout.source_dataset)},
      {"rows", h5::count_value(static_cast<std::uint64_t>(layout.rows))},
      {"feature_order", h5::text_value(layout.feature_order)},
      {"rows_digest", h5::text_value(kNoRowsDigest)},
      {"outputs_digest", h5::text_value(kNoOutputsDigest)}};
  if (!layout.row_range.empty()) attributes["row_range"] = h5::text_value(layout.row_range);
  return attributes;
}

std::vector<std::uint64_t> create_datasets(h5::PartFile& file, const OutputLayout& layout,
                                           const std::vector<h5::ContiguousDataset>& datasets) {
  std::uint64_t size = kMetadataRoom;
  for (const h5::ContiguousDataset& dataset : datasets) size += dataset.bytes();
  file.check_room(size);
  for (int left = kMostInterruptions;; --left) {
    file.reserve(size);  // a full disk must show here: libhdf5 cannot close a file it fails to flush
    try {
      return h5::create_contiguous_file(file.part_path(), datasets, attributes_of(layout.wanted()));
    } catch (const Error& error) {
      // libhdf5 gives up at a signal, and then keeps the file open: it gets another one.
      const std::string interrupted = std::generic_category().message(EINTR);
      if (left == 0 || !error.cause().starts_with(interrupted)) throw;
      file.start_over();
    }
  }
}

}  // namespace

std::optional<PartFrame> PartFrame::read(const h5::PartFile& file, const OutputColumns& columns) {
  const std::uint64_t size = file.identity().size;
  std::map<std::uint64_t, std::uint64_t> extents{{size, 0}};
  for (const auto& entry : columns) {
    const std::uint64_t bytes = entry.second.dataset.bytes();
    if (entry.second.offset > size || bytes > size - entry.second.offset) return std::nullopt;
    if (bytes > 0 && !extents.emplace(entry.second.offset, bytes).second) return std::nullopt;
  }
  PartFrame frame;
  std::uint64_t at = 0;
  for (const auto& [offset, bytes] : extents) {
    if (offset < at) return std::nullopt;
    std::vector<std::byte>& gap = frame.bytes_[at];
    gap.resize(static_cast<std::size_t>(offset - at));
    file.read_at(at, gap);
    at = offset + bytes;
  }
  return frame;
}

std::string PartFrame::digest(const DigestPlaces& places) const {
  constexpr std::size_t kDigits = DigestPlaces::kDigits;
  BlockDigest digest(1);
  for (const auto& [at, bytes] : bytes_) {
    std::vector<std::byte> masked = bytes;
    for (const std::uint64_t offset : {places.rows, places.outputs}) {
      if (offset < at || offset - at > masked.size() || masked.size() - (offset - at) < kDigits) continue;
      std::fill_n(masked.begin() + static_cast<std::ptrdiff_t>(offset - at), kDigits, std::byte{0});
    }
    digest.update(masked.data(), static_cast<std::int64_t>(masked.size()));
  }
  return digest.hex();
}

std::uint64_t PartFrame::find(std::string_view text) const {
  std::vector<std::uint64_t> found;
  const auto same = [](std::byte a, char b) { return a == static_cast<std::byte>(b); };
  for (const auto& [at, bytes] : bytes_) {
    auto next = bytes.begin();
    while ((next = std::search(next, bytes.end(), text.begin(), text.end(), same)) != bytes.end()) {
      found.push_back(at + static_cast<std::uint64_t>(next - bytes.begin()));
      ++next;
    }
  }
  if (found.size() != 1)
    throw Error(ErrorCode::bad_request, fmt::format("cannot be laid out: \"{}\" is in its names", text));
  return found.front();
}

DigestPlaces create_part(h5::PartFile& file, OutputLayout& layout) {
  const std::vector<h5::ContiguousDataset> datasets = layout.datasets();
  const std::vector<std::uint64_t> offsets = create_datasets(file, layout, datasets);
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < datasets.size(); ++i) {
    end = std::max(end, offsets[i] + datasets[i].bytes());
    const auto column = layout.columns().find(datasets[i].name);
    if (column != layout.columns().end()) column->second.offset = offsets[i];
  }
  file.reserve(end);
  if (layout.labels()) file.write_at(offsets.front(), layout.classes());
  const PartFrame frame = PartFrame::read(file, layout.columns()).value();
  return {frame.find(kNoRowsDigest), frame.find(kNoOutputsDigest)};
}

}  // namespace evenscore
