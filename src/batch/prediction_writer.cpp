#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "batch/block_digest.h"
#include "batch/label_table.h"
#include "evenscore/error.h"
#include "evenscore/prediction_file.h"
#include "h5/contiguous_file.h"
#include "h5/part_file.h"
#include "h5/value_write.h"

namespace evenscore {
namespace {

constexpr std::size_t kDigestDigits = 64;
constexpr std::int64_t kLabelRows = 65'536;  // labels are made this many at a time
constexpr std::uint64_t kMetadataRoom = 64 << 10;

// A dataset with a row for each row scored.
struct Column {
  h5::ContiguousDataset dataset;
  std::uint64_t offset = 0;
  BlockDigest digest;

  explicit Column(h5::ContiguousDataset laid_out) : dataset(std::move(laid_out)), digest(row_bytes()) {}

  std::size_t row_bytes() const {
    std::size_t bytes = dataset.type.size();
    for (std::size_t i = 1; i < dataset.shape.size(); ++i) bytes *= dataset.shape[i];
    return bytes;
  }
};

bool is_digest(const std::string& text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

struct PredictionWriter::Impl {
  std::string path;
  PredictionLayout layout;
  std::optional<LabelTable> labels;
  std::map<std::string, Column> columns;  // in byte order of the names, which the outputs' digest needs
  std::string classes_digest;
  std::optional<h5::PartFile> file;
  std::vector<std::byte> label_bytes;
  std::int64_t rows_written = 0;

  Impl(const std::string& output, const PredictionLayout& wanted, const std::vector<std::string>& inputs,
       bool overwrite)
      : path(output), layout(wanted) {
    check_layout();
    lay_out();
    file.emplace(path, overwrite, inputs);
    create();
  }

  void check_layout() const {
    const WantedOutputs& w = layout.wanted;
    const bool of_classes = w.label || w.label_index || w.proba || w.log_proba;
    if (layout.rows < 0 || layout.decision_columns < 0)
      throw Error(ErrorCode::bad_request, "a negative extent");
    if (of_classes && layout.classes.size() == 0) {
      throw Error(ErrorCode::bad_request, "labels and probabilities need a classifier", {},
                  "ask for prediction");
    }
    if (!of_classes && !w.decision && !w.prediction)
      throw Error(ErrorCode::bad_request, "no output is asked for");
  }

  void lay_out() {
    if (layout.classes.size() > 0) labels.emplace(layout.classes);
    WantedOutputs& wanted = layout.wanted;
    if (wanted.label && layout.mark_bad_rows && !labels->can_be_missing()) {
      wanted.label = false;
      wanted.label_index = true;
    }
    const auto rows = static_cast<std::uint64_t>(layout.rows);
    const ElementType real = layout.type == OutputType::f32 ? ElementType::f32 : ElementType::f64;
    const std::vector<std::uint64_t> per_class{rows, layout.classes.size()};
    std::vector<std::uint64_t> decision{rows};
    if (layout.decision_columns > 0) decision.push_back(static_cast<std::uint64_t>(layout.decision_columns));
    const auto number = [](ElementType element) {
      return h5::StoredType{h5::ValueKind::numeric, element, 0};
    };
    if (wanted.label) add({"label", labels->type(), {rows}});
    if (wanted.label_index) add({"label_index", number(ElementType::i32), {rows}});
    if (wanted.proba) add({"proba", number(real), per_class});
    if (wanted.log_proba) add({"log_proba", number(real), per_class});
    if (wanted.decision) add({"decision", number(real), decision});
    if (wanted.prediction) add({"prediction", number(real), decision});
    if (layout.mark_bad_rows) add({"status", number(ElementType::u8), {rows}});
  }

  void add(h5::ContiguousDataset dataset) { columns.emplace(dataset.name, Column(dataset)); }

  std::map<std::string, h5::Value> attributes() const {
    const std::string no_digest(kDigestDigits, '0');  // its place in the file; finish() puts the digits there
    return {{"encoding-type", h5::text_value("evenscore-predictions")},
            {"encoding-version", h5::text_value("1.0.0")},
            {"evenscore_version", h5::text_value(EVENSCORE_VERSION)},
            {"pipeline_digest", h5::text_value(layout.pipeline_digest)},
            {"arithmetic", h5::text_value(layout.arithmetic)},
            {"source_name", h5::text_value(layout.source_name)},
            {"source_dataset", h5::text_value(layout.source_dataset)},
            {"rows", h5::count_value(static_cast<std::uint64_t>(layout.rows))},
            {"feature_order", h5::text_value(layout.feature_order)},
            {"rows_digest", h5::text_value(no_digest)},
            {"outputs_digest", h5::text_value(no_digest)}};
  }

  void create() {
    std::vector<h5::ContiguousDataset> datasets;
    if (labels) datasets.push_back({"classes", labels->type(), {labels->size()}});
    for (const auto& [name, column] : columns) datasets.push_back(column.dataset);
    std::uint64_t size = kMetadataRoom;
    for (const h5::ContiguousDataset& dataset : datasets) size += dataset.bytes();
    file->check_room(size);
    file->reserve(size);  // a full disk must show here: libhdf5 cannot close a file it fails to flush
    const std::vector<std::uint64_t> offsets =
        h5::create_contiguous_file(file->part_path(), datasets, attributes());
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < datasets.size(); ++i) {
      end = std::max(end, offsets[i] + datasets[i].bytes());
      const auto column = columns.find(datasets[i].name);
      if (column != columns.end()) column->second.offset = offsets[i];
    }
    file->reserve(end);
    if (labels) write_classes(offsets.front());
  }

  void write_classes(std::uint64_t offset) {
    const std::size_t size = labels->type().size();
    std::vector<std::int32_t> indices(labels->size());
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int32_t>(i);
    std::vector<std::byte> bytes(size * indices.size());
    labels->write(indices, bytes.data());
    file->write_at(offset, bytes);
    BlockDigest digest(size);
    digest.update(bytes.data(), static_cast<std::int64_t>(indices.size()));
    classes_digest = digest.hex();
  }

  void write(std::int64_t first, std::int64_t n, const OutputsView& outputs) {
    if (first != rows_written || n < 0 || n > layout.rows - first) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("rows {} to {} after {} of {}", first, first + n, rows_written, layout.rows));
    }
    if (outputs.space != MemorySpace::host || outputs.type != layout.type) {
      throw Error(ErrorCode::bad_request, "results are not in host memory, or not of the output's type");
    }
    check_indices(first, n, outputs.label_index);
    for (auto& [name, column] : columns) {
      const void* source = name == "label" || name == "label_index" ? outputs.label_index
                           : name == "proba"                        ? outputs.proba
                           : name == "log_proba"                    ? outputs.log_proba
                           : name == "status"                       ? static_cast<const void*>(outputs.status)
                                                                    : outputs.decision;
      if (source == nullptr && n > 0)
        throw Error(ErrorCode::bad_request, "its results are missing", "/" + name);
      if (name == "label") {
        write_labels(column, first, {outputs.label_index, static_cast<std::size_t>(n)});
      } else {
        write_rows(column, first, n, static_cast<const std::byte*>(source));
      }
    }
    rows_written += n;
  }

  void check_indices(std::int64_t first, std::int64_t n, const std::int32_t* indices) const {
    if (indices == nullptr || !labels) return;
    const auto classes = static_cast<std::int64_t>(labels->size());
    for (std::int64_t i = 0; i < n; ++i) {
      if (indices[i] >= 0 && indices[i] < classes) continue;
      if (indices[i] == -1 && layout.mark_bad_rows) continue;
      if (indices[i] != -1)
        throw Error(ErrorCode::bad_request, fmt::format("no class has index {}", indices[i]));
      throw Error(ErrorCode::unscorable_row, fmt::format("row {} cannot be scored", first + i), {},
                  "give --bad-rows mark to go on past such rows");
    }
  }

  void write_labels(Column& column, std::int64_t first, std::span<const std::int32_t> indices) {
    while (!indices.empty()) {
      const std::size_t n = std::min<std::size_t>(indices.size(), kLabelRows);
      label_bytes.resize(n * column.row_bytes());
      labels->write(indices.first(n), label_bytes.data());
      write_rows(column, first, static_cast<std::int64_t>(n), label_bytes.data());
      first += static_cast<std::int64_t>(n);
      indices = indices.subspan(n);
    }
  }

  void write_rows(Column& column, std::int64_t first, std::int64_t n, const std::byte* rows) {
    const std::size_t row = column.row_bytes();
    file->write_at(column.offset + static_cast<std::uint64_t>(first) * row,
                   {rows, static_cast<std::size_t>(n) * row});
    column.digest.update(rows, n);
  }

  std::string outputs_digest() const {
    std::map<std::string, std::string> digests;
    if (labels) digests["classes"] = classes_digest;
    for (const auto& [name, column] : columns) digests[name] = column.digest.hex();
    Sha256 all;
    for (const auto& [name, digest] : digests) {
      all.update(std::string_view(name.c_str(), name.size() + 1));
      all.update(digest);
    }
    return all.hex();
  }

  void finish(const std::string& rows_digest) {
    if (rows_written != layout.rows) {
      throw Error(ErrorCode::bad_request,
                  fmt::format("{} of {} rows are written", rows_written, layout.rows));
    }
    if (!is_digest(rows_digest)) throw Error(ErrorCode::bad_request, "the rows' digest is not a SHA-256");
    h5::replace_root_texts(file->part_path(),
                           {{"rows_digest", rows_digest}, {"outputs_digest", outputs_digest()}});
    file->commit();
  }
};

PredictionWriter::PredictionWriter(const std::string& path, const PredictionLayout& layout,
                                   const std::vector<std::string>& inputs, bool overwrite) {
  try {
    impl_ = std::make_unique<Impl>(path, layout, inputs, overwrite);
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

PredictionWriter::PredictionWriter(PredictionWriter&&) noexcept = default;
PredictionWriter& PredictionWriter::operator=(PredictionWriter&&) noexcept = default;
PredictionWriter::~PredictionWriter() = default;

void PredictionWriter::write(std::int64_t first_row, std::int64_t n, const OutputsView& outputs) {
  try {
    impl_->write(first_row, n, outputs);
  } catch (const Error& error) {
    throw error.in_file(impl_->path);
  }
}

void PredictionWriter::finish(const std::string& rows_digest) {
  try {
    impl_->finish(rows_digest);
  } catch (const Error& error) {
    throw error.in_file(impl_->path);
  }
}

std::string PredictionWriter::outputs_digest() const {
  return impl_->outputs_digest();
}

}  // namespace evenscore
