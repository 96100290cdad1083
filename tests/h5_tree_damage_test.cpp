// Damaged pipeline files are refused or read; none of them ends this process.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <thread>

#include "h5/tree.h"
#include "support/expect_error.h"
#include "support/h5_trees.h"
#include "support/temporary_folder.h"

namespace evenscore::h5 {
namespace {

using test::TemporaryFolder;

// Small, with what every pipeline file has: each byte of it is flipped.
Node small_pipeline() {
  Node root;
  root.attributes["encoding-type"] = test::texts({}, {"evenscore-pipeline"});
  root.attributes["bare_estimator"] = test::truth({}, {std::byte{1}});
  Node& step = root.children["step"];
  step.attributes["n"] = test::numbers<std::int64_t>(ElementType::i64, {}, {3});
  step.children["mean"] = test::dataset(test::numbers<double>(ElementType::f64, {3}, {1.5, -2.0, 1e300}));
  return root;
}

enum class Reading { tree, refused, contained };

// Anything but an Error that names the file and a cause fails the test.
Reading read(const std::string& path) {
  try {
    read_tree(path);
    return Reading::tree;
  } catch (const Error& error) {
    EXPECT_EQ(error.file(), path);
    EXPECT_FALSE(error.cause().empty());
    const bool is_contained = error.cause().starts_with("libhdf5 failed on this file");
    EXPECT_TRUE(!is_contained || error.remedy() == "import the model again");
    return is_contained ? Reading::contained : Reading::refused;
  }
}

// Ends of the file that one read each is enough for: inside the superblock, near the end, and some between,
// where libhdf5 refuses them all by the size that the superblock states.
TEST(H5TreeDamage, PrefixesAreErrors) {
  constexpr std::size_t kSuperblock = 96, kStride = 37;
  const TemporaryFolder folder;
  const std::string path = folder.file("t.h5");
  write_tree(path, small_pipeline());
  const std::vector<char> whole = test::file_bytes(path);
  std::size_t length = 0;
  while (length < whole.size()) {
    test::write_bytes(path, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
    EXPECT_EQ(read(path), Reading::refused) << length;
    length += length > kSuperblock && length + kStride < whole.size() ? kStride : 1;
  }
}

// Room that libhdf5 keeps for later is a long run of one byte, which no reader looks at: some of it is
// enough.
bool is_spare(const std::vector<char>& bytes, std::size_t position) {
  constexpr std::size_t kRun = 24, kSample = 64;
  const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(position);
  return position >= kRun && position + kRun < bytes.size() && position % kSample != 0 &&
         std::all_of(first - kRun, first + kRun, [&](char byte) { return byte == *first; });
}

// In place: some file systems flush a file that is truncated and written again.
void put_byte(const std::string& path, std::size_t position, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(position)).put(byte);
}

// libhdf5 1.10.8 reads past its buffers where the sizes inside a version 1 attribute message or inside an
// enumeration type are damaged. Few bytes do that: were the child to fail on many, our own code would be why.
TEST(H5TreeDamage, EveryFlippedByteIsAnErrorOrATree) {
#if defined(__SANITIZE_ADDRESS__)
  constexpr std::array<unsigned char, 1> kMasks = {0xFF};  // a fork takes ten times as long
#else
  constexpr std::array<unsigned char, 4> kMasks = {0xFF, 0x01, 0x80, 0x10};
#endif
  const TemporaryFolder folder;
  const std::string path = folder.file("t.h5");
  write_tree(path, small_pipeline());
  const std::vector<char> whole = test::file_bytes(path);
  std::map<Reading, std::size_t> readings;
  std::size_t files = 0;
  for (std::size_t position = 0; position < whole.size(); ++position) {
    if (is_spare(whole, position)) continue;
    for (const unsigned char mask : kMasks) {
      put_byte(path, position, static_cast<char>(whole[position] ^ static_cast<char>(mask)));
      ++readings[read(path)];
      ++files;
    }
    put_byte(path, position, whole[position]);
  }
  RecordProperty("files", static_cast<int>(files));
  RecordProperty("trees", static_cast<int>(readings[Reading::tree]));
  RecordProperty("contained", static_cast<int>(readings[Reading::contained]));
  EXPECT_LT(readings[Reading::contained], files / 20);
}

TEST(H5TreeDamage, ThreadsReadAndWriteAtOnce) {
  const TemporaryFolder folder;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, path = folder.file(std::to_string(i))] {
      for (int n = 0; n < 20; ++n) {
        write_tree(path, test::sample_tree(), true);
        EXPECT_EQ(read_tree(path), test::sample_tree());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace evenscore::h5
