#include "batch/journal_record.h"

#include <gtest/gtest.h>

#include <vector>

#include "evenscore/error.h"

namespace evenscore {
namespace {

BlockHash hash_of(int seed) {
  BlockHash hash;
  for (std::size_t i = 0; i < hash.size(); ++i)
    hash[i] = static_cast<std::byte>(seed * 31 + static_cast<int>(i));
  return hash;
}

JournalHeader header() {
  JournalHeader made;
  made.fingerprint = {{"arithmetic", "exact"}, {"number of rows", "1000000"}, {"empty", ""}};
  made.columns = {{"label", 4096, 8}, {"proba", 8'004'096, 16}};
  made.rows_digest_offset = 900;
  made.outputs_digest_offset = 1000;
  made.frame = "abc";
  return made;
}

std::vector<std::byte> journal(int records) {
  const std::vector<std::byte> head = encode_header(header());
  std::vector<std::byte> bytes = head;
  for (int i = 0; i < records; ++i) {
    const JournalRecord record{hash_of(3 * i), {hash_of(3 * i + 1), hash_of(3 * i + 2)}};
    const std::vector<std::byte> next = encode_record(head, static_cast<std::uint64_t>(i), record);
    bytes.insert(bytes.end(), next.begin(), next.end());
  }
  return bytes;
}

TEST(JournalRecord, ReadsBackWhatWasWritten) {
  const std::vector<std::byte> bytes = journal(3);
  const Journal read = decode_journal(bytes);
  EXPECT_EQ(read.header.fingerprint, header().fingerprint);
  EXPECT_EQ(read.header.columns, header().columns);
  EXPECT_EQ(read.header.rows_digest_offset, 900U);
  EXPECT_EQ(read.header.outputs_digest_offset, 1000U);
  EXPECT_EQ(read.header.frame, "abc");
  EXPECT_EQ(read.bytes, bytes.size());
  ASSERT_EQ(read.records.size(), 3U);
  EXPECT_EQ(read.records[2].rows, hash_of(6));
  EXPECT_EQ(read.records[2].columns, (std::vector<BlockHash>{hash_of(7), hash_of(8)}));
}

TEST(JournalRecord, CutAnywhereItHoldsTheWholeRecordsBefore) {
  const std::vector<std::byte> bytes = journal(3);
  const std::size_t head = encode_header(header()).size(), record = (bytes.size() - head) / 3;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const std::span<const std::byte> kept(bytes.data(), cut);
    if (cut < head) {
      EXPECT_THROW(decode_journal(kept), Error) << cut;
    } else {
      EXPECT_EQ(decode_journal(kept).records.size(), (cut - head) / record) << cut;
    }
  }
}

TEST(JournalRecord, AFlippedBitAnywhereIsSeen) {
  const std::vector<std::byte> bytes = journal(3);
  const std::size_t head = encode_header(header()).size(), record = (bytes.size() - head) / 3;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::vector<std::byte> flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    if (bit / 8 < head) {
      EXPECT_THROW(decode_journal(flipped), Error) << bit;
    } else {
      EXPECT_EQ(decode_journal(flipped).records.size(), (bit / 8 - head) / record) << bit;
    }
  }
}

TEST(JournalRecord, ARecordOfAnotherJournalIsNone) {
  JournalHeader other = header();
  other.fingerprint[0].second = "sklearn";
  const JournalRecord record{hash_of(1), {hash_of(2), hash_of(3)}};
  std::vector<std::byte> bytes = encode_header(header());
  const std::vector<std::byte> foreign = encode_record(encode_header(other), 0, record);
  bytes.insert(bytes.end(), foreign.begin(), foreign.end());
  EXPECT_TRUE(decode_journal(bytes).records.empty());
}

}  // namespace
}  // namespace evenscore
