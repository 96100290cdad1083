// A prediction file that is gone on with, whatever has become of its journal.
#include <gtest/gtest.h>

#include <filesystem>

#include "batch/block_digest.h"
#include "batch/journal_record.h"
#include "evenscore/prediction_file.h"
#include "support/expect_error.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using test::expect_error;
using test::TemporaryFolder;

constexpr std::int64_t kBlock = BlockDigest::kBlockRows;
constexpr std::int64_t kRows = 2 * kBlock + 100;
const std::string kRowsDigest(64, 'a');

PredictionLayout layout() {
  PredictionLayout made;
  made.rows = kRows;
  made.classes = {LabelKind::integer, ElementType::u8, {0, 1, 2}, {}, {}};
  made.wanted.label = true;
  made.pipeline_digest = std::string(64, 'b');
  made.arithmetic = "exact";
  made.source_name = "rows.h5";
  made.source_dataset = "/X";
  made.feature_order = "names";
  return made;
}

std::vector<std::int32_t> indices() {
  std::vector<std::int32_t> made(static_cast<std::size_t>(kRows));
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::int32_t>(i * i % 7 % 3);
  return made;
}

BlockHash hash_of(std::int64_t block) {
  BlockHash hash{};
  hash[3] = static_cast<std::byte>(block + 1);
  return hash;
}

class ResumedWriter : public testing::Test {
 protected:
  PredictionWriter writer(bool resume) {
    return PredictionWriter(path, layout(), {}, false, {{{"job", "a test"}}, {}, resume, 0.0, nullptr});
  }

  void write_blocks(PredictionWriter& to, std::int64_t until) {
    for (std::int64_t row = to.rows_written(); row < until;) {
      const std::int64_t n = std::min(kBlock, until - row);
      OutputsView outputs{};
      outputs.type = OutputType::f64;
      outputs.label_index = index.data() + row;
      const BlockHash hash = hash_of(row / kBlock);
      to.write(row, n, outputs, {&hash, n == kBlock ? 1U : 0U});
      row += n;
    }
  }

  // Leaves two blocks and a journal that tells of them; sets what an undisturbed run writes.
  void SetUp() override {
    {
      PredictionWriter whole_writer = writer(false);
      write_blocks(whole_writer, kRows);
      whole_writer.finish(kRowsDigest);
    }
    whole = test::file_bytes(path);
    std::filesystem::remove(path);
    {
      PredictionWriter unfinished = writer(false);
      write_blocks(unfinished, 2 * kBlock);
      EXPECT_EQ(unfinished.suspend(), 2 * kBlock);
    }
    part = test::file_bytes(path + ".part");
    journal = test::file_bytes(path + ".journal");
    const std::span<const char> bytes(journal);
    header = encode_header(decode_journal(std::as_bytes(bytes)).header).size();
    record = (journal.size() - header) / 2;
  }

  void expect_resumed(const std::vector<char>& damaged, std::int64_t blocks, bool to_the_end) {
    test::write_bytes(path + ".part", part);
    test::write_bytes(path + ".journal", damaged);
    PredictionWriter resumed = writer(true);
    EXPECT_EQ(resumed.rows_written(), blocks * kBlock);
    ASSERT_EQ(resumed.row_blocks().size(), static_cast<std::size_t>(blocks));
    for (std::int64_t i = 0; i < blocks; ++i)
      EXPECT_EQ(resumed.row_blocks()[static_cast<std::size_t>(i)], hash_of(i));
    if (!to_the_end) return;
    write_blocks(resumed, kRows);
    resumed.finish(kRowsDigest);
    EXPECT_EQ(test::file_bytes(path), whole);
    EXPECT_EQ(folder.names(), std::set<std::string>{"o.h5"});
    std::filesystem::remove(path);
  }

  std::int64_t blocks_before(std::size_t byte) const {
    return byte < header ? 0 : static_cast<std::int64_t>((byte - header) / record);
  }

  const TemporaryFolder folder;
  const std::string path = folder.file("o.h5");
  std::vector<std::int32_t> index = indices();
  std::vector<char> whole, part, journal;
  std::size_t header = 0, record = 0;
};

TEST_F(ResumedWriter, GoesOnAfterAJournalCutAnywhere) {
  for (std::size_t cut = 0; cut <= journal.size(); ++cut) {
    SCOPED_TRACE(cut);
    expect_resumed({journal.begin(), journal.begin() + static_cast<std::ptrdiff_t>(cut)}, blocks_before(cut),
                   cut % 16 == 0);
  }
}

TEST_F(ResumedWriter, GoesOnAfterAnyByteOfTheJournalIsFlipped) {
  for (std::size_t at = 0; at < journal.size(); ++at) {
    SCOPED_TRACE(at);
    std::vector<char> flipped = journal;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    expect_resumed(flipped, blocks_before(at), at % 16 == 0);
  }
}

TEST_F(ResumedWriter, WritesAgainWhatIsNotAsItWasNoted) {
  const std::span<const char> bytes(journal);
  const std::uint64_t rows = decode_journal(std::as_bytes(bytes)).header.columns.at(0).offset;
  const std::vector<char> sound = part;
  for (const auto& [place, blocks] :
       std::vector<std::pair<std::uint64_t, std::int64_t>>{{8, 0},  // of the frame
                                                           {rows - 1, 0},
                                                           {rows, 0},
                                                           {rows + kBlock - 1, 0},
                                                           {rows + kBlock, 1},
                                                           {rows + 2 * kBlock - 1, 1},
                                                           {rows + 2 * kBlock, 2}}) {
    SCOPED_TRACE(place);
    part = sound;
    part[place] = static_cast<char>(part[place] ^ 1);
    expect_resumed(journal, blocks, true);
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, sound.size() / 2, sound.size() - 1}) {
    SCOPED_TRACE(size);
    part.assign(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size));
    expect_resumed(journal, 0, true);
  }
}

TEST_F(ResumedWriter, LeavesAnUnfinishedRunThatIsNotAskedFor) {
  expect_error(ErrorCode::output_exists, {"o.h5", "131072 of 131172 rows", "--resume"},
               [&] { writer(false); });
  expect_error(ErrorCode::bad_request, {"another job", "a test then, another now"}, [&] {
    PredictionWriter(path, layout(), {}, false, {{{"job", "another"}}, {}, true, 0.0, nullptr});
  });
  EXPECT_EQ(test::file_bytes(path + ".part"), part);
  EXPECT_EQ(test::file_bytes(path + ".journal"), journal);
}

}  // namespace
}  // namespace evenscore
