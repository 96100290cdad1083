#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evenscore/engine.h"
#include "verify/comparison.h"

namespace evenscore::verifier {

/// Which outputs to ask an engine for, beside status, and label index where there are classes. Probabilities
/// that the Program does not have are left out.
struct EngineRequest {
  OutputType type = OutputType::f64;
  bool decision = true;
  bool proba = true;
  bool log_proba = true;
};

/// An engine and the buffers of its results for one batch. One thread at a time.
class EngineSide {
 public:
  /// One run of the engine a request. Throws as make_engine.
  EngineSide(EngineKind kind, const Program& program, const EngineOptions& options,
             const std::vector<EngineRequest>& requests);

  /// Scores host rows; what `view` and the others returned before is overwritten.
  void run(const RowsView& rows);

  /// The results of request i.
  SideView view(std::size_t i) const;
  /// Null for a regressor.
  const std::int32_t* label_index() const { return label_index_.empty() ? nullptr : label_index_.data(); }
  const std::uint8_t* status() const { return status_.data(); }

  const std::string& name() const { return name_; }
  std::string description() const { return engine_->description(); }

 private:
  struct Buffers {
    EngineRequest request;
    std::vector<std::byte> decision, proba, log_proba;
  };

  std::unique_ptr<Engine> engine_;
  std::string name_;
  std::int64_t n_scores_, n_proba_;
  bool has_labels_;
  std::vector<Buffers> buffers_;
  std::vector<std::int32_t> label_index_;
  std::vector<std::uint8_t> status_;
};

}  // namespace evenscore::verifier
