#pragma once

#include <cstdint>
#include <string>

#include "evenscore/labels.h"
#include "evenscore/prediction_file.h"

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
  virtual Labels read(std::int64_t first, std::int64_t n) const = 0;
};

}  // namespace evenscore
