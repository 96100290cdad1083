// The journal of an unfinished run; also with its checksums made right, which fuzzing does not guess.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "batch/journal_record.h"
#include "evenscore/error.h"
#include "fuzz/targets.h"

namespace evenscore::fuzz {
namespace {

constexpr std::size_t kBeforeBody =
    20 + sizeof(std::uint64_t);  // what every journal begins with, and a length
constexpr std::size_t kCheck = sizeof(std::uint64_t);

std::vector<std::byte> encoded(const Journal& journal) {
  const std::vector<std::byte> header = encode_header(journal.header);
  std::vector<std::byte> bytes = header;
  for (std::size_t i = 0; i < journal.records.size(); ++i) {
    const std::vector<std::byte> record = encode_record(header, i, journal.records[i]);
    bytes.insert(bytes.end(), record.begin(), record.end());
  }
  return bytes;
}

// What it accepts is what these bytes are.
std::size_t columns_of(std::span<const std::byte> bytes) {
  const Journal journal = decode_journal(bytes);
  const std::vector<std::byte> again = encoded(journal);
  expect(journal.bytes == again.size() && std::equal(again.begin(), again.end(), bytes.begin()));
  return journal.header.columns.size();
}

void put_check(std::span<std::byte> bytes, std::size_t end, std::size_t begin, std::uint64_t seed) {
  const std::uint64_t check = XXH3_64bits_withSeed(bytes.data() + begin, end - begin, seed);
  std::memcpy(bytes.data() + end, &check, kCheck);
}

}  // namespace

void journal(std::span<const std::byte> bytes) {
  try {
    columns_of(bytes);
  } catch (const Error&) {
  }
  if (bytes.size() < kBeforeBody + kCheck) return;
  std::vector<std::byte> mended(bytes.begin(), bytes.end());
  const std::vector<std::byte> empty = encode_header({});
  std::copy_n(empty.begin(), kBeforeBody - sizeof(std::uint64_t), mended.begin());
  std::uint64_t body = 0;
  std::memcpy(&body, mended.data() + kBeforeBody - sizeof(body), sizeof(body));
  body = std::min<std::uint64_t>(body, mended.size() - kBeforeBody - kCheck);
  std::memcpy(mended.data() + kBeforeBody - sizeof(body), &body, sizeof(body));
  const std::size_t end = kBeforeBody + static_cast<std::size_t>(body);
  put_check(mended, end, 0, 0);
  try {
    const std::size_t size = sizeof(std::uint64_t) + sizeof(BlockHash) * (1 + columns_of(mended)) + kCheck;
    const std::uint64_t seed = XXH3_64bits_withSeed(mended.data(), end + kCheck, 1);
    for (std::size_t at = end + kCheck; mended.size() - at >= size; at += size)
      put_check(mended, at + size - kCheck, at, seed);
    columns_of(mended);
  } catch (const Error&) {
  }
}

}  // namespace evenscore::fuzz
