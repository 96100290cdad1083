#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evenscore/engine.h"
#include "evenscore/model_file.h"
#include "evenscore/prediction_file.h"

/// Our predictions against those of a scikit-learn release, which scripts/make_fixtures.py recorded.
namespace evenscore::test {

/// The folder of the releases.
std::string sklearn_data();

/// What a Program gives; empty where it has no such output.
struct Outputs {
  std::vector<std::int32_t> label_index;
  std::vector<std::uint8_t> status;
  std::vector<double> decision, proba, log_proba;
  std::vector<float> proba32;
};
Outputs run(const Program& program, const RowsView& rows, EngineKind kind);

/// The rows of one case in one type, and what was predicted for them.
struct Expected {
  RowsView view;
  std::vector<std::byte> rows;
  PredictionSource predictions;
};

/// `folder` of the data, with its expected.h5; `group` in it: "/binary/f64".
Expected read_expected(const std::string& folder, const std::string& group);

/// The largest of each measure seen for one release.
struct Worst {
  double decision_share = 0.0;  ///< of the bound used up
  double f64_error = 0.0;       ///< largest |dz| where scikit-learn computes in f64 what we do
  double f32_error = 0.0;       ///< the same where it scales or multiplies in f32 and `exact` does not
  std::int64_t rows = 0, labels_certified = 0, labels_different = 0, positive_checked = 0, models = 0;
  std::int64_t unbounded = 0;  ///< scores without a finite bound
};

/// Expects every output of one model on one set of rows to be within its proven bound of what was recorded,
/// every certified label equal, the engines equal to the bit, and where scikit-learn computes in f64 the f32
/// value of the positive class's probability equal.
void expect_as_scikit_learn(const ModelFile& model, const PredictionSource& expected, const RowsView& rows,
                            Arithmetic arithmetic, Worst& worst);

}  // namespace evenscore::test
