// What the process that parses a file of rows answers: read back as it was written, and every lie refused.
#include "batch/rows_plan.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "evenscore/error.h"
#include "support/expect_error.h"

namespace evenscore {
namespace {

using test::expect_error;

constexpr std::uint64_t kFileBytes = 1000;

h5::StoredField number(ElementType element) {
  h5::StoredField field;
  field.type = h5::StoredType{h5::ValueKind::numeric, element, 0};
  field.type_name = std::string(element_name(element));
  return field;
}

h5::StoredDataset dataset(const char* path, ElementType element, std::vector<std::uint64_t> shape) {
  h5::StoredDataset made;
  made.path = path;
  made.shape = std::move(shape);
  made.type_name = std::string(element_name(element));
  made.element_bytes = element_size(element);
  made.fields = {number(element)};
  return made;
}

// Ten rows of four columns in six chunks of 96 bytes, one of them never written; a contiguous and a compact
// column to copy; and a table of which nothing is read.
RowsPlan sample() {
  RowsPlan plan;
  plan.path = "/X";
  plan.rows = 10;
  h5::StoredDataset matrix = dataset("/X", ElementType::f64, {10, 4});
  matrix.layout = h5::Layout::chunked;
  matrix.chunk = {4, 3};
  for (std::uint64_t i = 0; i < 6; ++i) matrix.chunks.push_back({100 + 96 * i, 96, 0});
  matrix.chunks[4] = {};
  matrix.fill.assign(8, std::byte{7});
  matrix.texts["feature_names"] = {"a", "b", "c", "d"};
  matrix.texts["none"] = {};
  matrix.row_names = {"r"};
  matrix.column_names = {"k", "\xC3\xA4"};
  h5::StoredDataset plain = dataset("/y", ElementType::i64, {10});
  plain.offset = 700;
  h5::StoredDataset compact = dataset("/z", ElementType::u16, {10});
  compact.layout = h5::Layout::compact;
  compact.compact.assign(20, std::byte{1});
  h5::StoredDataset table = dataset("/t", ElementType::f32, {3});
  table.is_compound = true;
  table.element_bytes = 28;
  table.fields.push_back(number(ElementType::i16));
  table.fields[0].name = "a.b";
  table.fields[1].offset = 4;
  table.fields[1].count = 4;
  table.fields[1].big_endian = true;
  h5::StoredField text;
  text.offset = 12;
  text.type = h5::StoredType{h5::ValueKind::string, ElementType::u8, 16};
  text.padding = h5::Padding::space_padded;
  table.fields.push_back(text);
  table.fields.push_back({});
  table.fields.back().type_name = "a reference";
  table.layout = h5::Layout::chunked;
  table.chunk = {2};
  table.filters = {{2, {28}}, {1, {4}}};
  plan.datasets = {matrix, plain, compact, table};
  for (std::uint64_t i = 0; i < 4; ++i) plan.columns.push_back({0, 0, 0, i, {}});
  plan.columns[3].unreadable = "is what nobody reads";
  plan.names = {"a", "b", "c", "d"};
  plan.copies = {{1, 0, 0, 0, {}}, {2, 0, 0, 0, {}}};
  return plan;
}

std::vector<std::byte> bytes_of(const RowsPlan& plan) {
  h5::AnswerWriter out;
  write_plan(out, plan);
  return out.take();
}

RowsPlan read_back(std::span<const std::byte> bytes, std::uint64_t file_bytes = kFileBytes) {
  h5::AnswerReader in(bytes);
  RowsPlan plan = read_plan(in, file_bytes);
  in.finish();
  return plan;
}

// That the sample with one change is refused with these words.
void expect_refused(const std::string& words, const std::function<void(RowsPlan&)>& change,
                    ErrorCode code = ErrorCode::corrupt_file) {
  SCOPED_TRACE(words);
  RowsPlan plan = sample();
  change(plan);
  expect_error(code, {words}, [&] { read_back(bytes_of(plan)); });
}

void expect_dataset_refused(const std::string& words, std::size_t which,
                            const std::function<void(h5::StoredDataset&)>& change,
                            ErrorCode code = ErrorCode::corrupt_file) {
  expect_refused(
      words, [&](RowsPlan& plan) { change(plan.datasets[which]); }, code);
}

TEST(RowsPlan, IsReadBackAsItWasWritten) {
  for (const bool turned : {false, true}) {
    RowsPlan plan = sample();
    if (turned) {
      plan.transposed = true;
      plan.has_order = false;
      plan.datasets[0].shape = {4, 10};
      plan.datasets[0].chunk = {3, 4};
    }
    const std::vector<std::byte> bytes = bytes_of(plan);
    const RowsPlan again = read_back(bytes);
    EXPECT_EQ(bytes_of(again), bytes);
    EXPECT_EQ(again.path, "/X");
    EXPECT_EQ(again.rows, 10U);
    EXPECT_EQ(again.transposed, turned);
    EXPECT_EQ(again.has_order, !turned);
    EXPECT_EQ(again.names, plan.names);
    EXPECT_EQ(again.datasets.size(), 4U);
    EXPECT_EQ(again.datasets[0].chunks[5].offset, 580U);
    EXPECT_EQ(again.datasets[0].texts, plan.datasets[0].texts);
    EXPECT_EQ(again.datasets[1].offset, std::optional<std::uint64_t>(700));
    EXPECT_EQ(again.datasets[2].compact, plan.datasets[2].compact);
    EXPECT_EQ(again.datasets[3].filters[1].values, std::vector<std::uint32_t>{4});
    EXPECT_EQ(again.columns[3].unreadable, "is what nobody reads");
  }
}

TEST(RowsPlan, EveryTruncationIsRefused) {
  const std::vector<std::byte> bytes = bytes_of(sample());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    SCOPED_TRACE(length);
    expect_error(ErrorCode::corrupt_file, {}, [&] { read_back(std::span(bytes).first(length)); });
  }
  std::vector<std::byte> longer = bytes;
  longer.push_back({});
  expect_error(ErrorCode::corrupt_file, {"bytes after the answer"}, [&] { read_back(longer); });
}

// Every number of the answer made huge, and every byte changed: refused, or another plan that holds.
TEST(RowsPlan, NoChangedByteDoesHarm) {
  const std::vector<std::byte> bytes = bytes_of(sample());
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const std::size_t n : {std::size_t{1}, std::min<std::size_t>(8, bytes.size() - at)}) {
      std::vector<std::byte> changed = bytes;
      std::memset(changed.data() + at, 0xFF, n);
      try {
        read_back(changed);
      } catch (const Error& error) {
        EXPECT_TRUE(error.code() == ErrorCode::corrupt_file || error.code() == ErrorCode::unsupported)
            << at << ": " << error.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, bytes.size());
}

TEST(RowsPlan, ChunksLieInsideTheFileAndApart) {
  const auto chunk = [](std::size_t i, h5::StoredChunk to) {
    return [=](h5::StoredDataset& matrix) { matrix.chunks[i] = to; };
  };
  expect_dataset_refused("has a chunk at bytes 905 to 1001 of a file of 1000", 0, chunk(5, {905, 96, 0}));
  expect_dataset_refused("has a chunk at bytes 1001 to 1097 of a file of 1000", 0, chunk(5, {1001, 96, 0}));
  expect_dataset_refused("of a file of 1000", 0, chunk(5, {UINT64_MAX - 10, 96, 0}));
  expect_dataset_refused("of a file of 1000", 0, chunk(5, {10, UINT64_MAX - 5, 0}));
  expect_dataset_refused("has two chunks that share byte 196", 0, chunk(0, {101, 96, 0}));
  expect_dataset_refused("has two chunks that share byte 580", 0, chunk(0, {580, 96, 0}));
  expect_dataset_refused("has a chunk of 95 bytes in place of 96", 0, chunk(5, {580, 95, 0}));
  expect_dataset_refused("has a chunk that takes 200 bytes for 96", 0, chunk(5, {700, 200, 0}));
  expect_dataset_refused("skips filters that it does not have", 0, chunk(5, {580, 96, 1}));
  RowsPlan last = sample();
  last.datasets[0].chunks[5].offset = kFileBytes - 96;
  EXPECT_NO_THROW(read_back(bytes_of(last)));
  expect_error(ErrorCode::corrupt_file, {"of a file of 999"},
               [&] { read_back(bytes_of(last), kFileBytes - 1); });
}

TEST(RowsPlan, ThereAreAsManyChunksAsFit) {
  expect_dataset_refused("another number of chunks than fit", 0,
                         [](auto& matrix) { matrix.chunks.pop_back(); });
  expect_dataset_refused("another number of chunks than fit", 0,
                         [](auto& matrix) { matrix.chunks.emplace_back(); });
  expect_dataset_refused("a column without its chunks", 0, [](auto& matrix) { matrix.chunks.clear(); });
  expect_dataset_refused("another number of chunks than fit", 0, [](auto& matrix) { matrix.chunk = {5, 3}; });
  for (const auto& wrong : std::vector<std::vector<std::uint64_t>>{{}, {4}, {4, 3, 1}, {4, 0}})
    expect_dataset_refused("a chunk of another number of dimensions", 0,
                           [&](auto& matrix) { matrix.chunk = wrong; });
}

TEST(RowsPlan, ChunksAreNeitherTooManyNorTooLarge) {
  const auto table = [](std::vector<std::uint64_t> shape, std::vector<std::uint64_t> chunk) {
    return [=](h5::StoredDataset& dataset) {
      dataset.shape = shape;
      dataset.chunk = chunk;
      dataset.chunks.clear();
    };
  };
  expect_dataset_refused("too many chunks", 3, table({(1 << 22) + 1}, {1}));
  expect_dataset_refused("too many chunks", 3, table({1 << 20, 1 << 20}, {1, 1}));
  // Without rows it has no chunks, and as many beside each other.
  expect_dataset_refused("too many chunks", 3, table({0, std::uint64_t{1} << 56}, {1, 1}));
  expect_dataset_refused("a chunk is too large", 3, table({10}, {10 << 20}));
  expect_dataset_refused("a dataset larger than a file can be", 3, table({10}, {std::uint64_t{1} << 60}));
  expect_dataset_refused("a dataset larger than a file can be", 3,
                         table({std::uint64_t{1} << 32, std::uint64_t{1} << 32}, {1 << 20, 1}));
  RowsPlan most = sample();
  table({1 << 22}, {1})(most.datasets[3]);
  EXPECT_NO_THROW(read_back(bytes_of(most)));
}

TEST(RowsPlan, ContiguousAndCompactDataAreAsLongAsTheirShape) {
  expect_dataset_refused("is truncated: its 80 bytes begin at byte 921 of a file of 1000", 1,
                         [](auto& plain) { plain.offset = 921; });
  expect_dataset_refused("is truncated", 1, [](auto& plain) { plain.offset = UINT64_MAX - 3; });
  expect_dataset_refused("holds another number of bytes than its shape says", 2,
                         [](auto& compact) { compact.compact.pop_back(); });
  expect_dataset_refused("holds another number of bytes than its shape says", 2,
                         [](auto& compact) { compact.compact.push_back({}); });
  RowsPlan plan = sample();
  plan.datasets[1].offset = kFileBytes - 80;
  EXPECT_NO_THROW(read_back(bytes_of(plan)));
  plan.datasets[1].offset.reset();  // never written
  EXPECT_NO_THROW(read_back(bytes_of(plan)));
}

TEST(RowsPlan, ElementsAreAsLargeAsTheirTypes) {
  expect_dataset_refused("a fill value of another size than an element", 0,
                         [](auto& matrix) { matrix.fill.resize(7); });
  expect_dataset_refused("an element of no bytes", 0, [](auto& matrix) { matrix.element_bytes = 0; });
  expect_dataset_refused("a number is too large", 0, [](auto& matrix) { matrix.element_bytes = 65537; });
  expect_dataset_refused("an element of another size than its type", 1,
                         [](auto& plain) { plain.element_bytes = 9; });
  expect_dataset_refused("a field outside its element", 1, [](auto& plain) { plain.fields[0].offset = 1; });
  expect_dataset_refused("a field outside its element", 1, [](auto& plain) { plain.fields[0].count = 2; });
  expect_dataset_refused("a field of no value", 1, [](auto& plain) { plain.fields[0].count = 0; });
  expect_dataset_refused("a field outside its element", 3, [](auto& table) { table.fields[2].offset = 13; });
  expect_dataset_refused("another number of fields than there can be", 1,
                         [](auto& plain) { plain.fields.push_back(plain.fields[0]); });
  expect_dataset_refused("another number of fields than there can be", 3,
                         [](auto& table) { table.fields.clear(); });
  expect_dataset_refused("a type that there is not", 1, [](auto& plain) {
    plain.fields[0].type = h5::StoredType{h5::ValueKind::boolean, ElementType::i64, 0};
  });
  expect_dataset_refused("a type that there is not", 1,
                         [](auto& plain) { plain.fields[0].type->string_bytes = 4; });
}

TEST(RowsPlan, FiltersAreKnown) {
  const auto filter = [](std::uint32_t id) {
    return [=](h5::StoredDataset& matrix) { matrix.filters = {{id, {}}}; };
  };
  expect_dataset_refused("32123", 0, filter(32123), ErrorCode::unsupported);
  expect_dataset_refused("a number is too large", 0, [](auto& matrix) { matrix.filters.resize(33); });
  expect_dataset_refused("a number is too large", 0, [](auto& matrix) {
    matrix.filters = {{1, std::vector<std::uint32_t>(1025)}};
  });
}

TEST(RowsPlan, ColumnsLieInsideTheirDatasets) {
  const auto column = [](std::size_t i, PlannedColumn to) {
    return [=](RowsPlan& plan) { plan.columns[i] = to; };
  };
  expect_refused("a column of no dataset", column(0, {4, 0, 0, 0, {}}));
  expect_refused("a column of no field", column(0, {0, 1, 0, 0, {}}));
  expect_refused("a column of no field", column(3, {0, 1, 0, 0, "why"}));
  expect_refused("a column outside its field", column(0, {0, 0, 1, 0, {}}));
  expect_refused("a column outside its dataset", column(0, {0, 0, 0, 4, {}}));
  expect_refused("a column outside its dataset", column(0, {1, 0, 0, 1, {}}));
  expect_refused("a column of no value", column(0, {3, 3, 0, 0, {}}));
  expect_refused("a column of another number of rows", column(0, {3, 0, 0, 0, {}}));
  expect_refused("a column of another number of rows", [](RowsPlan& plan) { plan.rows = 11; });
  expect_refused("a column outside its dataset", [](RowsPlan& plan) {
    plan.transposed = true;
    plan.rows = 4;
    plan.columns[1].column = 10;
  });
  expect_refused("a column of another shape", [](RowsPlan& plan) { plan.datasets[1].shape = {5, 2, 1}; });
  expect_refused("a column outside its field", [](RowsPlan& plan) { plan.copies[0].item = 1; });
  expect_refused("another number of names", [](RowsPlan& plan) { plan.names.pop_back(); });
  expect_refused("a name is not UTF-8", [](RowsPlan& plan) { plan.names[0] = "\xFF"; });
  expect_refused("a number is too large", [](RowsPlan& plan) { plan.rows = kMostRows + 1; });
}

TEST(RowsPlan, NamesTogetherAreBounded) {
  expect_dataset_refused("a name is not UTF-8", 0, [](auto& matrix) { matrix.row_names = {"\xC3"}; });
  expect_dataset_refused("a text is too long", 0,
                         [](auto& matrix) { matrix.row_names = {std::string(65537, 'a')}; });
  expect_dataset_refused("names are too long", 0, [](auto& matrix) {
    matrix.texts["many"].assign(200, std::string(65536, 'a'));
    matrix.column_names.assign(57, std::string(65536, 'a'));
  });
}

}  // namespace
}  // namespace evenscore
