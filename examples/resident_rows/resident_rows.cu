// Scores rows that are in a GPU's memory already, into its memory, on a stream of the caller's: no copies, no
// waiting inside. usage: resident_rows MODEL
#include <cuda_runtime.h>

#include <cstdio>
#include <exception>
#include <vector>

#include "evenscore/engine.h"
#include "evenscore/model_file.h"

namespace {

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "%s\n", cudaGetErrorString(status));
  std::exit(3);
}

int score(const char* path) {
  using namespace evenscore;
  constexpr std::int64_t kRows = 1 << 20;
  const Program program = compile(load_model(path, {}).pipeline, {Arithmetic::exact, ElementType::f32});
  const auto columns = static_cast<std::size_t>(program.n_features());
  if (!program.has_proba()) {
    std::fprintf(stderr, "%s: this example wants a classifier with probabilities\n", path);
    return 2;
  }
  const std::unique_ptr<Engine> engine = make_engine(EngineKind::cuda, program);

  cudaStream_t stream = nullptr;
  float* rows = nullptr;
  float* proba = nullptr;
  std::int32_t* labels = nullptr;
  const std::size_t n_proba = static_cast<std::size_t>(kRows) * static_cast<std::size_t>(program.n_classes);
  check(cudaStreamCreate(&stream));
  check(cudaMalloc(&rows, kRows * columns * sizeof(float)));
  check(cudaMalloc(&proba, n_proba * sizeof(float)));
  check(cudaMalloc(&labels, kRows * sizeof(std::int32_t)));
  check(cudaMemsetAsync(rows, 0, kRows * columns * sizeof(float), stream));  // where rows come from elsewhere

  RowsView in;
  in.data = reinterpret_cast<const std::byte*>(rows);
  in.type = ElementType::f32;
  in.count = kRows;
  in.columns = program.n_features();
  in.column_stride = sizeof(float);
  in.row_stride = in.columns * in.column_stride;
  in.space = MemorySpace::device;
  OutputsView out;
  out.type = OutputType::f32;
  out.label_index = labels;
  out.proba = proba;
  out.space = MemorySpace::device;
  engine->run(in, out, {stream});  // returns at once; results are in stream order

  std::vector<std::int32_t> first(4);
  check(
      cudaMemcpyAsync(first.data(), labels, first.size() * sizeof(first[0]), cudaMemcpyDeviceToHost, stream));
  check(cudaStreamSynchronize(stream));
  std::printf("%lld rows scored; the first is of class %d\n", static_cast<long long>(kRows), first[0]);
  check(cudaFree(rows));
  check(cudaFree(proba));
  check(cudaFree(labels));
  check(cudaStreamDestroy(stream));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: resident_rows MODEL\n");
    return 2;
  }
  try {
    return score(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "resident_rows: %s\n", error.what());
    return 3;
  }
}
