// Prediction files as written: what is in them, equal bytes, missing labels, and failures that leave nothing
// behind.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "base/sha256.h"
#include "batch/block_digest.h"
#include "evenscore/prediction_file.h"
#include "h5/tree.h"
#include "support/expect_error.h"
#include "support/h5_files.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using test::expect_error;
using test::TemporaryFolder;

const std::string kRowsDigest(64, 'a');
const Labels kStrings{LabelKind::string, ElementType::u8, {}, {}, {"no", "caf\u00e9", "yes"}};
const Labels kBinary{LabelKind::integer, ElementType::i64, {0, 1}, {}, {}};

// Results of a classifier of K classes, made up.
struct Results {
  std::vector<std::int32_t> index;
  std::vector<double> proba, log_proba, decision;
  std::vector<std::uint8_t> status;
  std::size_t classes;

  Results(std::size_t rows, std::size_t n_classes) : classes(n_classes) {
    for (std::size_t i = 0; i < rows; ++i) {
      index.push_back(static_cast<std::int32_t>(i * 7 % n_classes));
      status.push_back(0);
      for (std::size_t k = 0; k < n_classes; ++k) {
        proba.push_back(static_cast<double>(i * n_classes + k) / 1000);
        log_proba.push_back(-static_cast<double>(i + k));
        decision.push_back(static_cast<double>(i) - static_cast<double>(k));
      }
    }
  }

  OutputsView from(std::size_t row) {
    return {OutputType::f64,
            index.data() + row,
            proba.data() + row * classes,
            log_proba.data() + row * classes,
            decision.data() + row * classes,
            status.data() + row,
            MemorySpace::host};
  }
};

PredictionLayout layout_of(const Labels& classes, std::int64_t rows) {
  PredictionLayout layout;
  layout.rows = rows;
  layout.classes = classes;
  layout.wanted = {true, true, true, true, true, false};
  layout.decision_columns = static_cast<std::int64_t>(classes.size());
  layout.pipeline_digest = std::string(64, 'b');
  layout.arithmetic = "exact";
  layout.source_name = "rows.h5";
  layout.source_dataset = "/X";
  layout.feature_order = "names";
  return layout;
}

void write_file(const std::string& path, const PredictionLayout& layout, Results& results, std::int64_t step,
                bool overwrite = false) {
  PredictionWriter writer(path, layout, {}, overwrite);
  for (std::int64_t row = 0; row < layout.rows; row += step) {
    writer.write(row, std::min(step, layout.rows - row), results.from(static_cast<std::size_t>(row)));
  }
  writer.finish(kRowsDigest);
}

template <typename T>
std::vector<T> values(const h5::Node& root, const std::string& dataset) {
  const std::vector<std::byte>& data = root.children.at(dataset).value.data;
  std::vector<T> numbers(data.size() / sizeof(T));
  std::memcpy(numbers.data(), data.data(), data.size());
  return numbers;
}

TEST(PredictionWriter, WritesWhatWasAskedFor) {
  const TemporaryFolder folder;
  Results results(100, 3);
  write_file(folder.file("o.h5"), layout_of(kStrings, 100), results, 33);
  EXPECT_EQ(folder.names(), std::set<std::string>{"o.h5"});
  const h5::Node root = h5::read_tree(folder.file("o.h5"));
  std::set<std::string> names;
  for (const auto& child : root.children) names.insert(child.first);
  EXPECT_EQ(names,
            (std::set<std::string>{"classes", "decision", "label", "label_index", "log_proba", "proba"}));
  EXPECT_EQ(values<std::int32_t>(root, "label_index"), results.index);
  EXPECT_EQ(values<double>(root, "proba"), results.proba);
  EXPECT_EQ(values<double>(root, "log_proba"), results.log_proba);
  EXPECT_EQ(values<double>(root, "decision"), results.decision);
  EXPECT_EQ(root.children.at("proba").value.shape, (std::vector<std::uint64_t>{100, 3}));
  EXPECT_EQ(root.children.at("classes").value.strings, kStrings.strings);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(root.children.at("label").value.strings[i], kStrings.strings[i * 7 % 3]);
  }
  const auto text = [&](const char* name) { return root.attributes.at(name).strings.at(0); };
  EXPECT_EQ(text("encoding-type"), "evenscore-predictions");
  EXPECT_EQ(text("encoding-version"), "1.0.0");
  EXPECT_EQ(text("evenscore_version"), "0.1.0");
  EXPECT_EQ(text("pipeline_digest"), std::string(64, 'b'));
  EXPECT_EQ(text("arithmetic"), "exact");
  EXPECT_EQ(text("source_name"), "rows.h5");
  EXPECT_EQ(text("source_dataset"), "/X");
  EXPECT_EQ(text("feature_order"), "names");
  EXPECT_EQ(text("rows_digest"), kRowsDigest);
  EXPECT_EQ(root.attributes.at("rows").data[0], std::byte{100});
  EXPECT_EQ(root.attributes.size(), 11U);
}

TEST(PredictionWriter, OutputsDigestIsTheDocumentedOne) {
  const TemporaryFolder folder;
  Results results(70'000, 2);
  PredictionLayout layout = layout_of(kBinary, 70'000);
  layout.wanted = {false, true, true, false, false, false};
  write_file(folder.file("o.h5"), layout, results, 10'000);
  const auto digest = [](const void* data, std::size_t row_bytes, std::int64_t rows) {
    BlockDigest block(row_bytes);
    block.update(static_cast<const std::byte*>(data), rows);
    return block.hex();
  };
  const std::int64_t classes[] = {0, 1};
  Sha256 expected;
  for (const auto& [name, hex] : {std::pair<std::string, std::string>{"classes", digest(classes, 8, 2)},
                                  {"label_index", digest(results.index.data(), 4, 70'000)},
                                  {"proba", digest(results.proba.data(), 16, 70'000)}}) {
    expected.update(name);
    expected.update(std::string_view("\0", 1));
    expected.update(hex);
  }
  const h5::Node root = h5::read_tree(folder.file("o.h5"));
  EXPECT_EQ(root.attributes.at("outputs_digest").strings.at(0), expected.hex());
}

TEST(PredictionWriter, EqualJobsGiveEqualBytesAtAnyBatchSize) {
  const TemporaryFolder folder;
  Results results(70'001, 3);
  const PredictionLayout layout = layout_of(kStrings, 70'001);
  write_file(folder.file("a.h5"), layout, results, 70'001);
  const std::vector<char> whole = test::file_bytes(folder.file("a.h5"));
  for (const std::int64_t step : {997, 65'536, 65'537}) {
    write_file(folder.file("b.h5"), layout, results, step, true);
    EXPECT_TRUE(test::file_bytes(folder.file("b.h5")) == whole) << step;
  }
}

TEST(PredictionWriter, LabelsHaveTheClassesOwnType) {
  const TemporaryFolder folder;
  const std::int64_t top = std::numeric_limits<std::int64_t>::min();  // the bits of 2^63, as u64
  const Labels cases[] = {{LabelKind::integer, ElementType::i8, {-3, 5}, {}, {}},
                          {LabelKind::integer, ElementType::u8, {7, 255}, {}, {}},
                          {LabelKind::integer, ElementType::i16, {-300, 5}, {}, {}},
                          {LabelKind::integer, ElementType::u16, {7, 65'535}, {}, {}},
                          {LabelKind::integer, ElementType::i32, {-70'000, 5}, {}, {}},
                          {LabelKind::integer, ElementType::u32, {7, 4'294'967'295}, {}, {}},
                          {LabelKind::integer, ElementType::i64, {-5, 5}, {}, {}},
                          {LabelKind::integer, ElementType::u64, {3, top}, {}, {}},
                          {LabelKind::real, ElementType::f32, {}, {-1.5, 0.25}, {}},
                          {LabelKind::real, ElementType::f64, {}, {-1.5, 0.1}, {}},
                          {LabelKind::boolean, ElementType::u8, {0, 1}, {}, {}},
                          {LabelKind::string, ElementType::u8, {}, {}, {"", "long name"}}};
  Results results(5, 2);
  for (const Labels& classes : cases) {
    SCOPED_TRACE(element_name(classes.element));
    write_file(folder.file("o.h5"), layout_of(classes, 5), results, 2, true);
    const PredictionSource source({folder.file("o.h5"), "/"});
    EXPECT_EQ(source.classes(), classes);
    ASSERT_NE(source.labels(), nullptr);
    const Labels labels = source.labels()->read(0, 5);
    EXPECT_EQ(labels.kind, classes.kind);
    EXPECT_EQ(labels.element, classes.element);
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t k = i * 7 % 2;
      if (!classes.strings.empty()) {
        EXPECT_EQ(labels.strings[i], classes.strings[k]);
      }
      if (!classes.reals.empty()) {
        EXPECT_EQ(labels.reals[i], classes.reals[k]);
      }
      if (!classes.integers.empty()) {
        EXPECT_EQ(labels.integers[i], classes.integers[k]);
      }
    }
  }
}

TEST(PredictionWriter, MarksRowsWithoutAClass) {
  const TemporaryFolder folder;
  Results results(3, 2);
  results.index[1] = -1;
  results.status[1] = 2;
  const auto write = [&](const Labels& classes) {
    PredictionLayout layout = layout_of(classes, 3);
    layout.wanted = {true, false, false, false, false, false};
    layout.mark_bad_rows = true;
    write_file(folder.file("o.h5"), layout, results, 2, true);
    return h5::read_tree(folder.file("o.h5"));
  };
  const h5::Node integers = write({LabelKind::integer, ElementType::i16, {0, 1}, {}, {}});
  EXPECT_EQ(values<std::int16_t>(integers, "label"), (std::vector<std::int16_t>{0, -32'768, 0}));
  EXPECT_EQ(values<std::uint8_t>(integers, "status"), (std::vector<std::uint8_t>{0, 2, 0}));
  EXPECT_EQ(integers.children.count("label_index"), 0U);
  EXPECT_EQ(values<std::uint8_t>(write({LabelKind::integer, ElementType::u8, {4, 1}, {}, {}}), "label"),
            (std::vector<std::uint8_t>{4, 0, 4}));
  EXPECT_TRUE(
      std::isnan(values<double>(write({LabelKind::real, ElementType::f64, {}, {1, 2}, {}}), "label")[1]));
  EXPECT_EQ(
      write({LabelKind::string, ElementType::u8, {}, {}, {"a", "b"}}).children.at("label").value.strings[1],
      "");

  const Labels full[] = {{LabelKind::integer, ElementType::u8, {0, 1}, {}, {}},
                         {LabelKind::real, ElementType::f64, {}, {1, std::nan("")}, {}},
                         {LabelKind::boolean, ElementType::u8, {0, 1}, {}, {}},
                         {LabelKind::string, ElementType::u8, {}, {}, {"", "b"}}};
  for (const Labels& classes : full) {
    const h5::Node root = write(classes);
    EXPECT_EQ(root.children.count("label"), 0U);
    EXPECT_EQ(values<std::int32_t>(root, "label_index"), results.index);
  }
}

TEST(PredictionWriter, WritesOneDecisionForTwoClassesAndRegressors) {
  const TemporaryFolder folder;
  Results results(3, 2);
  PredictionLayout layout = layout_of(kBinary, 3);
  layout.decision_columns = 0;
  write_file(folder.file("o.h5"), layout, results, 3);
  EXPECT_EQ(h5::read_tree(folder.file("o.h5")).children.at("decision").value.shape,
            std::vector<std::uint64_t>{3});

  PredictionLayout regressor;
  regressor.rows = 3;
  regressor.type = OutputType::f32;
  regressor.wanted.prediction = true;
  std::vector<float> predicted{1.5F, -2.0F, 3.0F};
  PredictionWriter writer(folder.file("r.h5"), regressor, {});
  OutputsView view;
  view.type = OutputType::f32;
  view.decision = predicted.data();
  writer.write(0, 3, view);
  writer.finish(kRowsDigest);
  const h5::Node root = h5::read_tree(folder.file("r.h5"));
  EXPECT_EQ(values<float>(root, "prediction"), predicted);
  EXPECT_EQ(root.children.size(), 1U);
}

TEST(PredictionWriter, WritesAFileOfNoRows) {
  const TemporaryFolder folder;
  Results results(0, 3);
  write_file(folder.file("o.h5"), layout_of(kStrings, 0), results, 1);
  EXPECT_EQ(PredictionSource({folder.file("o.h5"), "/"}).count(), 0);
}

TEST(PredictionWriter, RemovesWhatIsNotFinished) {
  const TemporaryFolder folder;
  Results results(10, 3);
  {
    PredictionWriter writer(folder.file("o.h5"), layout_of(kStrings, 10), {});
    EXPECT_EQ(folder.names(), std::set<std::string>{"o.h5.part"});
    writer.write(0, 5, results.from(0));
    expect_error(ErrorCode::output_exists, {"o.h5", "another run"},
                 [&] { PredictionWriter(folder.file("o.h5"), layout_of(kStrings, 10), {}); });
    expect_error(ErrorCode::bad_request, {"o.h5", "5 of 10"}, [&] { writer.finish(kRowsDigest); });
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(PredictionWriter, ReplacesThePartOfAKilledRun) {
  const TemporaryFolder folder;
  test::write_bytes(folder.file("precious"), {'x'});
  std::filesystem::create_hard_link(folder.file("precious"), folder.file("o.h5.part"));
  Results results(10, 3);
  write_file(folder.file("o.h5"), layout_of(kStrings, 10), results, 10);
  EXPECT_EQ(folder.names(), (std::set<std::string>{"o.h5", "precious"}));
  EXPECT_EQ(test::file_bytes(folder.file("precious")), std::vector<char>{'x'});
}

TEST(PredictionWriter, RefusesOutputsItMayNotTouch) {
  const TemporaryFolder folder;
  const auto open = [&](const std::string& name, const std::vector<std::string>& inputs, bool overwrite) {
    return [&folder, name, inputs, overwrite] {
      PredictionWriter(folder.file(name), layout_of(kStrings, 10), inputs, overwrite);
    };
  };
  test::write_bytes(folder.file("old.h5"), {'x'});
  std::filesystem::create_symlink(folder.file("old.h5"), folder.file("link.h5"));
  expect_error(ErrorCode::output_exists, {"old.h5", "--overwrite"}, open("old.h5", {}, false));
  expect_error(ErrorCode::bad_request, {"is the input"}, open("old.h5", {folder.file("old.h5")}, true));
  expect_error(ErrorCode::bad_request, {"is the input"}, open("link.h5", {folder.file("old.h5")}, true));
  std::filesystem::create_directory(folder.file("d"));
  expect_error(ErrorCode::bad_request, {"directory"}, open("d", {}, true));
  expect_error(ErrorCode::bad_request, {"none/o.h5", "directory"}, open("none/o.h5", {}, false));
  EXPECT_EQ(folder.names(), (std::set<std::string>{"d", "link.h5", "old.h5"}));
  EXPECT_EQ(test::file_bytes(folder.file("old.h5")), std::vector<char>{'x'});
}

TEST(PredictionWriter, ChecksWhatItIsGiven) {
  const TemporaryFolder folder;
  Results results(10, 3);
  PredictionWriter writer(folder.file("o.h5"), layout_of(kStrings, 10), {});
  const auto refused = [&](ErrorCode code, std::int64_t first, std::int64_t n, const OutputsView& view) {
    expect_error(code, {"o.h5"}, [&] { writer.write(first, n, view); });
  };
  refused(ErrorCode::bad_request, 1, 1, results.from(0));
  refused(ErrorCode::bad_request, 0, 11, results.from(0));
  OutputsView view = results.from(0);
  view.proba = nullptr;
  refused(ErrorCode::bad_request, 0, 1, view);
  view = results.from(0);
  view.type = OutputType::f32;
  refused(ErrorCode::bad_request, 0, 1, view);
  results.index[0] = 3;
  refused(ErrorCode::bad_request, 0, 1, results.from(0));
  results.index[0] = -1;
  refused(ErrorCode::unscorable_row, 0, 1, results.from(0));
}

TEST(PredictionWriter, SaysAtTheStartThatTheDiskIsTooSmall) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::storage_failure, {"o.h5", "left"}, [&] {
    PredictionWriter(folder.file("o.h5"), layout_of(kStrings, std::int64_t{1} << 50), {});
  });
  expect_error(ErrorCode::limit_exceeded, {"larger than a file"}, [&] {
    PredictionWriter(folder.file("o.h5"), layout_of(kStrings, std::int64_t{1} << 61), {});
  });
  EXPECT_TRUE(folder.names().empty());
}

TEST(PredictionWriter, LeavesNothingWhenTheFileSizeLimitStopsIt) {
  const TemporaryFolder folder;
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {rlim_t{0}, rlim_t{1000}, rlim_t{100'000}, rlim_t{1'000'000}}) {
    const rlimit small{limit, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    expect_error(ErrorCode::storage_failure, {"o.h5"},
                 [&] { PredictionWriter(folder.file("o.h5"), layout_of(kStrings, 100'000), {}); });
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_TRUE(folder.names().empty()) << limit;
  }
  std::signal(SIGXFSZ, handler);
}

TEST(PredictionWriter, LeavesNothingOnAFullDisk) {
  const TemporaryFolder folder;
  if (mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "needs the right to mount a small tmpfs";
  }
  expect_error(ErrorCode::storage_failure, {"o.h5"},
               [&] { PredictionWriter(folder.file("o.h5"), layout_of(kStrings, 100'000), {}); });
  EXPECT_TRUE(folder.names().empty());
  Results results(1000, 3);
  write_file(folder.file("o.h5"), layout_of(kStrings, 1000), results, 1000);
  EXPECT_EQ(folder.names(), std::set<std::string>{"o.h5"});
  umount(folder.path().c_str());
}

}  // namespace
}  // namespace evenscore
