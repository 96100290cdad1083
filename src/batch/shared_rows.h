#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "batch/row_layout.h"
#include "batch/shared_bands.h"

namespace evenscore {

/// Rows of a dataset for several threads at once, each of which reads on in order.
class SharedRows {
 public:
  /// `layout` must outlive this. Keeps at most `bands` bands of decoded chunks that no thread reads from.
  SharedRows(const RowLayout& layout, std::size_t bands) : layout_(layout), bands_(bands) {}

  /// Writes the values of rows [first, first + n), which is not empty. Errors name file, dataset and chunk.
  void read(std::uint64_t first, std::uint64_t n, std::byte* to);

  /// Values of some rows that are gathered together with those of other datasets.
  class Part;

  /// Of all reading that has ended.
  ReadSeconds seconds() const;

 private:
  class Workplace;
  void read_bands(std::uint64_t first, std::uint64_t n, std::byte* to, ReadWorkspace& space);
  SharedBands::Use band(std::uint64_t first, std::uint64_t n, ReadWorkspace& space);

  const RowLayout& layout_;
  SharedBands bands_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ReadWorkspace>> workspaces_;
  std::vector<ReadWorkspace*> idle_;  // those that no thread reads with
};

/// A workspace for as long as this lives.
class SharedRows::Workplace {
 public:
  explicit Workplace(SharedRows& of);
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  ~Workplace();

  ReadWorkspace& operator*() const { return *space_; }

 private:
  SharedRows& of_;
  ReadWorkspace* space_;
};

class SharedRows::Part {
 public:
  /// Adds the values of rows [first, first + n), which are not empty and of one block, to `band`, which is
  /// good as long as this lives. Errors as read().
  Part(SharedRows& of, std::uint64_t first, std::uint64_t n, ChunkBand& band);

  /// Writes the `n` rows of `band`, to which all parts have been added. Errors name nothing.
  void gather(const ChunkBand& band, std::uint64_t n, std::byte* to) const;

 private:
  SharedRows& of_;
  Workplace workplace_;
  std::optional<SharedBands::Use> used_;
};

}  // namespace evenscore
