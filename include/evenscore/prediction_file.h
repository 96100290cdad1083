#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "evenscore/element_type.h"
#include "evenscore/labels.h"
#include "evenscore/rows_file.h"
#include "evenscore/views.h"

namespace evenscore {

/// The datasets of a prediction file that have a row for each row scored.
struct WantedOutputs {
  bool label = false;
  bool label_index = false;
  bool proba = false;
  bool log_proba = false;
  bool decision = false;
  bool prediction = false;

  bool operator==(const WantedOutputs&) const = default;
};

/// All that a prediction file holds beside its rows.
struct PredictionLayout {
  std::int64_t rows = 0;
  OutputType type = OutputType::f64;  ///< of proba, log_proba, decision, prediction
  WantedOutputs wanted;
  Labels classes;                     ///< K of them; none for a regressor
  std::int64_t decision_columns = 0;  ///< of /decision and /prediction; 0 = one-dimensional
  bool mark_bad_rows = false;         ///< write /status, and label_index -1 for what cannot be scored

  std::string pipeline_digest;
  std::string arithmetic;
  std::string source_name;  ///< of the rows: a name without its directory, for equal bytes wherever it runs
  std::string source_dataset;
  std::string feature_order;         ///< how columns were bound: "names" or "position"
  std::string row_range;             ///< "100:200" where only these rows were scored; empty = all
  std::vector<CopiedColumn> copies;  ///< key columns of the rows, datasets of their own names
};

/// XXH3-128 of the bytes of one block of rows, canonical.
using BlockHash = std::array<std::byte, 16>;

/// What a run computes, as names and values to show people ("arithmetic", "exact").
using Fingerprint = std::vector<std::pair<std::string, std::string>>;

/// How a run that is stopped can be gone on with. Every so often what is written is made durable and noted in
/// `path.journal`; the destructor then leaves that and `path.part` where they are.
struct Resumption {
  Fingerprint fingerprint;  ///< a run is gone on with only where all of this is the same
  Fingerprint stopped;      ///< with mark_bad_rows: or all of this, that of the job without it; may be empty
  bool resume = false;      ///< go on with the unfinished run, if there is one
  double seconds = 5.0;     ///< between two notes in the journal, or less where much is written
};

/// Writes a prediction file (design: the root attributes encoding-type = "evenscore-predictions",
/// encoding-version, evenscore_version, pipeline_digest, arithmetic, source_name, source_dataset, rows,
/// feature_order, rows_digest, outputs_digest; the datasets asked for, /classes, and /status with
/// mark_bad_rows). Row i is row i of the input. Equal jobs give equal bytes. All space is taken at the start;
/// the file is `path.part` until finish(), and the destructor removes it when finish() did not run. Movable;
/// one thread at a time.
///
/// A row without a class has label_index -1 and a missing /label: NaN, the empty string, or the integer
/// type's minimum; where that value is a class, or the classes are booleans, mark_bad_rows writes
/// /label_index in /label's place. For a regressor /prediction is taken from OutputsView::decision.
class PredictionWriter {
 public:
  /// `inputs` are files that must not be overwritten. Throws Error naming `path`: output_exists (unless
  /// `overwrite`, and also when another run writes it), bad_request (it is an input; its
  /// directory is missing; a contradicting layout), storage_failure (disk full). Nothing is left behind.
  PredictionWriter(const std::string& path, const PredictionLayout& layout,
                   const std::vector<std::string>& inputs, bool overwrite = false);
  /// The same for a run that can be resumed. Goes on with an unfinished run where `resumption.resume` says
  /// so and its journal and rows are sound, else begins a new one. Throws also bad_request for an unfinished
  /// run of another job, naming the difference, and output_exists for an unfinished run where neither
  /// `resume` nor `overwrite` is given; both leave it as it is.
  PredictionWriter(const std::string& path, const PredictionLayout& layout,
                   const std::vector<std::string>& inputs, bool overwrite, Resumption resumption);
  PredictionWriter(PredictionWriter&&) noexcept;
  PredictionWriter& operator=(PredictionWriter&&) noexcept;
  ~PredictionWriter();

  /// Writes the next `n` rows; `first_row` is the number of rows written so far. `outputs` are host buffers
  /// of the layout's type, one for each dataset wanted (label needs label_index). Throws bad_request when
  /// they are not, unscorable_row for a label_index of -1 without mark_bad_rows, storage_failure.
  /// `copies` are the values of layout.copies, dense. `row_blocks` are the hashes of the blocks of rows that
  /// end among these, as BlockDigest::update gives them; needed for a run that can be resumed.
  void write(std::int64_t first_row, std::int64_t n, const OutputsView& outputs,
             std::span<const BlockHash> row_blocks = {}, std::span<const std::byte* const> copies = {});

  /// Rows written so far; after construction those of the unfinished run that is gone on with. They are whole
  /// blocks of BlockDigest::kBlockRows rows, whose rows had the hashes `row_blocks` when they were read.
  std::int64_t rows_written() const;
  const std::vector<BlockHash>& row_blocks() const;
  /// Rows with a status other than 0 among those of the unfinished run.
  std::int64_t bad_rows_before() const;

  /// Makes what is written durable and leaves it for a run that resumes. Returns the rows that such a run
  /// need not score again; 0 = nothing is left behind. write() and finish() may not follow. Throws
  /// storage_failure.
  std::int64_t suspend();

  /// After the last row: writes the digests, makes the file durable and gives it its name. `rows_digest` is
  /// the 64 hexadecimal digits of the rows' BlockDigest. Throws bad_request when rows are missing,
  /// storage_failure, output_exists when the output appeared meanwhile.
  void finish(const std::string& rows_digest);

  /// 64 hexadecimal digits, after the last row: SHA-256 over, for each dataset in byte order of the names,
  /// its name, a NUL, and the 64 digits of its BlockDigest (of its rows as stored; /classes has a row for
  /// each class).
  std::string outputs_digest() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A file and an object in it, as "FILE" or "FILE:/object" name them.
struct FileLocation {
  std::string file;
  std::string object = "/";
};

/// "/object" begins at the last ":/" of `text`, unless the whole of `text` is the name of a file.
FileLocation parse_file_location(const std::string& text);

/// A one-dimensional dataset of labels: integers of any width, floats, booleans, fixed or variable-length
/// strings, either byte order; or an .npy file of them, whose location has no object. Movable; one thread at
/// a time. Errors as RowSource, and shape_mismatch when it is not one-dimensional (a single column (n, 1) of
/// numbers is read too).
class LabelSource {
 public:
  struct Impl;

  explicit LabelSource(const FileLocation& location);
  explicit LabelSource(std::unique_ptr<Impl> impl);
  LabelSource(LabelSource&&) noexcept;
  LabelSource& operator=(LabelSource&&) noexcept;
  ~LabelSource();

  std::int64_t count() const;
  LabelKind kind() const;
  ElementType element() const;  ///< of integers and reals

  /// Labels [first, first + n). Throws limit_exceeded when their strings take more than 256 MiB.
  Labels read(std::int64_t first, std::int64_t n) const;

 private:
  std::unique_ptr<Impl> impl_;
};

/// A dataset of numbers in a prediction file.
enum class NumberOutput : std::uint8_t { proba, log_proba, decision, prediction };

/// Predictions that evenscore or anyone else wrote: a group with any of the datasets label, label_index,
/// proba, log_proba, decision, prediction, classes. Numbers are f32 or f64, (n), (n, 1) or (n, K). Or an .npy
/// file: its location's object names what it holds ("/proba"); without, an array of integers, booleans or
/// text is label, and floats in two dimensions are proba. Movable;
/// one thread at a time. Errors as RowSource, and shape_mismatch when the datasets disagree on n.
class PredictionSource {
 public:
  explicit PredictionSource(const FileLocation& location);
  PredictionSource(PredictionSource&&) noexcept;
  PredictionSource& operator=(PredictionSource&&) noexcept;
  ~PredictionSource();

  std::int64_t count() const;  ///< rows
  const std::optional<Labels>& classes() const;
  const LabelSource* labels() const;  ///< null when there are none
  bool has_label_index() const;

  /// Whether there is such a dataset; its columns (1 for (n)) and type, which require it.
  bool has(NumberOutput output) const;
  std::int64_t columns(NumberOutput output) const;
  OutputType type(NumberOutput output) const;

  /// Rows [first, first + n) as n x columns dense elements of the dataset's type.
  void read(NumberOutput output, std::int64_t first, std::int64_t n, std::byte* destination) const;

  /// Rows [first, first + n); throws corrupt_file for a value outside int32.
  std::vector<std::int32_t> read_label_index(std::int64_t first, std::int64_t n) const;

  /// A text attribute of the group or file root ("rows_digest"); nothing when it is absent.
  std::optional<std::string> attribute(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evenscore
