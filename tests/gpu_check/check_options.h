#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "evenscore/engine.h"

namespace evenscore::gpu_check {

using Json = nlohmann::ordered_json;

/// What this program was built from, with "-dirty" if not all of it was committed.
extern const char* const kCommit;

struct CheckOptions {
  EngineKind engine = EngineKind::cuda;  ///< the one that is tested
  int device = 0;
  double seconds = 420.0;             ///< a part that can stop early does so after these
  std::int64_t rows = 1'000'000'000;  ///< random rows, part 3
  std::int64_t block_rows = 1 << 20;  ///< random rows a block
  int sweep_blocks = 256;             ///< of 2^24 floats, part 2
  std::int64_t cases = 0;             ///< of the case table, 0 = all
  std::size_t bench_bytes = std::size_t{16}
                            << 30;  ///< of device memory, part 6; eight times the rows of part 7
  bool flip_a_bit = false;          ///< makes every run of the tested engine wrong, to show that it is found
};

/// The engine that is tested, ready to run `program`.
std::unique_ptr<Engine> make_tested_engine(const CheckOptions& options, const Program& program,
                                           int threads = 0);
/// The same on these GPUs, for an engine that has any.
std::unique_ptr<Engine> make_tested_engine(const CheckOptions& options, const Program& program,
                                           const EngineOptions& engine_options);
/// The one that it is compared with where `reference` would take too long.
EngineKind fast_truth(const CheckOptions& options);

/// Whether a part's time is over.
class Deadline {
 public:
  explicit Deadline(double seconds)
      : end_(std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds)) {}
  bool passed() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::time_point<std::chrono::steady_clock, std::chrono::duration<double>> end_;
};

/// What a part found: how many comparisons, how many of them differ, and the first ten of those.
class Tally {
 public:
  void compare(bool equal, const std::string& what) {
    ++compared_;
    if (!equal && wrong_++ < 10) first_wrong_.push_back(what);
  }
  void add_to(Json& result) const {
    result["compared"] = compared_;
    result["wrong"] = wrong_;
    if (wrong_ > 0) result["first_wrong"] = first_wrong_;
    result["verdict"] = wrong_ > 0 ? "refuted" : compared_ > 0 ? "accepted" : "nothing compared";
  }

 private:
  std::int64_t compared_ = 0, wrong_ = 0;
  Json first_wrong_ = Json::array();
};

/// The parts. Each returns an object with `verdict`: accepted, refuted, or why it could not be had.
Json check_case_table(const CheckOptions& options);   ///< 1
Json check_sweep(const CheckOptions& options);        ///< 2
Json check_random_rows(const CheckOptions& options);  ///< 3
Json check_short_table(const CheckOptions& options);  ///< 4
Json check_overlap(const CheckOptions& options);      ///< 5
Json time_kernels(const CheckOptions& options);       ///< 6
Json time_end_to_end(const CheckOptions& options);    ///< 7

}  // namespace evenscore::gpu_check
