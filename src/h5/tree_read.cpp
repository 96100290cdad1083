#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "evenscore/error.h"
#include "h5/contained_run.h"
#include "h5/tree.h"
#include "h5/tree_bytes.h"
#include "h5/tree_parse.h"

namespace evenscore::h5 {
namespace {

// In the child.
std::vector<std::byte> parsed(const InputFile& input, const TreeLimits& limits) {
  try {
    return to_bytes(parse_tree(File(input), limits));
  } catch (const Error& error) {
    return to_bytes(error);
  } catch (const std::bad_alloc&) {
    return to_bytes(Error(ErrorCode::limit_exceeded, "takes more memory to read than a pipeline file may", {},
                          "import the model again"));
  }
}

ContainedLimits child_limits(const InputFile& input, const TreeLimits& limits) {
  constexpr std::uint64_t kOfLibrary = std::uint64_t{512} << 20;
  ContainedLimits child;
  child.answer = most_bytes(limits);
  const std::uint64_t tree = std::min(limits.bytes, (UINT64_MAX - kOfLibrary) / 2);
  child.keep = {input.descriptor()};
  child.memory = 2 * tree + kOfLibrary;  // the tree, and the same as bytes
  return child;
}

TreeAnswer answer_of_child(const std::string& path, const TreeLimits& limits) {
  const InputFile input(path);
  try {
    const ContainedAnswer answer =
        run_contained([&] { return parsed(input, limits); }, child_limits(input, limits));
    input.check_unchanged();
    return answer_from_bytes(answer.view(), limits);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::storage_failure || !error.file().empty()) throw;
    throw Error(error.code(), fmt::format("libhdf5 failed on this file ({})", error.cause()), {},
                "import the model again");
  }
}

}  // namespace

Node read_tree(const std::string& path, const TreeLimits& limits) {
  try {
    TreeAnswer answer = answer_of_child(path, limits);
    if (const Error* error = std::get_if<Error>(&answer)) throw Error(*error);
    return std::get<Node>(std::move(answer));
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace evenscore::h5
