#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evenscore/program.h"
#include "evenscore/views.h"

namespace evenscore {

/// Who runs a Program. All give the same bits.
enum class EngineKind : std::uint8_t {
  reference,  ///< scalar, one thread, plain: the truth
  cpu,        ///< all cores, the widest instruction set this machine has
  cuda,       ///< a GPU
};

/// A device's queue of work: a cudaStream_t for `cuda`, ignored by host engines.
struct Stream {
  void* handle = nullptr;
};

struct EngineOptions {
  int threads = 0;  ///< cpu: 0 = one a hardware thread; never changes a bit
  /// cpu: "avx512", "avx2", "neon" or "baseline"; empty = what EVENSCORE_CPU names, or else the widest that
  /// this machine has; never changes a bit
  std::string instruction_set = {};
  /// cuda: the GPUs to use, as CUDA counts them; empty = the first. Several share the rows of every call.
  std::vector<int> gpus = {};
  bool all_gpus = false;  ///< cuda: every GPU, in place of `gpus`
};

/// A Program ready to run on a device.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Scores every row of `rows` into the buffers of `outputs`; see RowsView and OutputsView for shapes and
  /// memory. Bits do not depend on engine, thread count, layout or how rows are split into calls. Zero rows:
  /// no-op. Calls from several threads are safe with distinct outputs; those of `cpu` take turns. Throws
  /// Error: shape_mismatch and bad_request (nothing written), arithmetic_failure, device_failure (outputs
  /// unspecified, and no longer written to).
  ///
  /// Rows and outputs in host memory: returns when done. Both in the memory of the one GPU of a `cuda`
  /// engine: puts the work on `stream` and returns; nothing is copied and nothing waited for, unless the
  /// Program needs scratch memory that no earlier call has asked for. Results are valid once the stream has
  /// come so far; rows, outputs and the engine must outlive that. Calls on several streams may overlap; where
  /// they need scratch memory, one waits for the other on the device. A failure of the kernel itself appears
  /// at the caller's next synchronisation.
  virtual void run(const RowsView& rows, const OutputsView& outputs, Stream stream = {}) = 0;

  /// How many calls of run() from as many threads get more done than one.
  virtual int concurrent_runs() const { return 1; }

  /// Readies host memory that run() will see again and again for fast copies to a device, if there is one;
  /// it stays the caller's, who calls unpin() before giving it back.
  virtual void pin(void* /*memory*/, std::size_t /*bytes*/) {}
  virtual void unpin(void* /*memory*/) {}

  /// What runs, for people: "cpu: 2 threads, avx512".
  virtual std::string description() const = 0;
};

/// Whether an engine can run on this machine, and if not why.
struct EngineAvailability {
  EngineKind kind;
  bool available;
  std::string detail;  ///< the instruction set or device, or what is missing
};
std::vector<EngineAvailability> available_engines();

std::string_view name_of(EngineKind kind);

/// Loads `program` (copied) onto a device. Checks that this thread and the engine's own compute by the rules
/// of docs/arithmetic.md. Throws Error: device_unavailable, arithmetic_failure.
std::unique_ptr<Engine> make_engine(EngineKind kind, const Program& program,
                                    const EngineOptions& options = {});

/// `options` for each device of an engine alone: as many as the GPUs that they name, else one.
std::vector<EngineOptions> options_of_each_device(EngineKind kind, const EngineOptions& options);

/// What makes engines: make_engine, but for tests that bring their own.
using EngineFactory =
    std::function<std::unique_ptr<Engine>(EngineKind, const Program&, const EngineOptions&)>;

}  // namespace evenscore
