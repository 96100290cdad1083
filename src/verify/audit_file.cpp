#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/grouped_digits.h"
#include "batch/block_digest.h"
#include "batch/stored_digest.h"
#include "evenscore/audit.h"
#include "evenscore/error.h"

namespace evenscore {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReadBytes = std::size_t{16} << 20;

std::string digest_of_rows(const AuditJob& job, const RowsOptions& options) {
  RowSource rows = RowSource::open(job.rows_path, options);
  rows.bind(job.model.pipeline.n_features(), job.model.pipeline.feature_names);
  const std::size_t row_bytes = static_cast<std::size_t>(rows.columns()) * element_size(rows.type());
  const std::int64_t step = rows.batch_rows(kReadBytes);
  BlockDigest digest(row_bytes);
  std::vector<std::byte> buffer;
  for (std::int64_t first = 0; first < rows.count(); first += step) {
    const std::int64_t n = std::min(step, rows.count() - first);
    buffer.resize(static_cast<std::size_t>(n) * row_bytes);
    rows.read(first, n, buffer.data());
    digest.update(buffer.data(), n);
  }
  return digest.hex();
}

// "100:200", which score wrote.
void take_range(const std::string& range, const std::string& file, RowsOptions& options) {
  const char* end = range.data() + range.size();
  const auto first = std::from_chars(range.data(), end, options.first_row);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == ':') {
    const auto last = std::from_chars(first.ptr + 1, end, options.end_row);
    if (last.ec == std::errc() && last.ptr == end && options.first_row >= 0 &&
        options.end_row >= options.first_row)
      return;
  }
  throw Error(ErrorCode::corrupt_file, "has a row_range that is none", "/").in_file(file);
}

AuditCheck compare_digests(const char* name, const std::string& recorded, const std::string& found) {
  if (recorded == found) return {name, true, fmt::format("digest {}", found)};
  return {name, false, fmt::format("the digest is {}, the file says {}", found, recorded)};
}

/// What the certificate beside the file says, if there is one, against what the file says.
void check_certificate(const AuditJob& job, const std::map<std::string, std::string>& recorded,
                       std::vector<AuditCheck>& checks) {
  const std::string path = job.output_path + ".run.json";
  std::ifstream file(path);
  if (!file) return;
  const Json certificate = Json::parse(file, nullptr, false);
  if (!certificate.is_object() || certificate.value("schema", "") != "evenscore-certificate-1") {
    checks.push_back({"certificate", false, fmt::format("{} is no certificate", path)});
    return;
  }
  for (const auto& [name, value] : recorded) {
    const Json& said = certificate.contains(name) ? certificate[name] : Json();
    if (said == value) continue;
    checks.push_back({"certificate", false,
                      fmt::format("{} has another {}: {}", std::filesystem::path(path).filename().string(),
                                  name, said.is_string() ? said.get<std::string>() : "none")});
    return;
  }
  checks.push_back({"certificate", true, fmt::format("computed on {}", certificate.value("engine", "?"))});
}

}  // namespace

bool AuditReport::accepted() const {
  return std::all_of(checks.begin(), checks.end(), [](const AuditCheck& check) { return check.passed; });
}

AuditReport audit(const AuditJob& job) {
  const PredictionSource stored({job.output_path, "/"});
  if (stored.attribute("encoding-type") != "evenscore-predictions") {
    throw Error(ErrorCode::bad_request, "was not written by evenscore score", "/",
                "use evenscore verify --against for predictions of other software")
        .in_file(job.output_path);
  }
  RowsOptions rows_options = job.rows_options;
  if (rows_options.dataset.empty()) rows_options.dataset = stored.attribute("source_dataset").value_or("");
  const std::string range = stored.attribute("row_range").value_or("");
  if (!range.empty() && rows_options.first_row == 0 && rows_options.end_row < 0)
    take_range(range, job.output_path, rows_options);
  std::map<std::string, std::string> recorded;
  for (const char* name : {"pipeline_digest", "rows_digest", "outputs_digest", "arithmetic"})
    recorded[name] = stored.attribute(name).value_or("none");
  AuditReport report;
  report.seed = job.seed;
  report.checks.push_back(
      compare_digests("pipeline", recorded["pipeline_digest"], pipeline_digest(job.model.pipeline)));
  report.checks.push_back(
      compare_digests("rows", recorded["rows_digest"], digest_of_rows(job, rows_options)));
  report.checks.push_back(
      compare_digests("outputs", recorded["outputs_digest"], stored_outputs_digest(job.output_path)));
  check_certificate(job, recorded, report.checks);

  VerifyJob verification{.model = job.model, .rows_path = job.rows_path};
  verification.rows_options = rows_options;
  verification.engines = {job.engine};
  verification.engine_options = job.engine_options;
  verification.arithmetic = recorded["arithmetic"] == "sklearn" ? Arithmetic::sklearn : Arithmetic::exact;
  verification.against = FileLocation{job.output_path, "/"};
  verification.mode = VerifyMode::bitwise;
  verification.mark_bad_rows = true;
  verification.sample = job.sample;
  verification.seed = job.seed;
  verification.progress = job.progress;
  report.sample = verify(verification);
  report.checks.push_back(
      {"sample", report.sample.verdict == Verdict::identical,
       fmt::format("{} of {} rows computed again: {}", grouped(report.sample.comparison.rows),
                   grouped(report.sample.rows), report.sample.reason)});
  return report;
}

std::string to_json(const AuditReport& report) {
  Json checks = Json::array();
  for (const AuditCheck& check : report.checks)
    checks.push_back({{"name", check.name}, {"passed", check.passed}, {"detail", check.detail}});
  const Json object = {{"schema", "evenscore-audit-1"},
                       {"verdict", report.accepted() ? "accepted" : "refuted"},
                       {"checks", checks},
                       {"seed", std::to_string(report.seed)},
                       {"sample", Json::parse(to_json(report.sample))}};
  return object.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string to_text(const AuditReport& report) {
  std::string text = report.accepted()
                         ? "Accepted: the file is what this model computes from these rows.\n\n"
                         : "Refuted: the file is not what this model computes from these rows.\n\n";
  for (const AuditCheck& check : report.checks)
    text += fmt::format("  {}  {:<11}  {}\n", check.passed ? "passed" : "FAILED", check.name, check.detail);
  if (report.sample.verdict != Verdict::identical) text += fmt::format("\n{}", to_text(report.sample));
  return text;
}

}  // namespace evenscore
