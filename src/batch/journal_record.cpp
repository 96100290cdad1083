#include "batch/journal_record.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "evenscore/error.h"

namespace evenscore {
namespace {

constexpr std::string_view kMagic = "evenscore-journal-1\n";
constexpr std::size_t kCheckBytes = 8;

void put(std::vector<std::byte>& to, const void* bytes, std::size_t n) {
  if (n == 0) return;
  to.resize(to.size() + n);
  std::memcpy(to.data() + (to.size() - n), bytes, n);
}

void put(std::vector<std::byte>& to, std::uint64_t value) {
  put(to, &value, sizeof value);
}

void put(std::vector<std::byte>& to, const std::string& text) {
  put(to, std::uint64_t{text.size()});
  put(to, text.data(), text.size());
}

void put(std::vector<std::byte>& to, const BlockHash& hash) {
  put(to, hash.data(), hash.size());
}

std::uint64_t check_of(std::span<const std::byte> bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Error damaged() {
  return Error(ErrorCode::corrupt_file, "its header is damaged", {},
               "give --overwrite to start the run over");
}

/// Takes values off the front of bytes.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> take(std::uint64_t n) {
    if (n > bytes_.size()) throw damaged();
    const std::span<const std::byte> taken = bytes_.first(static_cast<std::size_t>(n));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

  std::string text() {
    const std::span<const std::byte> bytes = take(number());
    std::string text(bytes.size(), '\0');
    std::transform(bytes.begin(), bytes.end(), text.begin(),
                   [](std::byte b) { return static_cast<char>(b); });
    return text;
  }

  BlockHash hash() {
    BlockHash hash;
    const std::span<const std::byte> bytes = take(hash.size());
    std::copy(bytes.begin(), bytes.end(), hash.begin());
    return hash;
  }

  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
};

JournalHeader header_of(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  JournalHeader header;
  // Each entry takes bytes of its own, so a count that lies runs into the end.
  for (std::uint64_t n = reader.number(); n > 0; --n) {
    std::string name = reader.text();
    header.fingerprint.emplace_back(std::move(name), reader.text());
  }
  for (std::uint64_t n = reader.number(); n > 0; --n) {
    JournalColumn column;
    column.name = reader.text();
    column.offset = reader.number();
    column.row_bytes = reader.number();
    header.columns.push_back(std::move(column));
  }
  header.rows_digest_offset = reader.number();
  header.outputs_digest_offset = reader.number();
  header.frame = reader.text();
  if (!reader.empty()) throw damaged();
  return header;
}

std::optional<JournalRecord> record_of(std::span<const std::byte> bytes, std::uint64_t block,
                                       std::uint64_t seed) {
  const std::span<const std::byte> body = bytes.first(bytes.size() - kCheckBytes);
  Reader reader(body);
  if (Reader(bytes.last(kCheckBytes)).number() != check_of(body, seed)) return std::nullopt;
  if (reader.number() != block) return std::nullopt;
  JournalRecord record;
  record.rows = reader.hash();
  while (!reader.empty()) record.columns.push_back(reader.hash());
  return record;
}

}  // namespace

std::vector<std::byte> encode_header(const JournalHeader& header) {
  std::vector<std::byte> body;
  put(body, std::uint64_t{header.fingerprint.size()});
  for (const auto& [name, value] : header.fingerprint) {
    put(body, name);
    put(body, value);
  }
  put(body, std::uint64_t{header.columns.size()});
  for (const JournalColumn& column : header.columns) {
    put(body, column.name);
    put(body, column.offset);
    put(body, column.row_bytes);
  }
  put(body, header.rows_digest_offset);
  put(body, header.outputs_digest_offset);
  put(body, header.frame);
  std::vector<std::byte> bytes;
  put(bytes, kMagic.data(), kMagic.size());
  put(bytes, std::uint64_t{body.size()});
  put(bytes, body.data(), body.size());
  put(bytes, check_of(bytes, 0));
  return bytes;
}

std::vector<std::byte> encode_record(const std::vector<std::byte>& header, std::uint64_t block,
                                     const JournalRecord& record) {
  std::vector<std::byte> bytes;
  put(bytes, block);
  put(bytes, record.rows);
  for (const BlockHash& hash : record.columns) put(bytes, hash);
  put(bytes, check_of(bytes, check_of(header, 1)));
  return bytes;
}

Journal decode_journal(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  const std::span<const std::byte> magic = reader.take(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(),
                  [](std::byte a, char b) { return a == static_cast<std::byte>(b); })) {
    throw damaged();
  }
  const std::span<const std::byte> body = reader.take(reader.number());
  const std::uint64_t check = reader.number();
  const std::size_t checked = kMagic.size() + sizeof(std::uint64_t) + body.size();
  if (check != check_of(bytes.first(checked), 0)) throw damaged();
  Journal journal;
  journal.header = header_of(body);
  journal.bytes = checked + kCheckBytes;
  const std::uint64_t seed = check_of(bytes.first(checked + kCheckBytes), 1);
  const std::size_t size =
      sizeof(std::uint64_t) + sizeof(BlockHash) * (1 + journal.header.columns.size()) + kCheckBytes;
  while (bytes.size() - journal.bytes >= size) {
    std::optional<JournalRecord> record =
        record_of(bytes.subspan(static_cast<std::size_t>(journal.bytes), size), journal.records.size(), seed);
    if (!record) break;
    journal.records.push_back(std::move(*record));
    journal.bytes += size;
  }
  return journal;
}

}  // namespace evenscore
