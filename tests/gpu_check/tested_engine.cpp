#include "gpu_check/check_options.h"

namespace evenscore::gpu_check {
namespace {

/// The negative control: an engine whose last row has one wrong bit in the first output that there is.
class FlippingEngine : public Engine {
 public:
  explicit FlippingEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  void run(const RowsView& rows, const OutputsView& outputs, Stream stream) override {
    engine_->run(rows, outputs, stream);
    if (rows.count == 0 || outputs.space != MemorySpace::host) return;
    if (outputs.label_index != nullptr) {
      outputs.label_index[rows.count - 1] ^= 1;
    } else if (outputs.status != nullptr) {
      outputs.status[rows.count - 1] ^= 1;
    }
  }
  std::string description() const override { return engine_->description() + ", one bit flipped"; }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace

std::unique_ptr<Engine> make_tested_engine(const CheckOptions& options, const Program& program, int threads) {
  EngineOptions engine_options;
  engine_options.threads = threads;
  engine_options.gpus = {options.device};
  return make_tested_engine(options, program, engine_options);
}

std::unique_ptr<Engine> make_tested_engine(const CheckOptions& options, const Program& program,
                                           const EngineOptions& engine_options) {
  std::unique_ptr<Engine> engine = make_engine(options.engine, program, engine_options);
  if (options.flip_a_bit) return std::make_unique<FlippingEngine>(std::move(engine));
  return engine;
}

EngineKind fast_truth(const CheckOptions& options) {
  return options.engine == EngineKind::cuda ? EngineKind::cpu : EngineKind::reference;
}

}  // namespace evenscore::gpu_check
