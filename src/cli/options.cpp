#include "cli/options.h"

#include <charconv>

#include <fmt/format.h>

#include "evenscore/error.h"

namespace evenscore::cli {

ShowProgress OutputStyle::show_progress() const {
  if (quiet || progress == "never") return ShowProgress::never;
  return progress == "always" ? ShowProgress::always : ShowProgress::automatic;
}

namespace {

std::int64_t row_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0) return number;
  throw Error(ErrorCode::bad_request, fmt::format("'{}' is no row number", text), "--row-range",
              "give FIRST:END, of which either may be left out: 1000:2000, :500");
}

void parse_row_range(const std::string& text, RowsOptions& options) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos)
    throw Error(ErrorCode::bad_request, fmt::format("'{}' is no range", text), "--row-range",
                "give FIRST:END, as in 1000:2000");
  if (colon > 0) options.first_row = row_number(text.substr(0, colon));
  if (colon + 1 < text.size()) options.end_row = row_number(text.substr(colon + 1));
  if (options.end_row >= 0 && options.end_row < options.first_row)
    throw Error(ErrorCode::bad_request, fmt::format("'{}' ends before it begins", text), "--row-range",
                "give FIRST:END with FIRST first");
}

}  // namespace

void add_output_style(CLI::App& command, OutputStyle& style) {
  command.add_flag("--json", style.json, "Print one JSON object on stdout and nothing else there");
  command.add_flag("--quiet", style.quiet, "Print nothing but errors");
  command.add_flag("-v,--verbose", style.verbose, "Say more");
  command.add_option("--progress", style.progress, "Show progress on stderr: auto = on a terminal only")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

std::vector<std::string> ModelArguments::paths() const {
  std::vector<std::string> all{path};
  all.insert(all.end(), then.begin(), then.end());
  return all;
}

void add_model(CLI::App& command, ModelArguments& model) {
  command
      .add_option("MODEL", model.path,
                  "A pipeline file (.h5) or a saved scikit-learn file (.joblib, .pkl), told apart by content")
      ->required();
  command.add_option("--then", model.then, "Append the steps of another saved file; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

RowsOptions RowsArguments::rows_options() const {
  RowsOptions options;
  options.dataset = dataset;
  options.transpose = transpose;
  options.more_files = more_paths;
  options.threads = threads;
  if (!row_range.empty()) parse_row_range(row_range, options);
  if (!copies.empty()) options.copies = split_list(copies, "--copy");
  if (!columns.empty()) options.columns = split_list(columns, "--columns");
  return options;
}

DeviceChoice RowsArguments::device_choice() const {
  DeviceChoice choice = choose_device(device, path);
  choice.options.threads = threads;
  return choice;
}

Arithmetic RowsArguments::arithmetic_rule() const {
  return arithmetic == "sklearn" ? Arithmetic::sklearn : Arithmetic::exact;
}

BadRows RowsArguments::bad_rows_rule() const {
  return bad_rows == "mark" ? BadRows::mark : BadRows::stop;
}

void add_rows(CLI::App& command, RowsArguments& rows) {
  add_rows_paths(command, rows);
  add_rows_selection(command, rows);
  add_engine(command, rows);
  command
      .add_option("--bad-rows", rows.bad_rows,
                  "Rows that scikit-learn rejects: 'stop' at the first, or 'mark' them")
      ->check(CLI::IsMember({"stop", "mark"}))
      ->capture_default_str();
}

void add_rows_paths(CLI::App& command, RowsArguments& rows) {
  command
      .add_option_function<std::vector<std::string>>(
          "ROWS",
          [&rows](const std::vector<std::string>& paths) {
            rows.path = paths.front();
            rows.more_paths.assign(paths.begin() + 1, paths.end());
          },
          "The file with the rows, HDF5 or .npy; several files follow each other")
      ->required()
      ->type_name("ROWS.h5");
}

void add_rows_selection(CLI::App& command, RowsArguments& rows) {
  command
      .add_option("--dataset", rows.dataset,
                  "The dataset or group with the rows; default /X, else the only thing that can hold rows")
      ->type_name("/PATH");
  command.add_option("--columns", rows.columns, "Columns by name, in the model's order")
      ->type_name("A,B,...");
  command
      .add_option("--row-range", rows.row_range,
                  "Rows from FIRST up to but not END, from 0 over all files; either may be left out")
      ->type_name("FIRST:END");
  command.add_flag("--transpose", rows.transpose,
                   "The dataset is (features, rows), as MATLAB and Julia write it");
}

void add_device(CLI::App& command, RowsArguments& rows) {
  command
      .add_option(
          "--device", rows.device,
          "auto, cpu, cpu:SET with an instruction set (avx512, avx2, neon, baseline), reference, cuda, "
          "cuda:0,cuda:1 or cuda:all; never changes a bit")
      ->capture_default_str();
  command.add_option("--threads", rows.threads, "CPU threads, 0 = all; never changes a bit")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
}

void add_arithmetic(CLI::App& command, RowsArguments& rows) {
  command
      .add_option(
          "--arithmetic", rows.arithmetic,
          "float32 rows: 'exact' takes their values as they are, 'sklearn' rounds as the saving release does")
      ->check(CLI::IsMember({"exact", "sklearn"}))
      ->capture_default_str();
}

void add_engine(CLI::App& command, RowsArguments& rows) {
  add_device(command, rows);
  command.add_option("--batch-rows", rows.batch_rows, "Rows at a time, 0 = chosen; never changes a bit")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40))
      ->capture_default_str();
  add_arithmetic(command, rows);
}

WantedOutputs wanted_outputs(const std::string& list) {
  WantedOutputs wanted;
  if (list.empty()) return wanted;
  for (const std::string& name : split_list(list, "--output")) {
    bool* flag = name == "label"         ? &wanted.label
                 : name == "label_index" ? &wanted.label_index
                 : name == "proba"       ? &wanted.proba
                 : name == "log_proba"   ? &wanted.log_proba
                 : name == "decision"    ? &wanted.decision
                 : name == "prediction"  ? &wanted.prediction
                                         : nullptr;
    if (flag == nullptr) {
      throw Error(ErrorCode::bad_request, fmt::format("there is no output '{}'", name), "--output",
                  "choose from label, label_index, proba, log_proba, decision, prediction");
    }
    *flag = true;
  }
  return wanted;
}

std::vector<std::string> split_list(const std::string& text, const std::string& option) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(',', begin);
    parts.push_back(text.substr(begin, end == std::string::npos ? end : end - begin));
    if (parts.back().empty())
      throw Error(ErrorCode::bad_request, fmt::format("'{}' has an empty part", text), option);
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

}  // namespace evenscore::cli
