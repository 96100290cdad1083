// usage: fuzz_plan_seeds OUT_FOLDER HDF5_FILE...      each with the answer of the process that parsed it
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "batch/row_search.h"
#include "batch/rows_plan.h"
#include "evenscore/error.h"
#include "h5/ask.h"
#include "support/plan_sample.h"

namespace {

using namespace evenscore;

// Nothing of a file without rows.
std::vector<std::byte> plan_of(const h5::InputFile& input) {
  std::vector<std::byte> plan;
  try {
    h5::ask(
        input, [](const h5::File& file, h5::AnswerWriter& out) { write_plan(out, find_rows(file, {})); },
        [&](h5::AnswerReader& in) {
          const auto bytes = in.take(in.left());
          plan.assign(bytes.begin(), bytes.end());
        });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::storage_failure) throw;
  }
  return plan;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    for (int i = 2; i < argc; ++i) {
      const h5::InputFile input(argv[i]);
      const std::vector<std::byte> plan = plan_of(input);
      if (plan.empty()) continue;
      std::vector<std::byte> file(static_cast<std::size_t>(input.identity().size));
      input.read_at(0, file);
      const std::vector<std::byte> bytes =
          test::plan_sample_bytes({static_cast<std::uint32_t>(file.size()), plan, file});
      std::ofstream out(std::filesystem::path(argv[1]) / std::filesystem::path(argv[i]).stem(),
                        std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
