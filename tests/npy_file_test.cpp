#include "batch/npy_file.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "evenscore/error.h"
#include "support/temporary_folder.h"

namespace evenscore {
namespace {

using evenscore::test::TemporaryFolder;

/// Three rows of version 1.0, as numpy.lib.format describes it.
void write_array(const std::string& path, const std::string& descr, const std::string& data) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (3,), }";
  header.resize(117, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(header.size()) << '\0' << header << data;
}

void touch_later(const std::string& path) {
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(5));
}

TEST(NpyFile, NumbersThatChangeWhileTheyAreReadAreRefused) {
  const TemporaryFolder folder;
  write_array(folder.file("x.npy"), "<i1", "abc");
  const NpyFile file(folder.file("x.npy"));
  std::byte values[3];
  file.read(0, 3, values);
  EXPECT_EQ(values[2], static_cast<std::byte>('c'));
  touch_later(folder.file("x.npy"));
  EXPECT_THROW(file.read(0, 3, values), Error);
}

TEST(NpyFile, TextThatChangesWhileItIsReadIsRefused) {
  const TemporaryFolder folder;
  write_array(folder.file("x.npy"), "|S2", std::string("ab\0\0c\0", 6));
  const NpyFile file(folder.file("x.npy"));
  EXPECT_EQ(file.read_strings(0, 3), (std::vector<std::string>{"ab", "", "c"}));
  touch_later(folder.file("x.npy"));
  EXPECT_THROW(file.read_strings(0, 3), Error);
}

}  // namespace
}  // namespace evenscore
