#include "evenscore/model_file.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <span>

#include "evenscore/error.h"
#include "h5/tree.h"
#include "pickle/container.h"
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

/// The steps of `next` after those of `pipeline`. A bare estimator gets its class's name as the step's name,
/// as make_pipeline() names steps; a number keeps names apart.
void append(Pipeline& pipeline, Pipeline next) {
  for (Step& step : next.steps) {
    std::string name = step.name;
    if (name.empty()) {
      name = step.class_name.substr(step.class_name.rfind('.') + 1);
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    std::string unique = name;
    for (int number = 2;; ++number) {
      bool taken = false;
      for (const Step& other : pipeline.steps) taken = taken || other.name == unique;
      if (!taken) break;
      unique = fmt::format("{}-{}", name, number);
    }
    step.name = unique;
    pipeline.steps.push_back(std::move(step));
  }
}

}  // namespace

ModelFile load_model(const std::string& path, const std::vector<std::string>& then) {
  ModelFile model = load_one(path);
  if (!then.empty()) {
    Pipeline joined = model.pipeline;
    joined.steps.clear();
    joined.bare_estimator = false;
    append(joined, model.pipeline);
    for (const std::string& file : then) {
      Pipeline next = load_one(file).pipeline;
      joined.source_name += "+" + next.source_name;
      append(joined, std::move(next));
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
