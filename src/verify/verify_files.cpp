#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/grouped_digits.h"
#include "engine/unscorable_row.h"
#include "evenscore/error.h"
#include "evenscore/verify.h"
#include "verify/class_index.h"
#include "verify/comparison.h"
#include "verify/difference_patterns.h"
#include "verify/engine_side.h"
#include "verify/judgement.h"
#include "verify/model_difference.h"
#include "verify/other_software.h"
#include "verify/row_sample.h"
#include "verify/score_bounds.h"
#include "verify/stored_side.h"
#include "verify/true_labels.h"
#include "verify/verdict_reason.h"

namespace evenscore {
namespace {

using verifier::BatchBounds;
using verifier::ClassIndex;
using verifier::Comparison;
using verifier::EngineSide;
using verifier::SideView;
using verifier::StoredSide;

constexpr std::size_t kReadBytes = std::size_t{16} << 20;
constexpr std::int64_t kResultBytes = std::int64_t{64} << 20;

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

void check_request(const VerifyJob& job) {
  if (job.against ? job.engines.size() != 1 : job.engines.size() < 2) {
    throw Error(ErrorCode::bad_request, job.against ? "comparing with stored predictions takes one engine"
                                                    : "comparing engines takes two or more of them");
  }
  verifier::check_tolerances(job.mode, job.tolerances);
}

/// One run of verify(): the open files, the engines and what has been found so far.
class Verification {
 public:
  explicit Verification(const VerifyJob& job)
      : job_(job),
        pipeline_(job.model.pipeline),
        rows_(RowSource::open(job.rows_path, job.rows_options)),
        classes_(pipeline_.classes()) {
    rows_.bind(pipeline_.n_features(), pipeline_.feature_names);
    program_ = compile(pipeline_, {job.arithmetic, rows_.type()});
    if (job.against) stored_.emplace(*job.against, classes_, verifier::shape_of(program_));
    if (job.labels && program_.is_regressor()) {
      throw Error(ErrorCode::bad_request, "a regressor has no classes to compare labels with", "--labels",
                  "leave --labels out");
    }
    describe();
  }

  VerifyReport run() {
    if (!comparable()) return std::move(report_);
    const std::int64_t sample = job_.sample > 0 ? std::min(job_.sample, rows_.count()) : rows_.count();
    if (sample < rows_.count()) report_.sampled = job_.seed;
    start();
    std::int64_t compared = 0;
    for (const auto& [first, count] : verifier::row_sample(rows_.count(), sample, job_.seed)) {
      compare_range(first, first + count, [&](std::int64_t rows) {
        compared += rows;
        if (job_.progress) job_.progress(compared, sample);
      });
    }
    finish();
    return std::move(report_);
  }

 private:
  template <class Compared>
  void compare_range(std::int64_t begin, std::int64_t end, const Compared& compared) {
    const std::int64_t read_rows = rows_.batch_rows(kReadBytes);
    for (std::int64_t first = begin; first < end; first += read_rows) {
      const std::int64_t n = std::min(read_rows, end - first);
      const auto row_bytes = static_cast<std::size_t>(rows_.columns()) * element_size(rows_.type());
      row_buffer_.resize(static_cast<std::size_t>(n) * row_bytes);
      rows_.read(first, n, row_buffer_.data());
      for (std::int64_t done = 0; done < n; done += batch_rows_) {
        const std::int64_t count = std::min(batch_rows_, n - done);
        compare(first + done, {row_buffer_.data() + static_cast<std::size_t>(done) * row_bytes, rows_.type(),
                               count, rows_.columns(), static_cast<std::int64_t>(row_bytes),
                               static_cast<std::int64_t>(element_size(rows_.type())), MemorySpace::host});
      }
      compared(n);
    }
  }

  void describe() {
    report_.rows = rows_.count();
    report_.rows_name = file_name(job_.rows_path);
    for (const std::string& path : job_.rows_options.more_files)
      report_.rows_name.append(",").append(file_name(path));
    report_.rows_dataset = rows_.dataset();
    report_.element_type = element_name(rows_.type());
    report_.arithmetic = job_.arithmetic;
    report_.tolerances = job_.tolerances;
    report_.pipeline_digest = pipeline_digest(pipeline_);
    report_.sklearn_version = pipeline_.sklearn_version;
    report_.class_names = classes_.names();
    const bool ours = !stored_ || stored_->written_by_evenscore();
    report_.mode = job_.mode.value_or(ours ? VerifyMode::bitwise : VerifyMode::bound);
    if (stored_) report_.sources.push_back(stored_->name());
    for (const EngineKind kind : job_.engines) report_.sources.emplace_back(name_of(kind));
    if (!stored_ || !ours) return;
    const std::string arithmetic = stored_->attribute("arithmetic");
    if (!arithmetic.empty() && arithmetic != arithmetic_name()) {
      report_.notes.push_back(fmt::format("{} was scored with arithmetic {}, this comparison uses {}",
                                          stored_->name(), arithmetic, arithmetic_name()));
    }
    const std::string digest = stored_->attribute("pipeline_digest");
    if (!digest.empty() && digest != report_.pipeline_digest) {
      report_.notes.push_back(
          fmt::format("{} was scored with another pipeline (digest {})", stored_->name(), digest));
    }
  }

  const char* arithmetic_name() const { return job_.arithmetic == Arithmetic::exact ? "exact" : "sklearn"; }

  /// Whether there are the same rows and classes on both sides; else the report says what is not.
  bool comparable() {
    if (!stored_) return true;
    if (stored_->count() != rows_.count()) {
      report_.reason = fmt::format("{} has {} rows, {} has {}", report_.rows_name, grouped(rows_.count()),
                                   stored_->name(), grouped(stored_->count()));
      return false;
    }
    if (!stored_->same_classes()) {
      report_.reason = fmt::format("the classes in {} are not the model's", stored_->name());
      return false;
    }
    return true;
  }

  void start() {
    verifier::OtherSoftware other = verifier::any_f64(pipeline_);
    std::vector<verifier::EngineRequest> requests{{}};
    if (stored_) {
      const bool ours = stored_->written_by_evenscore();
      if (!ours || stored_->attribute("arithmetic") != arithmetic_name()) {
        other = verifier::scikit_learn(pipeline_, rows_.type(), job_.arithmetic);
      }
      requests[0].proba = stored_->has(NumberOutput::proba);
      requests[0].log_proba = stored_->has(NumberOutput::log_proba);
      if (ours && stored_->type() == OutputType::f32) {
        requests.push_back(requests[0]);
        requests[0].proba = requests[0].log_proba = false;
        requests[1].type = OutputType::f32;
      }
      if (!ours) note_rounding();
    } else {
      requests.push_back({OutputType::f32});
    }
    for (const EngineKind kind : job_.engines) {
      engines_.emplace_back(kind, program_, job_.engine_options, requests);
      report_.engines.push_back(engines_.back().description());
    }
    n_views_ = stored_ ? 1 : requests.size();
    last_request_ = requests.size() - 1;
    const std::size_t n_pairs = stored_ ? 1 : engines_.size() - 1;
    for (std::size_t pair = 0; pair < n_pairs; ++pair) {
      const std::string b = stored_ ? stored_->name() : report_.sources[pair + 1];
      for (std::size_t i = 0; i < n_views_; ++i) {
        comparisons_.emplace_back(verifier::ComparisonOptions{
            engines_[0].name(), b, report_.mode, job_.tolerances, verifier::rules_of(program_),
            classes_.names(), other.products,
            comparisons_.empty() ? [this](std::int64_t row) { note_uncertified(row); }
                                 : std::function<void(std::int64_t)>(),
            job_.engine_options.threads});
      }
    }
    bounds_.emplace(program_, other);
    if (job_.arithmetic == Arithmetic::exact)
      judgements_.emplace(pipeline_, rows_.type(), report_.sampled.has_value());
    if (stored_) patterns_.emplace(engines_[0].name(), stored_->name(), classes_.names());
    if (program_.link == LinkKind::exponential) {
      Program scores = program_;
      scores.link = LinkKind::identity;
      scores_.emplace(job_.engines[0], scores, job_.engine_options, std::vector<verifier::EngineRequest>{{}});
    }
    if (job_.labels) labels_.emplace(*job_.labels, classes_, rows_.count(), job_.ranking_memory);
    const std::int64_t numbers_a_row = std::max({1, program_.n_scores(), program_.n_classes});
    const std::int64_t bytes_a_row = 16 * static_cast<std::int64_t>(sizeof(double)) * numbers_a_row;
    batch_rows_ = std::max<std::int64_t>(1, kResultBytes / bytes_a_row);
    if (job_.batch_rows > 0) batch_rows_ = std::min(batch_rows_, job_.batch_rows);
  }

  void note_uncertified(std::int64_t row) {
    if (report_.first_uncertified.size() < VerifyReport::kUncertifiedShown)
      report_.first_uncertified.push_back(row);
    if (job_.uncertified) job_.uncertified(row);
  }

  void note_rounding() {
    if (stored_->type() == OutputType::f32) {
      report_.notes.push_back(
          fmt::format("{} holds float32 numbers: ours were rounded once to float32", stored_->name()));
    }
    if (rows_.type() == ElementType::f32 && job_.arithmetic == Arithmetic::exact) {
      report_.notes.emplace_back(
          "the bounds allow for software that scales float32 rows in float32, as scikit-learn does");
    }
    if (program_.n_classes == 2 && stored_->has(NumberOutput::proba) &&
        job_.arithmetic == Arithmetic::exact && !stored_->written_by_evenscore()) {
      report_.notes.emplace_back(
          "scikit-learn computes the first of two probabilities as 1 - p, which keeps no digits far in the "
          "tail: large "
          "ulp distances there are its rounding");
    }
  }

  void compare(std::int64_t first, const RowsView& rows) {
    for (EngineSide& engine : engines_) engine.run(rows);
    check_status(first, rows);
    const BatchBounds bounds = evaluate_bounds(rows);
    if (stored_) {
      const SideView theirs = stored_->read(first, rows.count, engines_[0].label_index());
      const SideView ours = engines_[0].view(last_request_);
      comparisons_[0].add(first, rows.count, ours, theirs, &bounds);
      if (!report_.sampled) patterns_->add(rows.count, ours, theirs);
      if (judgements_) judgements_->add(rows, ours, theirs, bounds);
      if (labels_) labels_->add(first, rows.count, theirs, ours);
    } else {
      for (std::size_t e = 1; e < engines_.size(); ++e) {
        for (std::size_t i = 0; i < n_views_; ++i) {
          SideView a = engines_[0].view(i);
          SideView b = engines_[e].view(i);
          if (i > 0) a.label_index = b.label_index = nullptr;
          comparisons_[(e - 1) * n_views_ + i].add(first, rows.count, a, b, &bounds);
        }
      }
      if (judgements_) judgements_->add(rows, engines_[0].view(0), engines_[1].view(0), bounds);
      if (labels_) labels_->add(first, rows.count, engines_[0].view(0), engines_[1].view(0));
    }
  }

  BatchBounds evaluate_bounds(const RowsView& rows) {
    const auto n = static_cast<std::size_t>(rows.count * program_.n_scores());
    bound_.resize(n);
    bound_other_.resize(n);
    bounds_->evaluate(rows, bound_.data(), bound_other_.data());
    for (std::size_t i = 0; i < n; ++i) bound_[i] += bound_other_[i];
    if (scores_) scores_->run(rows);
    const EngineSide& side = scores_ ? *scores_ : engines_[0];
    return {static_cast<const double*>(side.view(0).decision.data), bound_.data()};
  }

  void check_status(std::int64_t first, const RowsView& rows) {
    for (std::int64_t i = 0; i < rows.count; ++i) {
      const auto status = static_cast<RowStatus>(engines_[0].status()[i]);
      if (status == RowStatus::scored) continue;
      ++report_.bad_rows;
      if (job_.mark_bad_rows) continue;
      const std::vector<std::string>& names =
          pipeline_.feature_names.empty() ? rows_.feature_names() : pipeline_.feature_names;
      const RowPlace place = rows_.place_of(first + i);
      throw engine::unscorable_row(program_, rows, i, status, place.row, place.dataset, names)
          .in_file(place.path);
    }
  }

  void finish() {
    for (const Comparison& comparison : comparisons_)
      verifier::merge(report_.comparison, comparison.result());
    report_.verdict = verifier::verdict_of(report_.comparison, report_.mode);
    report_.reason =
        verifier::verdict_reason(report_.comparison, report_.verdict, report_.mode, program_.is_regressor());
    if (judgements_) {
      report_.rows_judged = judgements_->rows();
      report_.referee = judgements_->verdicts();
    }
    if (patterns_ && !report_.accepted()) report_.likely_causes = patterns_->causes();
    if (!labels_) return;
    report_.before_source = stored_ ? stored_->name() : engines_[0].name();
    report_.after_source = stored_ ? engines_[0].name() : engines_[1].name();
    labels_->report(report_);
  }

  const VerifyJob& job_;
  const Pipeline& pipeline_;
  RowSource rows_;
  std::vector<std::byte> row_buffer_;
  ClassIndex classes_;
  Program program_;
  std::optional<StoredSide> stored_;
  std::vector<EngineSide> engines_;
  std::optional<EngineSide> scores_;  ///< where the decisions are not the scores but e to their power
  std::size_t n_views_ = 0;           ///< requests compared of each engine
  std::size_t last_request_ = 0;      ///< the one that is compared with stored predictions
  std::int64_t batch_rows_ = 1;
  std::vector<Comparison>
      comparisons_;  ///< for each engine after the first, or the stored predictions: n_views_
  std::optional<verifier::ScoreBounds> bounds_;
  std::vector<double> bound_, bound_other_;
  std::optional<verifier::Judgements> judgements_;        ///< exact arithmetic
  std::optional<verifier::DifferencePatterns> patterns_;  ///< with stored predictions
  std::optional<verifier::TrueLabels> labels_;
  VerifyReport report_;
};

std::vector<ModelDifference> structure_differences(const VerifyJob& job, const std::string& digest) {
  std::vector<ModelDifference> differences;
  if (job.structure != nullptr) {
    for (const verifier::Exchange& found :
         verifier::model_differences(job.structure->pipeline, job.model.pipeline))
      differences.push_back(found.difference);
    return differences;
  }
  const std::string recorded = PredictionSource(*job.against).attribute("pipeline_digest").value_or("");
  if (recorded.empty()) {
    throw Error(ErrorCode::bad_request, "does not say which pipeline made it", "--structure",
                "name the model to compare with: --structure MODEL")
        .in_file(job.against->file);
  }
  if (recorded != digest)
    differences.push_back({"pipeline_digest", fmt::format("was {}, is {}", recorded, digest), true, 0, {}});
  return differences;
}

/// A model that is not the other one is refuted, whatever it predicts on these rows.
void judge_structure(const VerifyJob& job, VerifyReport& report) {
  StructureReport& structure = report.structure.emplace();
  structure.against = job.structure != nullptr ? job.structure_name : file_name(job.against->file);
  structure.differences = structure_differences(job, report.pipeline_digest);
  if (structure.differences.empty()) return;
  const std::size_t count = structure.differences.size();
  const ModelDifference& first = structure.differences.front();
  report.reason =
      fmt::format("the model is not that of {}: {} {}, first {}: {}; predictions: {}", structure.against,
                  count, count == 1 ? "difference" : "differences", first.path, first.what, report.reason);
  report.verdict = Verdict::different;
}

}  // namespace

VerifyReport verify(const VerifyJob& job) {
  check_request(job);
  VerifyReport report = Verification(job).run();
  if (job.structure != nullptr || job.same_pipeline) judge_structure(job, report);
  return report;
}

}  // namespace evenscore
