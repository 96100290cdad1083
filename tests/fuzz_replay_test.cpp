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
};

void PrintTo(const Target& target, std::ostream* out) {
  *out << target.name;
}

class FuzzReplay : public testing::TestWithParam<Target> {};

size_t replay(const std::filesystem::path& folder, const Target& target) {
  size_t files = 0;
  if (!std::filesystem::exists(folder)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
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
    files += replay(kData / folder, GetParam());
  EXPECT_GT(files, 300u);
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay,
                         testing::Values(Target{"container", container}, Target{"machine", machine},
                                         Target{"builder", builder}, Target{"xray", xray},
                                         Target{"tree", tree}, Target{"chunk", chunk}, Target{"plan", plan},
                                         Target{"journal", journal}, Target{"rows", rows}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace evenscore::fuzz
