// usage: fuzz_tree_seeds OUT_FOLDER SAVED_FILE...      each as the tree of a pipeline file, in bytes
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "evenscore/model_file.h"
#include "h5/tree_bytes.h"
#include "pipeline/pipeline_tree.h"

int main(int argc, char** argv) {
  try {
    for (int i = 2; i < argc; ++i) {
      const evenscore::ModelFile model = evenscore::load_model(argv[i]);
      const std::vector<std::byte> bytes = evenscore::h5::to_bytes(evenscore::to_tree(model));
      std::ofstream out(std::filesystem::path(argv[1]) / std::filesystem::path(argv[i]).filename(),
                        std::ios::binary);
      out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
