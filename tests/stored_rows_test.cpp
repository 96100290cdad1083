// Rows by plain reads and our own decoders, at every batch size, against libhdf5's own reading.
#include "batch/stored_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <thread>

#include "batch/task_pool.h"
#include "evenscore/error.h"
#include "h5/describe.h"
#include "support/expect_error.h"
#include "support/h5_files.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using test::expect_error;
using test::TemporaryFolder;
using test::valid;

constexpr std::uint64_t kRows = 37, kColumns = 11;
constexpr std::size_t kPlenty = std::size_t{1} << 20;

struct Storage {
  const char* name;
  std::vector<hsize_t> chunk;  // {} = contiguous
  int gzip = 0;
  bool shuffle = false, fletcher32 = false, scaled = false;
  std::uint64_t first_written = 0, end_written = kRows;  // rows
  bool has_fill = false;
  bool compact = false;
  bool early = false;  // allocated whole and filled when it was made
};

const Storage kStorages[] = {
    {"contiguous", {}},
    {"compact", {}, 0, false, false, false, 0, kRows, true, true},
    {"contiguous, never written, with a fill value", {}, 0, false, false, false, 0, 0, true},
    {"contiguous, never written", {}, 0, false, false, false, 0, 0},
    {"contiguous, written in part", {}, 0, false, false, false, 5, 20, true},
    {"chunks of whole rows", {5, kColumns}},
    {"chunks of whole rows with filters", {5, kColumns}, 4, true, true},
    {"chunks beside each other", {8, 4}, 1, true},
    {"chunks of a column", {kRows, 1}, 6},
    {"chunks of a part of a column", {20, 1}, 6},
    {"chunks of a part of a column, shuffled", {20, 1}, 6, true, true},
    {"chunks of a part of a column, shuffled alone", {18, 1}, 0, true},
    {"shuffled chunks of a column that were never written in part",
     {17, 1},
     1,
     true,
     false,
     false,
     17,
     30,
     true},
    {"chunks of part of a row, shuffled", {1, 4}, 1, true},
    {"chunks of an element", {1, 1}},
    {"one chunk wider and longer than the dataset", {64, 32}, 2, true},
    {"chunks that were never written, with a fill value", {4, 3}, 3, true, true, false, 8, 16, true},
    {"chunks that were never written", {4, 3}, 3, false, false, false, 9, 22},
    {"chunks that were filled when it was made", {4, 3}, 0, false, false, false, 9, 22, true, false, true},
    {"no chunk was written", {6, 5}, 1, false, false, false, 0, 0, true},
    {"scale-offset", {7, 6}, 0, false, false, true},
};

struct Stored {
  h5::StoredDataset dataset;
  std::vector<std::byte> values;  // as libhdf5 reads them, in our byte order
};

// Numbers that differ, of `size` bytes each.
std::vector<std::byte> numbers(std::size_t count, std::size_t size) {
  std::vector<std::byte> bytes(count * size);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::byte>(i % size < 2 ? (i * 167) >> (8 * (i % size)) : i / 1000);
  return bytes;
}

hid_t creation(const Storage& storage, hid_t type) {
  const hid_t properties = valid(H5Pcreate(H5P_DATASET_CREATE));
  if (!storage.chunk.empty()) H5Pset_chunk(properties, 2, storage.chunk.data());
  if (storage.scaled) H5Pset_scaleoffset(properties, H5Z_SO_INT, 0);
  if (storage.shuffle) H5Pset_shuffle(properties);
  if (storage.gzip > 0) H5Pset_deflate(properties, static_cast<unsigned>(storage.gzip));
  if (storage.fletcher32) H5Pset_fletcher32(properties);
  if (storage.compact) H5Pset_layout(properties, H5D_COMPACT);
  if (storage.early) H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY);
  if (storage.has_fill) {
    const std::vector<std::byte> fill = numbers(3, H5Tget_size(type));
    H5Pset_fill_value(properties, type, fill.data() + H5Tget_size(type));
  }
  return properties;
}

void make(const std::string& path, const Storage& storage, hid_t type, hid_t native) {
  const hid_t file = valid(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  const hsize_t shape[] = {kRows, kColumns};
  const hsize_t unlimited[] = {H5S_UNLIMITED, H5S_UNLIMITED};
  const bool grows = !storage.chunk.empty() && storage.chunk[0] > kRows;  // else a chunk may not be longer
  const hid_t space = valid(H5Screate_simple(2, shape, grows ? unlimited : nullptr));
  const hid_t properties = creation(storage, type);
  const hid_t dataset = valid(H5Dcreate2(file, "X", type, space, H5P_DEFAULT, properties, H5P_DEFAULT));
  if (storage.end_written > storage.first_written) {
    const std::vector<std::byte> values = numbers(kRows * kColumns, H5Tget_size(native));
    const hsize_t start[] = {storage.first_written, 0};
    const hsize_t count[] = {storage.end_written - storage.first_written, kColumns};
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
    valid(H5Dwrite(dataset, native, space, space, H5P_DEFAULT, values.data()));
  }
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);
}

std::vector<std::byte> read_by_libhdf5(const std::string& path, hid_t native) {
  const hid_t file = valid(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  const hid_t dataset = valid(H5Dopen2(file, "X", H5P_DEFAULT));
  std::vector<std::byte> values(kRows * kColumns * H5Tget_size(native));
  valid(H5Dread(dataset, native, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  H5Dclose(dataset);
  H5Fclose(file);
  return values;
}

Stored make_stored(const std::string& path, const Storage& storage, ElementType element, bool big_endian) {
  const hid_t type = test::stored_type(element, big_endian), native = test::stored_type(element, false);
  make(path, storage, type, native);
  Stored stored{h5::describe(h5::Dataset(h5::File(h5::InputFile(path)), "/X")),
                read_by_libhdf5(path, native)};
  H5Tclose(type);
  H5Tclose(native);
  return stored;
}

std::vector<RowValue> values_of(const std::vector<std::uint64_t>& columns, ElementType as) {
  std::vector<RowValue> values;
  for (const std::uint64_t column : columns)
    values.push_back({0, 0, column, values.size() * element_size(as), as});
  return values;
}

std::vector<std::uint64_t> all_of(std::uint64_t n) {
  std::vector<std::uint64_t> all(n);
  for (std::uint64_t i = 0; i < n; ++i) all[i] = i;
  return all;
}

// Rows [first, first + n) of these columns, from all values.
std::vector<std::byte> wanted(const Stored& stored, bool transposed,
                              const std::vector<std::uint64_t>& columns, std::uint64_t first,
                              std::uint64_t n) {
  const std::size_t size = stored.dataset.element_bytes;
  std::vector<std::byte> rows;
  for (std::uint64_t row = first; row < first + n; ++row) {
    for (const std::uint64_t column : columns) {
      const std::uint64_t at = transposed ? column * kColumns + row : row * kColumns + column;
      const auto from = stored.values.begin() + static_cast<std::ptrdiff_t>(at * size);
      rows.insert(rows.end(), from, from + static_cast<std::ptrdiff_t>(size));
    }
  }
  return rows;
}

void read(StoredRows& rows, std::uint64_t first, std::uint64_t n, std::byte* to, TaskPool& pool) {
  StoredRows::Pieces pieces;
  rows.add_pieces(first, n, to, pool.threads(), pieces);
  pieces.run(pool);
}

// In order, `step` rows at a time.
std::vector<std::byte> read_all(StoredRows& rows, std::uint64_t step, TaskPool& pool) {
  std::vector<std::byte> read_rows(rows.rows() * rows.row_bytes());
  for (std::uint64_t first = 0; first < rows.rows(); first += step)
    read(rows, first, std::min(step, rows.rows() - first), read_rows.data() + first * rows.row_bytes(), pool);
  return read_rows;
}

struct Case {
  Storage storage;
  ElementType element;
  bool big_endian;
};

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.storage.name << ", " << element_name(one.element) << (one.big_endian ? " big" : " little");
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Storage& storage : kStorages) {
    all.push_back({storage, storage.scaled ? ElementType::i32 : ElementType::f64, false});
    all.push_back({storage, ElementType::i16, true});
  }
  return all;
}

class StoredRowsTest : public testing::TestWithParam<Case> {};

TEST_P(StoredRowsTest, ReadsWhatLibhdf5ReadsAtEveryBatchSize) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, GetParam().storage, GetParam().element, GetParam().big_endian);
  const std::size_t size = element_size(GetParam().element);
  TaskPool one(1), several(3);
  for (const bool transposed : {false, true}) {
    const std::uint64_t rows = transposed ? kColumns : kRows, columns = transposed ? kRows : kColumns;
    for (const auto& chosen : {all_of(columns), std::vector<std::uint64_t>{columns - 1, 0, 2}}) {
      for (const std::size_t kept : {std::size_t{0}, kPlenty}) {
        for (std::uint64_t step = 1; step <= rows; ++step) {
          StoredRows source(h5::InputFile(path), stored.dataset, transposed,
                            values_of(chosen, GetParam().element), chosen.size() * size, kept);
          ASSERT_EQ(source.rows(), rows);
          ASSERT_EQ(read_all(source, step, step % 2 == 0 ? several : one),
                    wanted(stored, transposed, chosen, 0, rows))
              << (transposed ? "transposed, " : "") << chosen.size() << " columns, " << step << " rows, kept "
              << kept;
        }
      }
    }
  }
}

TEST_P(StoredRowsTest, ReadsAnyRangeInAnyOrder) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, GetParam().storage, GetParam().element, GetParam().big_endian);
  const std::size_t size = element_size(GetParam().element);
  const std::vector<std::uint64_t> columns = all_of(kColumns);
  StoredRows source(h5::InputFile(path), stored.dataset, false, values_of(columns, GetParam().element),
                    kColumns * size, kPlenty);
  TaskPool pool(2);
  std::uint64_t state = 1;
  for (int i = 0; i < 200; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const std::uint64_t first = (state >> 33) % kRows, n = (state >> 45) % (kRows - first + 1);
    std::vector<std::byte> rows(n * kColumns * size);
    read(source, first, n, rows.data(), pool);
    ASSERT_EQ(rows, wanted(stored, false, columns, first, n)) << first << " + " << n;
  }
}

TEST_P(StoredRowsTest, ThreadsReadTheSameTogether) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, GetParam().storage, GetParam().element, GetParam().big_endian);
  const std::size_t size = element_size(GetParam().element);
  constexpr std::size_t kThreads = 3;
  for (const bool transposed : {false, true}) {
    const std::uint64_t rows = transposed ? kColumns : kRows, columns = transposed ? kRows : kColumns;
    for (const auto& chosen : {all_of(columns), std::vector<std::uint64_t>{columns - 1, 0, 2}}) {
      for (std::uint64_t piece = 1; piece <= rows; piece += 3) {
        const std::size_t row_bytes = chosen.size() * size;
        StoredRows source(h5::InputFile(path), stored.dataset, transposed,
                          values_of(chosen, GetParam().element), row_bytes, kPlenty);
        ASSERT_TRUE(source.share(kThreads, kPlenty));
        std::vector<std::byte> read_rows(rows * row_bytes);
        const std::uint64_t run = rows / kThreads + 1;
        std::vector<std::thread> threads;
        for (std::uint64_t first = 0; first < rows; first += run) {
          threads.emplace_back([&, first] {
            const std::uint64_t end = std::min(rows, first + run);
            for (std::uint64_t at = first; at < end; at += piece)
              source.read_shared(at, std::min(piece, end - at), read_rows.data() + at * row_bytes);
          });
        }
        for (std::thread& thread : threads) thread.join();
        ASSERT_EQ(read_rows, wanted(stored, transposed, chosen, 0, rows)) << piece << " rows at a time";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Storages, StoredRowsTest, testing::ValuesIn(cases()));

TEST(StoredRows, NumbersAreReadAsAWiderType) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  for (const bool big_endian : {false, true}) {
    const Stored stored = make_stored(path, {"", {8, 4}, 1, true}, ElementType::i16, big_endian);
    StoredRows source(h5::InputFile(path), stored.dataset, false, values_of({3, 9}, ElementType::f64), 16,
                      kPlenty);
    TaskPool pool(2);
    const std::vector<std::byte> bytes = read_all(source, 5, pool);
    for (std::uint64_t row = 0; row < kRows; ++row) {
      double read_values[2];
      std::int16_t held[2];
      std::memcpy(read_values, bytes.data() + row * 16, 16);
      std::memcpy(held, wanted(stored, false, {3, 9}, row, 1).data(), 4);
      EXPECT_EQ(read_values[0], held[0]);
      EXPECT_EQ(read_values[1], held[1]);
    }
  }
}

// Writes over every chunk, so that what is read from now on is what was kept.
void damage(const std::string& path, const h5::StoredDataset& dataset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  for (const h5::StoredChunk& chunk : dataset.chunks) {
    file.seekp(static_cast<std::streamoff>(chunk.offset));
    file << std::string(static_cast<std::size_t>(chunk.bytes), '\xEE');
  }
}

// How many of the pieces of these rows fail.
std::size_t failures(StoredRows& rows, std::uint64_t first, std::uint64_t n) {
  std::vector<std::byte> to(n * rows.row_bytes());
  StoredRows::Pieces pieces;
  rows.add_pieces(first, n, to.data(), 1, pieces);
  std::size_t failed = 0;
  for (const StoredRows::Piece& piece : pieces.first) {
    try {
      piece(0);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_file);
      EXPECT_NE(error.place().find("/X chunk "), std::string::npos) << error.what();
      EXPECT_FALSE(error.file().empty());
      ++failed;
    }
  }
  return failed;
}

TEST(StoredRows, KeepsDecodedChunksBetweenCallsAndNoMoreThanItMay) {
  constexpr std::size_t kChunkBytes = 10 * 4 * 8, kBeside = 3;
  for (const std::size_t chunks : {0, 1, 2, 3, 100}) {
    SCOPED_TRACE(chunks);
    const TemporaryFolder folder;
    const std::string path = folder.file("r.h5");
    const Stored stored = make_stored(path, {"", {10, 4}, 1}, ElementType::f64, false);
    StoredRows source(h5::InputFile(path), stored.dataset, false,
                      values_of(all_of(kColumns), ElementType::f64), kColumns * 8,
                      chunks == 0 ? kChunkBytes - 1 : chunks * kChunkBytes);
    EXPECT_EQ(source.band_rows(), 10U);
    EXPECT_EQ(source.band_bytes(), kBeside * kChunkBytes);
    EXPECT_EQ(failures(source, 0, 3), 0U);
    damage(path, stored.dataset);
    EXPECT_EQ(failures(source, 3, 4), kBeside - std::min(chunks, kBeside));
    EXPECT_EQ(failures(source, 10, 3), kBeside);  // and forgets the first band
    EXPECT_EQ(failures(source, 3, 4), kBeside);
  }
}

TEST(StoredRows, KeepsChunksOfTransposedRows) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, {"", {10, 4}, 1}, ElementType::f64, false);
  StoredRows source(h5::InputFile(path), stored.dataset, true, values_of(all_of(kRows), ElementType::f64),
                    kRows * 8, kPlenty);
  EXPECT_EQ(source.band_rows(), 4U);
  EXPECT_EQ(failures(source, 0, 3), 0U);
  damage(path, stored.dataset);
  EXPECT_EQ(failures(source, 3, 1), 0U);
  EXPECT_EQ(failures(source, 4, 1), 4U);
}

TEST(StoredRows, ThreadsTogetherNameTheChunkThatIsDamaged) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, {"", {10, 1}, 1, true}, ElementType::f64, false);
  damage(path, stored.dataset);
  StoredRows source(h5::InputFile(path), stored.dataset, false, values_of(all_of(kColumns), ElementType::f64),
                    kColumns * 8, kPlenty);
  ASSERT_TRUE(source.share(2, kPlenty));
  std::vector<std::byte> to(kColumns * 8);
  expect_error(ErrorCode::corrupt_file, {"/X chunk 11", path}, [&] { source.read_shared(10, 1, to.data()); });
}

TEST(StoredRows, AreNotSharedWhereThatTakesMoreMemoryThanItMay) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, {"", {10, 4}, 1}, ElementType::f64, false);
  constexpr std::size_t kBandBytes = 3 * 10 * 4 * 8;
  StoredRows source(h5::InputFile(path), stored.dataset, false, values_of(all_of(kColumns), ElementType::f64),
                    kColumns * 8, kPlenty);
  EXPECT_TRUE(source.share(2, 4 * kBandBytes));
  EXPECT_FALSE(source.share(2, 4 * kBandBytes - 1));
}

TEST(StoredRows, AFileThatBecameShorterIsAnError) {
  const TemporaryFolder folder;
  const std::string path = folder.file("r.h5");
  const Stored stored = make_stored(path, kStorages[0], ElementType::f64, false);
  StoredRows source(h5::InputFile(path), stored.dataset, false, values_of(all_of(kColumns), ElementType::f64),
                    kColumns * 8, kPlenty);
  std::filesystem::resize_file(path, *stored.dataset.offset + 100);
  TaskPool pool(1);
  std::vector<std::byte> to(kRows * kColumns * 8);
  expect_error(ErrorCode::corrupt_file, {"is truncated", "/X", path},
               [&] { read(source, 0, kRows, to.data(), pool); });
}

}  // namespace
}  // namespace evenscore
