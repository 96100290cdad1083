#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "evenscore/labels.h"
#include "evenscore/prediction_file.h"
#include "h5/input_file.h"
#include "h5/stored_dataset.h"

namespace evenscore {

/// Where labels come from. One per kind of file.
struct LabelSource::Impl {
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  virtual ~Impl() = default;

  std::string path;  ///< of the file
  LabelKind kind = LabelKind::integer;
  ElementType element = ElementType::i64;
  std::int64_t count = 0;

  /// Within the count. Throws corrupt_file too when the file changed since it was opened.
  virtual Labels read(std::int64_t first, std::int64_t n) = 0;
};

/// The labels of a dataset of an HDF5 file, as LabelSource gives them. Throws as its constructor.
std::unique_ptr<LabelSource::Impl> stored_labels(const h5::InputFile& input, h5::StoredDataset dataset);

}  // namespace evenscore
