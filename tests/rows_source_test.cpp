// Rows of HDF5 files: which dataset, which columns, every type and layout, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "evenscore/rows_file.h"
#include "support/expect_error.h"
#include "support/h5_files.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using test::DatasetLayout;
using test::expect_error;
using test::FileMaker;
using test::TemporaryFolder;

std::vector<double> counting(std::size_t n) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<double>(i) + 0.25;
  return values;
}

template <typename T>
std::vector<T> read_all(RowSource& source, std::int64_t step = 1'000'000) {
  std::vector<T> values(static_cast<std::size_t>(source.count() * source.columns()));
  for (std::int64_t row = 0; row < source.count(); row += step) {
    source.read(row, std::min(step, source.count() - row),
                reinterpret_cast<std::byte*>(values.data() + row * source.columns()));
  }
  if (source.share(2)) {  // threads get the same bytes
    std::vector<T> shared(values.size());
    for (std::int64_t row = 0; row < source.count(); row += step)
      source.read_shared(row, std::min(step, source.count() - row),
                         reinterpret_cast<std::byte*>(shared.data() + row * source.columns()));
    EXPECT_EQ(std::memcmp(shared.data(), values.data(), values.size() * sizeof(T)), 0);
  }
  return values;
}

// Element bytes of `element`, random-looking (NaN payloads among them), and the same in the other byte order.
TEST(RowSource, ReadsEveryTypeInBothByteOrdersToTheBit) {
  const TemporaryFolder folder;
  for (int i = 0; i < 11; ++i) {
    const auto element = static_cast<ElementType>(i);
    const std::size_t size = element_size(element);
    std::vector<std::uint8_t> native(12 * size);
    for (std::size_t b = 0; b < native.size(); ++b) native[b] = static_cast<std::uint8_t>(0xF1 + 37 * b);
    std::fill_n(native.begin(), size, std::uint8_t{0xFF});
    for (const bool big_endian : {false, true}) {
      SCOPED_TRACE(std::string(element_name(element)) + (big_endian ? " big" : " little"));
      std::vector<std::uint8_t> stored = native;
      for (std::size_t at = 0; big_endian && at < stored.size(); at += size) {
        std::reverse(stored.data() + at, stored.data() + at + size);
      }
      {
        FileMaker file(folder.file("r.h5"));
        file.dataset("X", test::stored_type(element, big_endian), {4, 3}, stored.data());
      }
      RowSource source = RowSource::open(folder.file("r.h5"));
      EXPECT_EQ(source.type(), element);
      EXPECT_EQ(source.count(), 4);
      EXPECT_EQ(source.columns(), 3);
      std::vector<std::uint8_t> read(native.size());
      source.read(0, 4, reinterpret_cast<std::byte*>(read.data()));
      EXPECT_EQ(read, native);
    }
  }
}

TEST(RowSource, ReadsBooleansAsBytes) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> values{1, 0, 0, 1};
  {
    FileMaker file(folder.file("r.h5"));
    file.dataset("X", test::boolean_type(), {2, 2}, values.data());
  }
  RowSource source = RowSource::open(folder.file("r.h5"));
  EXPECT_EQ(source.type(), ElementType::u8);
  EXPECT_EQ(read_all<std::uint8_t>(source), values);
}

TEST(RowSource, ReadsEveryLayoutAtEveryBatchSize) {
  const TemporaryFolder folder;
  const std::vector<double> values = counting(1000 * 7);
  const DatasetLayout layouts[] = {{},
                                   {{64, 7}, false, 0, false},
                                   {{64, 7}, true, 4, false},
                                   {{125, 2}, true, 4, true},
                                   {{300, 3}, false, 1, false},
                                   {{1000, 1}, true, 0, false}};
  for (std::size_t i = 0; i < std::size(layouts); ++i) {
    {
      FileMaker file(folder.file("r.h5"));
      file.numbers("X", ElementType::f64, {1000, 7}, values, layouts[i]);
    }
    RowSource source = RowSource::open(folder.file("r.h5"));
    for (const std::int64_t step : {1, 3, 63, 64, 65, 999, 1000}) {
      EXPECT_EQ(read_all<double>(source, step), values) << "layout " << i << " step " << step;
    }
  }
}

TEST(RowSource, BatchesAreWholeBandsOfChunks) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    const std::vector<double> values(2000 * 8);
    file.numbers("plain", ElementType::f64, {2000, 8}, values);
    file.numbers("narrow", ElementType::f64, {2000, 8}, values, {{150, 2}, true, 1, false});
    file.dataset("huge", H5T_IEEE_F64LE, {hsize_t{1} << 30, 1024}, nullptr, {{1 << 20, 1}, false, 1, false});
  }
  const auto rows = [&](const char* dataset, std::size_t target) {
    return RowSource::open(folder.file("r.h5"), {dataset, {}, false}).batch_rows(target);
  };
  EXPECT_EQ(rows("plain", 64 * 100), 100);
  EXPECT_EQ(rows("plain", 1), 1);
  EXPECT_EQ(rows("narrow", 64 * 500), 450);
  EXPECT_EQ(rows("narrow", 1), 150);
  EXPECT_EQ(rows("huge", std::size_t{1024} * 8 * 100), 100);
}

TEST(RowSource, PicksTheDataset) {
  const TemporaryFolder folder;
  const std::vector<double> values = counting(6);
  {
    FileMaker both(folder.file("both.h5"));
    both.numbers("a", ElementType::f64, {2, 3}, values);
    both.numbers("X", ElementType::f64, {3, 2}, values);
    FileMaker only(folder.file("only.h5"));
    only.group("g");
    only.numbers("g/m", ElementType::f64, {2, 3}, values);
    only.numbers("y", ElementType::f64, {6}, values);
    only.strings("names", {"a"}, true);
    FileMaker several(folder.file("several.h5"));
    several.numbers("train", ElementType::f64, {2, 3}, values);
    several.numbers("test", ElementType::i64, {3, 2}, std::vector<std::int64_t>(6));
    FileMaker none(folder.file("none.h5"));
    none.numbers("y", ElementType::f64, {6}, values);
    FileMaker empty(folder.file("empty.h5"));
    empty.group("g");
  }
  EXPECT_EQ(RowSource::open(folder.file("both.h5")).dataset(), "/X");
  EXPECT_EQ(RowSource::open(folder.file("both.h5"), {"/a", {}, false}).columns(), 3);
  EXPECT_EQ(RowSource::open(folder.file("only.h5")).dataset(), "/g/m");
  expect_error(ErrorCode::bad_request,
               {"several.h5", "/test (3, 2) int64", "/train (2, 3) float64", "--dataset"},
               [&] { RowSource::open(folder.file("several.h5")); });
  expect_error(ErrorCode::bad_request, {"none.h5", "/y (6) float64"},
               [&] { RowSource::open(folder.file("none.h5")); });
  expect_error(ErrorCode::bad_request, {"empty.h5"}, [&] { RowSource::open(folder.file("empty.h5")); });
  expect_error(ErrorCode::bad_request, {"only.h5", "nowhere"}, [&] {
    RowSource::open(folder.file("only.h5"), {"/g/nowhere", {}, false});
  });
}

TEST(RowSource, FollowsSoftLinksAndRefusesExternalOnes) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.group("g");
    file.numbers("g/m", ElementType::f64, {2, 3}, counting(6));
    H5Lcreate_soft("m", file.id(), "g/relative", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/g/relative", file.id(), "absolute", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/loop", file.id(), "loop", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("secret.h5", "/x", file.id(), "external", H5P_DEFAULT, H5P_DEFAULT);
  }
  const auto open = [&](const char* dataset) {
    return RowSource::open(folder.file("r.h5"), {dataset, {}, false});
  };
  EXPECT_EQ(open("absolute").count(), 2);
  expect_error(ErrorCode::corrupt_file, {"soft links"}, [&] { open("loop"); });
  expect_error(ErrorCode::unsupported, {"secret.h5"}, [&] { open("external"); });
}

TEST(RowSource, BindsByNameWhereBothSidesHaveNames) {
  const TemporaryFolder folder;
  for (const int writer : {0, 1, 2}) {
    SCOPED_TRACE(writer);
    {
      FileMaker file(folder.file("r.h5"));
      file.numbers("X", ElementType::f64, {2, 3}, counting(6));
      if (writer < 2) file.string_attribute("X", "feature_names", {"a", "b", "c"}, writer == 1);
      if (writer == 2) {
        file.strings("names", {"a", "b", "c"}, true);
        file.attach_scale("X", 2, 1, "/names");
      }
    }
    RowSource source = RowSource::open(folder.file("r.h5"), {"X", {}, false});
    EXPECT_EQ(source.feature_names(), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(source.bind(2, {"c", "a"}));
    EXPECT_EQ(read_all<double>(source, 1), (std::vector<double>{2.25, 0.25, 5.25, 3.25}));
    EXPECT_EQ(source.feature_names(), (std::vector<std::string>{"c", "a"}));

    RowSource missing = RowSource::open(folder.file("r.h5"), {"X", {}, false});
    expect_error(ErrorCode::shape_mismatch, {"r.h5", "X", "lacks 2 of 3", "x, y", "a, b, c"}, [&] {
      missing.bind(3, {"x", "b", "y"});
    });
  }
}

TEST(RowSource, RefusesTwoColumnsOfOneName) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("X", ElementType::f64, {2, 3}, counting(6));
    file.string_attribute("X", "feature_names", {"a", "b", "a"}, true);
  }
  RowSource source = RowSource::open(folder.file("r.h5"));
  expect_error(ErrorCode::shape_mismatch, {"/X", "several columns named a"}, [&] {
    source.bind(2, {"a", "b"});
  });
  EXPECT_TRUE(source.bind(1, {"b"}));
}

TEST(RowSource, BindsByPositionOtherwiseAndTheCountMustMatch) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("X", ElementType::f64, {2, 3}, counting(6));
  }
  RowSource source = RowSource::open(folder.file("r.h5"));
  EXPECT_FALSE(source.bind(3, {"x", "y", "z"}));
  expect_error(ErrorCode::shape_mismatch, {"r.h5", "/X", "3 columns", "takes 4"},
               [&] { source.bind(4, {}); });
  expect_error(ErrorCode::shape_mismatch, {"--transpose"}, [&] { source.bind(2, {}); });
  expect_error(ErrorCode::bad_request, {"names no columns"}, [&] {
    RowSource::open(folder.file("r.h5"), {"", {"a"}, false});
  });
}

TEST(RowSource, SelectsAndTransposes) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("X", ElementType::f64, {2, 3}, counting(6));
    file.string_attribute("X", "feature_names", {"a", "b", "c"}, true);
    file.numbers("T", ElementType::f64, {2, 3}, counting(6), {{1, 2}, false, 1, false});
  }
  RowSource chosen = RowSource::open(folder.file("r.h5"), {"X", {"c", "b"}, false});
  EXPECT_FALSE(chosen.bind(2, {}));
  EXPECT_EQ(read_all<double>(chosen), (std::vector<double>{2.25, 1.25, 5.25, 4.25}));
  RowSource turned = RowSource::open(folder.file("r.h5"), {"T", {}, true});
  EXPECT_EQ(turned.count(), 3);
  EXPECT_EQ(read_all<double>(turned, 2), (std::vector<double>{0.25, 3.25, 1.25, 4.25, 2.25, 5.25}));
}

TEST(RowSource, ReadsAGroupOfColumns) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.group("t");
    file.numbers("t/b", ElementType::f32, {3}, std::vector<float>{1, 2, 3});
    file.numbers("t/a", ElementType::f32, {3}, std::vector<float>{4, 5, 6}, {{2}, true, 1, false});
    file.group("odd");
    file.numbers("odd/a", ElementType::f32, {3}, std::vector<float>{1, 2, 3});
    file.numbers("odd/b", ElementType::f32, {2}, std::vector<float>{1, 2});
    file.group("mixed");
    file.numbers("mixed/a", ElementType::f32, {3}, std::vector<float>{1, 2, 3});
    file.numbers("mixed/b", ElementType::f64, {3}, std::vector<double>{1, 2, 3});
    file.strings("mixed/s", {"x", "y", "z"}, true);
  }
  const auto open = [&](const char* group, std::vector<std::string> columns = {}) {
    return RowSource::open(folder.file("r.h5"), {group, std::move(columns), false});
  };
  RowSource source = open("t");
  EXPECT_TRUE(source.bind(2, {"b", "a"}));
  EXPECT_EQ(read_all<float>(source, 2), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  RowSource unnamed = open("t");
  expect_error(ErrorCode::shape_mismatch, {"--columns"}, [&] { unnamed.bind(2, {}); });
  RowSource ordered = open("t", {"b", "a"});
  EXPECT_FALSE(ordered.bind(2, {}));
  EXPECT_EQ(read_all<float>(ordered), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  expect_error(ErrorCode::shape_mismatch, {"odd/b", "2 rows", "a has 3"}, [&] { open("odd"); });
  RowSource mixed = open("mixed", {"a", "b"});
  EXPECT_EQ(mixed.type(), ElementType::f64);
  EXPECT_EQ(read_all<double>(mixed), (std::vector<double>{1, 1, 2, 2, 3, 3}));
  RowSource with_text = open("mixed");
  expect_error(ErrorCode::unsupported, {"mixed", "s", "string"}, [&] { with_text.bind(2, {"a", "s"}); });
  EXPECT_TRUE(with_text.bind(1, {"a"}));
  EXPECT_EQ(with_text.type(), ElementType::f32);
  expect_error(ErrorCode::unsupported, {"mixed s", "string"}, [&] { open("mixed", {"a", "s"}); });
  EXPECT_EQ(open("mixed", {"a"}).columns(), 1);
}

TEST(RowSource, RefusesABooleanOfSevenAlsoWhereItBecomesANumber) {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> flags{1, 7};
  {
    FileMaker file(folder.file("r.h5"));
    file.group("t");
    file.dataset("t/flag", test::boolean_type(), {2}, flags.data());
    file.numbers("t/a", ElementType::f64, {2}, std::vector<double>{1, 2});
    file.dataset("t/chunked", test::boolean_type(), {2}, flags.data(), {{2}, true, 1, false});
  }
  for (const std::vector<std::string>& columns :
       {std::vector<std::string>{"flag"}, {"flag", "a"}, {"a", "chunked"}, {"chunked"}}) {
    RowSource source = RowSource::open(folder.file("r.h5"), {"t", columns, false});
    const std::string flag = columns.back() == "chunked" ? "t/chunked" : "t/flag";
    EXPECT_EQ(source.type(), columns.size() == 1 ? ElementType::u8 : ElementType::f64);
    std::vector<std::byte> rows(64);
    source.read(0, 1, rows.data());
    expect_error(ErrorCode::corrupt_file, {"r.h5", flag, "boolean"}, [&] { source.read(0, 2, rows.data()); });
    ASSERT_TRUE(source.share(2));
    source.read_shared(0, 1, rows.data());
    expect_error(ErrorCode::corrupt_file, {"r.h5", flag, "boolean"},
                 [&] { source.read_shared(0, 2, rows.data()); });
  }
}

TEST(RowSource, RefusesWhatIsNoMatrixOfNumbers) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("vector", ElementType::f64, {6}, counting(6));
    file.numbers("cube", ElementType::f64, {1, 2, 3}, counting(6));
    file.strings("text", {"a"}, false);
    file.dataset("wide", H5T_NATIVE_LDOUBLE, {2, 2}, nullptr);
    const hid_t pair = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(pair, "re", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(pair, "im", 8, H5T_NATIVE_DOUBLE);
    file.dataset("complex", pair, {2, 2}, nullptr);
    H5Tclose(pair);
    file.dataset("big_chunks", H5T_IEEE_F64LE, {1 << 26, 1}, nullptr, {{1 << 26, 1}, false, 1, false});
    file.dataset("bomb", H5T_IEEE_F64LE, {hsize_t{1} << 62, hsize_t{1} << 62}, nullptr,
                 {{1, 1}, false, 0, false});
  }
  const auto refused = [&](const char* dataset, ErrorCode code, const std::vector<std::string>& parts) {
    expect_error(code, parts, [&] { RowSource::open(folder.file("r.h5"), {dataset, {}, false}); });
  };
  refused("vector", ErrorCode::shape_mismatch, {"r.h5", "vector", "(6)"});
  refused("cube", ErrorCode::shape_mismatch, {"cube", "(1, 2, 3)"});
  refused("text", ErrorCode::unsupported, {"text", "string"});
  refused("wide", ErrorCode::unsupported, {"wide", "128-bit float"});
  refused("complex", ErrorCode::unsupported, {"complex", "compound"});
  refused("big_chunks", ErrorCode::limit_exceeded, {"big_chunks", "256 MiB"});
  refused("bomb", ErrorCode::limit_exceeded, {"bomb"});
}

TEST(RowSource, NoticesAFileThatChanges) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("X", ElementType::f64, {2, 3}, counting(6));
  }
  RowSource source = RowSource::open(folder.file("r.h5"));
  std::vector<double> row(3);
  source.read(0, 1, reinterpret_cast<std::byte*>(row.data()));
  std::ofstream(folder.file("r.h5"), std::ios::app) << "more";
  expect_error(ErrorCode::corrupt_file, {"r.h5", "changed"},
               [&] { source.read(1, 1, reinterpret_cast<std::byte*>(row.data())); });
}

TEST(RowSource, ChecksTheRowsAskedFor) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("X", ElementType::f64, {2, 3}, counting(6));
  }
  RowSource source = RowSource::open(folder.file("r.h5"));
  std::vector<double> rows(9);
  auto* bytes = reinterpret_cast<std::byte*>(rows.data());
  source.read(2, 0, bytes);
  expect_error(ErrorCode::bad_request, {"r.h5"}, [&] { source.read(1, 2, bytes); });
  expect_error(ErrorCode::bad_request, {"r.h5"}, [&] { source.read(-1, 1, bytes); });
}

TEST(RowSource, ReadsSeveralFilesAndARangeOfThem) {
  const TemporaryFolder folder;
  const std::vector<double> values = counting(10 * 3);
  const std::vector<std::int64_t> ids{100, 101, 102, 103, 104, 105, 106, 107, 108, 109};
  for (const auto& [name, first, n] :
       {std::tuple{"a.h5", 0, 4}, std::tuple{"b.h5", 4, 0}, std::tuple{"c.h5", 4, 6}}) {
    FileMaker file(folder.file(name));
    const auto count = static_cast<hsize_t>(n);
    file.numbers("X", ElementType::f64, {count, 3},
                 std::vector<double>(values.begin() + 3 * first, values.begin() + 3 * (first + n)));
    file.numbers("id", ElementType::i64, {count},
                 std::vector<std::int64_t>(ids.begin() + first, ids.begin() + first + n));
  }
  RowsOptions options;
  options.more_files = {folder.file("b.h5"), folder.file("c.h5")};
  options.copies = {"id"};
  EXPECT_EQ(RowSource::open(folder.file("a.h5"), options).count(), 10);
  options.first_row = 2;
  options.end_row = 9;
  RowSource source = RowSource::open(folder.file("a.h5"), options);
  ASSERT_EQ(source.count(), 7);
  for (const std::int64_t step : {1, 2, 5, 7})
    EXPECT_EQ(read_all<double>(source, step), std::vector<double>(values.begin() + 6, values.begin() + 27))
        << step;
  std::vector<std::int64_t> copied(5);
  source.read_copied(0, 1, 5, reinterpret_cast<std::byte*>(copied.data()));
  EXPECT_EQ(copied, (std::vector<std::int64_t>{103, 104, 105, 106, 107}));
  EXPECT_EQ(source.place_of(1).path, folder.file("a.h5"));
  EXPECT_EQ(source.place_of(1).row, 3);
  EXPECT_EQ(source.place_of(2).path, folder.file("c.h5"));
  EXPECT_EQ(source.place_of(2).row, 0);
  expect_error(ErrorCode::bad_request, {"rows 0 to 8 of 7"}, [&] { source.read(0, 8, nullptr); });
  options.end_row = 11;
  expect_error(ErrorCode::bad_request, {"--row-range"},
               [&] { RowSource::open(folder.file("a.h5"), options); });
}

TEST(RowSource, SaysThatAChunkIsDamaged) {
  const TemporaryFolder folder;
  const std::vector<double> values = counting(7000);
  {
    FileMaker file(folder.file("r.h5"));
    file.numbers("X", ElementType::f64, {1000, 7}, values, {{1000, 7}, false, 0, true});
  }
  std::vector<char> bytes = test::file_bytes(folder.file("r.h5"));
  const auto* pattern = reinterpret_cast<const char*>(values.data());
  const auto chunk =
      std::search(bytes.begin(), bytes.end(), pattern, pattern + values.size() * sizeof(double));
  ASSERT_NE(chunk, bytes.end());
  chunk[20'000] = static_cast<char>(~chunk[20'000]);
  test::write_bytes(folder.file("r.h5"), bytes);
  RowSource source = RowSource::open(folder.file("r.h5"));
  expect_error(ErrorCode::corrupt_file, {"r.h5", "/X"}, [&] { read_all<double>(source); });
}

}  // namespace
}  // namespace evenscore
