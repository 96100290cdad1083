#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/output_layout.h"
#include "h5/part_file.h"

namespace evenscore {

/// Where the digests are that a prediction file gets at its end, bytes from the start of the file.
struct DigestPlaces {
  static constexpr std::size_t kDigits = 64;  ///< of each

  std::uint64_t rows = 0;
  std::uint64_t outputs = 0;
};

/// The bytes of a part file that are no rows.
class PartFrame {
 public:
  /// As the columns' offsets say; nothing where columns overlap or leave the file. Throws storage_failure.
  static std::optional<PartFrame> read(const h5::PartFile& file, const OutputColumns& columns);

  /// Digest of all of it, in which the places of the digests count as zeros.
  std::string digest(const DigestPlaces& places) const;

  /// Where `text` is. Throws bad_request unless it is there once.
  std::uint64_t find(std::string_view text) const;

 private:
  std::map<std::uint64_t, std::vector<std::byte>> bytes_;  // by offset
};

/// Lays a prediction file out in an empty part file, takes all of its space, and sets the columns' offsets.
/// Throws storage_failure, bad_request for names that cannot be laid out.
DigestPlaces create_part(h5::PartFile& file, OutputLayout& layout);

}  // namespace evenscore
