// Everything that fuzzing ever found (tests/data/fuzz/TARGET/*, one file a finding) and every committed file
// of other programs, through the fuzz targets: none may crash, hang or break a promise. Found by
// scripts/fuzz.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/targets.h"

namespace evenscore::fuzz {
namespace {

const std::filesystem::path kData = EVENSCORE_TEST_DATA;

struct Target {
  const char* name;
  void (*run)(std::span<const std::byte>);
  bool starts_processes = false;  // a file at a time: only HDF5 files then
};

void PrintTo(const Target& target, std::ostream* out) {
  *out << target.name;
}

class FuzzReplay : public testing::TestWithParam<Target> {};

size_t replay(const std::filesystem::path& folder, const Target& target, bool only_h5 = false) {
  size_t files = 0;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (only_h5 && entry.path().extension() != ".h5") continue;
    SCOPED_TRACE(entry.path());
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    target.run(std::as_bytes(std::span(bytes)));
    ++files;
  }
  return files;
}

TEST_P(FuzzReplay, NothingFoundBeforeIsFoundAgain) {
  replay(kData / "fuzz" / GetParam().name, GetParam());
}

TEST_P(FuzzReplay, FilesThatPythonWroteBreakNoPromise) {
  size_t files = 0;
  for (const char* folder : {"pickle", "chunks", "rows", "sklearn/1.9.1"})
    files += replay(kData / folder, GetParam(), GetParam().starts_processes);
  EXPECT_GT(files, GetParam().starts_processes ? 100u : 300u);
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay,
                         testing::Values(Target{"container", container}, Target{"machine", machine},
                                         Target{"builder", builder}, Target{"xray", xray},
                                         Target{"tree", tree}, Target{"chunk", chunk}, Target{"plan", plan},
                                         Target{"journal", journal}, Target{"rows", rows, true}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace evenscore::fuzz
