#pragma once

#include "evenscore/labels.h"
#include "evenscore/prediction_file.h"
#include "h5/dataset.h"

namespace evenscore {

struct LabelSource::Impl {
  /// Throws where the dataset is not a column of labels.
  Impl(const h5::File& opened, const std::string& path);

  Labels read(std::int64_t first, std::int64_t n) const;

  h5::File file;
  h5::Dataset dataset;
  LabelKind kind;
};

}  // namespace evenscore
