#include "evenscore/model_file.h"

#include <array>
#include <fstream>
#include <span>

#include "evenscore/error.h"
#include "h5/tree.h"
#include "pickle/container.h"
#include "pipeline/join.h"
#include "pipeline/pipeline_tree.h"
#include "pipeline/saved_file.h"

namespace evenscore {
namespace {

/// Whether the content is HDF5. What cannot be opened is left to the reader of saved files, which says why.
bool is_hdf5(const std::string& path) {
  std::array<char, 24> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  const auto length = static_cast<std::size_t>(file.gcount());
  return pickle::detect(std::as_bytes(std::span(head.data(), length))) == pickle::Container::hdf5;
}

ModelFile load_one(const std::string& path) {
  if (!is_hdf5(path)) {
    ModelFile model;
    model.pipeline = read_saved_file(path);
    return model;
  }
  try {
    return from_tree(h5::read_tree(path));
  } catch (const Error& error) {
    throw error.in_file(path);
  }
}

}  // namespace

ModelFile load_model(const std::string& path, const std::vector<std::string>& then) {
  ModelFile model = load_one(path);
  if (!then.empty()) {
    Pipeline joined = model.pipeline;
    joined.steps.clear();
    append(joined, model.pipeline);
    for (const std::string& file : then) {
      Pipeline next = load_one(file).pipeline;
      const std::string name = next.source_name;
      append(joined, std::move(next));
      joined.source_name += "+" + name;
    }
    model = ModelFile{};
    model.pipeline = std::move(joined);
  }
  try {
    check(model.pipeline);
  } catch (const Error& error) {
    throw error.in_file(path);
  }
  return model;
}

void save_model(const std::string& path, const ModelFile& model, bool overwrite) {
  h5::write_tree(path, to_tree(model), overwrite);
}

}  // namespace evenscore
