#pragma once

#include <cstdint>
#include <memory>

#include "bench_program.h"
#include "evenscore/engine.h"
#include "evenscore/prediction_file.h"
#include "measure/result_layout.h"

namespace evenscore::benchmarks {

/// How the rows lie in memory.
enum class Layout : std::uint8_t {
  dense,            ///< row after row, aligned
  misaligned,       ///< the same, one element off
  strided_rows,     ///< 24 bytes between rows
  strided_columns,  ///< every other element
  column_major,     ///< column after column
};

/// One thing to time.
struct CaseOptions {
  std::int64_t n_features = 16;
  ElementType type = ElementType::f32;
  std::int32_t n_scores = 1;  ///< 1 = two classes
  int threads = 1;            ///< 0 = all
  Stages stages = Stages::folded;
  Layout layout = Layout::dense;
  OutputType output_type = OutputType::f32;
  WantedOutputs wanted{.label_index = true, .proba = true};
};

/// A case ready to run: cpu engine, rows in bench_memory(), results there too. As many rows as the rows'
/// memory holds, or fewer where the results' memory holds fewer.
class Case {
 public:
  explicit Case(const CaseOptions& options);

  std::int64_t rows() const { return view_.count; }
  std::int64_t bytes_read() const;     ///< elements of the rows; not what lies between them
  std::int64_t bytes_written() const;  ///< results
  /// Rows [first, first + count).
  void run(std::int64_t first, std::int64_t count);
  void run() { run(0, rows()); }

  /// Whether a run over all rows gives the bits of `reference`, on 4,096 rows spread over them.
  bool check();

 private:
  Program program_;
  measure::ResultLayout layout_;
  RowsView view_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace evenscore::benchmarks
