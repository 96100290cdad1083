// The logical tree of a pipeline file: round trips, determinism, limits and what is refused.
#include "h5/tree.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "h5/tree_parse.h"
#include "support/expect_error.h"
#include "support/h5_files.h"
#include "support/h5_trees.h"
#include "support/temporary_folder.h"

namespace evenscore::h5 {
namespace {

using test::dataset;
using test::expect_error;
using test::FileMaker;
using test::numbers;
using test::sample_tree;
using test::TemporaryFolder;
using test::texts;
using test::truth;

TEST(H5Tree, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  write_tree(folder.file("t.h5"), sample_tree());
  EXPECT_EQ(read_tree(folder.file("t.h5")), sample_tree());
  EXPECT_EQ(parse_tree(File(InputFile(folder.file("t.h5")))), sample_tree());
  EXPECT_EQ(folder.names(), std::set<std::string>{"t.h5"});
}

TEST(H5Tree, HoldsEveryElementTypeToTheBit) {
  const TemporaryFolder folder;
  for (int i = 0; i < 11; ++i) {
    const auto element = static_cast<ElementType>(i);
    SCOPED_TRACE(element_name(element));
    std::vector<std::uint8_t> bits(4 * element_size(element));
    for (std::size_t b = 0; b < bits.size(); ++b)
      bits[b] = static_cast<std::uint8_t>(0xF1 + 7 * b);  // NaNs too
    Node root;
    root.children["x"] = dataset(numbers<std::uint8_t>(element, {2, 2}, bits));
    root.attributes["x"] = root.children["x"].value;
    write_tree(folder.file("t.h5"), root, true);
    EXPECT_EQ(read_tree(folder.file("t.h5")), root);
  }
}

TEST(H5Tree, EqualTreesGiveEqualBytes) {
  const TemporaryFolder folder;
  write_tree(folder.file("a.h5"), sample_tree());
  { const std::vector<char> litter(1 << 20, 'x'); }
  write_tree(folder.file("b.h5"), sample_tree());
  EXPECT_EQ(test::file_bytes(folder.file("a.h5")), test::file_bytes(folder.file("b.h5")));
}

TEST(H5Tree, ReplacesAFileOnlyWhenToldTo) {
  const TemporaryFolder folder;
  write_tree(folder.file("t.h5"), sample_tree());
  const std::vector<char> before = test::file_bytes(folder.file("t.h5"));
  expect_error(ErrorCode::output_exists, {"t.h5", "--overwrite"},
               [&] { write_tree(folder.file("t.h5"), Node{}); });
  EXPECT_EQ(test::file_bytes(folder.file("t.h5")), before);
  write_tree(folder.file("t.h5"), Node{}, true);
  EXPECT_EQ(read_tree(folder.file("t.h5")), Node{});
}

TEST(H5Tree, WritesNothingThatHdf5CannotHold) {
  const TemporaryFolder folder;
  const auto refused = [&](const Node& root) {
    expect_error(ErrorCode::bad_request, {"t.h5"}, [&] { write_tree(folder.file("t.h5"), root); });
  };
  Node root;
  root.children["a/b"] = Node{};
  refused(root);
  root = Node{};
  root.attributes["x"] = texts({}, {std::string("a\0", 2)});
  refused(root);
  root.attributes["x"] = texts({}, {"\xff"});
  refused(root);
  root.attributes["x"] = texts({2}, {"one"});
  refused(root);
  root.attributes["x"] = numbers<double>(ElementType::f64, {10'000}, std::vector<double>(10'000));
  refused(root);
  EXPECT_TRUE(folder.names().empty());
}

TEST(H5Tree, ReadsWhatOtherWritersCompress) {
  const TemporaryFolder folder;
  std::vector<double> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i) / 7;
  {
    FileMaker file(folder.file("t.h5"));
    file.numbers("plain", ElementType::f64, {10, 100}, values);
    file.numbers("packed", ElementType::f64, {10, 100}, values, {{3, 30}, true, 4, true});
  }
  const Node root = read_tree(folder.file("t.h5"));
  EXPECT_EQ(root.children.at("plain").value, numbers(ElementType::f64, {10, 100}, values));
  EXPECT_EQ(root.children.at("packed").value, root.children.at("plain").value);
}

TEST(H5Tree, ReadsBigEndianAndSpacePaddedText) {
  const TemporaryFolder folder;
  {
    FileMaker file(folder.file("t.h5"));
    const unsigned char big[] = {0x3f, 0xf8, 0, 0, 0, 0, 0, 0};
    file.dataset("x", test::stored_type(ElementType::f64, true), {1}, big);
    file.dataset("padded", test::string_type(4, H5T_STR_SPACEPAD), {2}, "ab  abcd");
    file.dataset("ended", test::string_type(4, H5T_STR_NULLTERM), {1}, "a\0zz");
  }
  const Node root = read_tree(folder.file("t.h5"));
  EXPECT_EQ(root.children.at("x").value, numbers<double>(ElementType::f64, {1}, {1.5}));
  EXPECT_EQ(root.children.at("padded").value.strings, (std::vector<std::string>{"ab", "abcd"}));
  EXPECT_EQ(root.children.at("ended").value.strings, (std::vector<std::string>{"a"}));
}

TEST(H5Tree, SaysWhyAFileIsNoHdf5File) {
  const TemporaryFolder folder;
  const auto read = [&](const std::string& name) { return [&, name] { read_tree(folder.file(name)); }; };
  expect_error(ErrorCode::file_missing, {"none.h5", "no such file"}, read("none.h5"));
  expect_error(ErrorCode::file_missing, {"directory"}, [&] { read_tree(folder.path()); });
  test::write_bytes(folder.file("empty.h5"), {});
  expect_error(ErrorCode::corrupt_file, {"empty.h5", "empty"}, read("empty.h5"));
  test::write_bytes(folder.file("text.h5"), std::vector<char>(5000, 'x'));
  expect_error(ErrorCode::corrupt_file, {"text.h5", "not an HDF5 file"}, read("text.h5"));
  write_tree(folder.file("cut.h5"), sample_tree());
  std::filesystem::resize_file(folder.file("cut.h5"), 1500);
  expect_error(ErrorCode::corrupt_file, {"cut.h5", "truncated"}, read("cut.h5"));
}

TEST(H5Tree, RefusesLinksToElsewhere) {
  const TemporaryFolder folder;
  {
    FileMaker soft(folder.file("soft.h5"));
    H5Lcreate_soft("/target", soft.id(), "link", H5P_DEFAULT, H5P_DEFAULT);
    FileMaker external(folder.file("external.h5"));
    H5Lcreate_external("secret.h5", "/x", external.id(), "link", H5P_DEFAULT, H5P_DEFAULT);
    FileMaker cycle(folder.file("cycle.h5"));
    cycle.group("a");
    H5Lcreate_hard(cycle.id(), "/", cycle.id(), "a/up", H5P_DEFAULT, H5P_DEFAULT);
  }
  expect_error(ErrorCode::unsupported, {"soft.h5", "link", "/target"},
               [&] { read_tree(folder.file("soft.h5")); });
  expect_error(ErrorCode::unsupported, {"external.h5", "link", "secret.h5"},
               [&] { read_tree(folder.file("external.h5")); });
  expect_error(ErrorCode::corrupt_file, {"cycle.h5", "/a/up", "more than once"},
               [&] { read_tree(folder.file("cycle.h5")); });
}

TEST(H5Tree, RefusesWhatAPipelineFileCannotHold) {
  const TemporaryFolder folder;
  const auto refused = [&](ErrorCode code, const std::vector<std::string>& parts, auto make) {
    {
      FileMaker file(folder.file("t.h5"));
      make(file);
    }
    expect_error(code, parts, [&] { read_tree(folder.file("t.h5")); });
  };
  refused(ErrorCode::unsupported, {"/s", "variable-length string"},
          [](FileMaker& file) { file.strings("s", {"a"}, true); });
  refused(ErrorCode::unsupported, {"attribute n", "variable-length string"},
          [](FileMaker& file) { file.string_attribute("/", "n", {"a"}, true); });
  refused(ErrorCode::corrupt_file, {"/b", "neither true nor false"}, [](FileMaker& file) {
    const std::uint8_t two = 2;
    file.dataset("b", test::boolean_type(), {1}, &two);
  });
  refused(ErrorCode::corrupt_file, {"/unwritten", "stores 0"},
          [](FileMaker& file) { file.numbers<double>("unwritten", ElementType::f64, {4}, {}, {}); });
  refused(ErrorCode::corrupt_file, {"/sparse", "stores"}, [](FileMaker& file) {
    file.dataset("sparse", H5T_IEEE_F64LE, {1000}, nullptr, {{10}, false, 0, false});
  });
  refused(ErrorCode::limit_exceeded, {"/bomb", "bytes"}, [](FileMaker& file) {
    file.dataset("bomb", H5T_IEEE_F64LE, {hsize_t{1} << 60}, nullptr, {{10}, false, 0, false});
  });
  refused(ErrorCode::limit_exceeded, {"/flat", "shape"}, [](FileMaker& file) {
    file.dataset("flat", H5T_IEEE_F64LE, {0, hsize_t{1} << 40, hsize_t{1} << 40}, nullptr);
  });
  refused(ErrorCode::unsupported, {"/wide", "float"},
          [](FileMaker& file) { file.dataset("wide", H5T_NATIVE_LDOUBLE, {1}, nullptr); });
  refused(ErrorCode::unsupported, {"/null"}, [](FileMaker& file) {
    H5Dclose(H5Dcreate2(file.id(), "null", H5T_IEEE_F64LE, H5Screate(H5S_NULL), H5P_DEFAULT, H5P_DEFAULT,
                        H5P_DEFAULT));
  });
  refused(ErrorCode::unsupported, {"/raw", "secret.bin"}, [](FileMaker& file) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(properties, "secret.bin", 0, 80);
    const hsize_t ten = 10;
    H5Dclose(test::valid(H5Dcreate2(file.id(), "raw", H5T_IEEE_F64LE, H5Screate_simple(1, &ten, nullptr),
                                    H5P_DEFAULT, properties, H5P_DEFAULT)));
    H5Pclose(properties);
  });
  refused(ErrorCode::unsupported, {"/virtual", "other.h5"}, [](FileMaker& file) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t ten = 10;
    const hid_t space = H5Screate_simple(1, &ten, nullptr);
    H5Pset_virtual(properties, space, "other.h5", "/x", space);
    H5Dclose(test::valid(
        H5Dcreate2(file.id(), "virtual", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT)));
    H5Pclose(properties);
    H5Sclose(space);
  });
  refused(ErrorCode::unsupported, {"/odd", "filter number 5"}, [](FileMaker& file) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t ten = 10;
    H5Pset_chunk(properties, 1, &ten);
    H5Pset_nbit(properties);
    const hid_t space = H5Screate_simple(1, &ten, nullptr);
    const hid_t dataset = test::valid(
        H5Dcreate2(file.id(), "odd", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    const std::vector<double> values(10, 1.0);
    H5Dwrite(dataset, H5T_IEEE_F64LE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Pclose(properties);
    H5Sclose(space);
  });
}

TEST(H5Tree, StopsAtItsLimits) {
  const TemporaryFolder folder;
  const std::string path = folder.file("t.h5");
  write_tree(path, sample_tree());
  TreeLimits limits;
  limits.objects = 12;
  EXPECT_EQ(read_tree(path, limits), sample_tree());
  limits.objects = 11;
  expect_error(ErrorCode::limit_exceeded, {"11 objects"}, [&] { read_tree(path, limits); });
  limits = {};
  limits.depth = 2;
  expect_error(ErrorCode::limit_exceeded, {"nested deeper than 2"}, [&] { read_tree(path, limits); });
  limits = {};
  limits.bytes = 100;
  expect_error(ErrorCode::limit_exceeded, {"100 bytes"}, [&] { read_tree(path, limits); });
  limits = {};
  limits.name_length = 5;
  expect_error(ErrorCode::limit_exceeded, {"a name of"}, [&] { read_tree(path, limits); });
}

}  // namespace
}  // namespace evenscore::h5
