#include "engine/reference.h"

#include <algorithm>
#include <vector>

#include "engine/canaries.h"
#include "engine/engine_checks.h"
#include "engine/run_stages.h"
#include "evenscore/arith/element.h"
#include "evenscore/arith/finish_row.h"

namespace evenscore::engine {
namespace {

class Reference final : public Engine {
 public:
  explicit Reference(const Program& program) : program_(program) {}

  void run(const RowsView& rows, const OutputsView& outputs, Stream) override {
    check_views(program_, rows, outputs);
    check_host_memory(rows, outputs);
    check_arithmetic_of_this_thread();
    const ProgramView program = program_.view();
    for (std::int64_t row = 0; row < rows.count; ++row) {
      std::vector<double> x(static_cast<std::size_t>(rows.columns));
      for (std::int64_t i = 0; i < rows.columns; ++i) {
        x[static_cast<std::size_t>(i)] =
            arith::load_element(rows.type, rows.data + row * rows.row_stride + i * rows.column_stride);
      }
      std::vector<double> a(static_cast<std::size_t>(program_.widest()));
      std::vector<double> b(a.size());
      std::copy(x.begin(), x.end(), a.begin());
      const double* z = run_stages(program, a.data(), b.data());
      arith::finish_row(program, z, arith::status_of(program, z, x.data()), outputs, row);
    }
  }

  std::string description() const override { return "reference: scalar, 1 thread"; }

 private:
  Program program_;
};

}  // namespace

std::unique_ptr<Engine> make_reference(const Program& program) {
  return std::make_unique<Reference>(program);
}

}  // namespace evenscore::engine
