// Digests of rows: known values, and no dependence on how rows are handed over.
#include <gtest/gtest.h>

#include <numeric>

#include "base/sha256.h"
#include "batch/block_digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace evenscore {
namespace {

constexpr char kEmptySha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::vector<std::byte> rows(std::size_t count, std::size_t row_bytes) {
  std::vector<std::byte> bytes(count * row_bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>((i * 2654435761U) >> 13);
  return bytes;
}

std::string digest_in_steps(const std::vector<std::byte>& bytes, std::size_t row_bytes, std::size_t step) {
  BlockDigest digest(row_bytes);
  const std::size_t count = bytes.size() / row_bytes;
  for (std::size_t row = 0; row < count; row += step) {
    const std::size_t n = std::min(step, count - row);
    digest.update(bytes.data() + row * row_bytes, static_cast<std::int64_t>(n));
  }
  return digest.hex();
}

TEST(Sha256, KnownValues) {
  EXPECT_EQ(sha256_hex({}), kEmptySha256);
  Sha256 hash;
  hash.update("a");
  Sha256 copy = hash;
  copy.update("bc");
  EXPECT_EQ(copy.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash.hex(), "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb");
}

TEST(BlockDigest, IsTheDocumentedConstruction) {
  const std::vector<std::byte> bytes = rows(65'536 + 3, 12);
  Sha256 expected;
  for (const auto& [from, count] : {std::pair<std::size_t, std::size_t>{0, 65'536}, {65'536, 3}}) {
    XXH128_canonical_t block;
    XXH128_canonicalFromHash(&block, XXH3_128bits(bytes.data() + from * 12, count * 12));
    expected.update(std::as_bytes(std::span(block.digest)));
  }
  EXPECT_EQ(digest_in_steps(bytes, 12, 65'539), expected.hex());
  EXPECT_EQ(BlockDigest(12).hex(), kEmptySha256);
}

TEST(BlockDigest, DoesNotDependOnTheSplit) {
  const std::vector<std::byte> bytes = rows(200'000, 5);
  const std::string whole = digest_in_steps(bytes, 5, 200'000);
  for (const std::size_t step : {1UL, 7UL, 65'535UL, 65'536UL, 65'537UL, 131'072UL}) {
    EXPECT_EQ(digest_in_steps(bytes, 5, step), whole) << step;
  }
}

TEST(BlockDigest, SeesEveryBlock) {
  std::vector<std::byte> bytes = rows(200'000, 5);
  const std::string whole = digest_in_steps(bytes, 5, 1000);
  for (const std::size_t row : {0UL, 65'535UL, 65'536UL, 199'999UL}) {
    bytes[row * 5 + 4] ^= std::byte{1};
    EXPECT_NE(digest_in_steps(bytes, 5, 1000), whole) << row;
    bytes[row * 5 + 4] ^= std::byte{1};
  }
}

TEST(BlockDigest, MayBeAskedBeforeTheEnd) {
  const std::vector<std::byte> bytes = rows(10, 5);
  BlockDigest digest(5);
  digest.update(bytes.data(), 4);
  EXPECT_EQ(digest.hex(), digest.hex());
  digest.update(bytes.data() + 20, 6);
  EXPECT_EQ(digest.hex(), digest_in_steps(bytes, 5, 10));
}

}  // namespace
}  // namespace evenscore
