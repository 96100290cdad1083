#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evenscore/prediction_file.h"

namespace evenscore {

/// Where the rows of one dataset lie in the unfinished file.
struct JournalColumn {
  std::string name;
  std::uint64_t offset = 0;     ///< bytes from the start of the file
  std::uint64_t row_bytes = 0;  ///< of one row

  bool operator==(const JournalColumn&) const = default;
};

/// The first part of a journal: what is being written, and where.
struct JournalHeader {
  Fingerprint fingerprint;
  std::vector<JournalColumn> columns;
  std::uint64_t rows_digest_offset = 0, outputs_digest_offset = 0;  ///< of the digits, filled in at the end
  std::string frame;  ///< digest of all bytes of the file that are neither rows nor those digits
};

/// A block of BlockDigest::kBlockRows rows that is on the disk.
struct JournalRecord {
  BlockHash rows{};                ///< of the rows that were read
  std::vector<BlockHash> columns;  ///< of what was written, in the header's order
};

/// A journal read back: records[i] is block i.
struct Journal {
  JournalHeader header;
  std::vector<JournalRecord> records;
  std::uint64_t bytes = 0;  ///< of the header and the records; what follows them is no record
};

/// The bytes of a header: "evenscore-journal-1\n", the length of what follows, it, and its XXH3-64.
std::vector<std::byte> encode_header(const JournalHeader& header);

/// The bytes of a record: its block's number, the hashes, and the XXH3-64 of these under a seed that `header`
/// gives, so that no record of another journal passes.
std::vector<std::byte> encode_record(const std::vector<std::byte>& header, std::uint64_t block,
                                     const JournalRecord& record);

/// Reads bytes that anyone may have written. Records end at the first that is cut short, out of order or
/// damaged. Throws corrupt_file when the header is. Memory is proportional to the bytes.
Journal decode_journal(std::span<const std::byte> bytes);

}  // namespace evenscore
