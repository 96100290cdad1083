#include "cli/certificate.h"

#include <unistd.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/cpu_model.h"
#include "evenscore/version.h"

namespace evenscore::cli {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

}  // namespace

Certificate::Certificate(const std::string& output_path, bool overwrite,
                         const std::vector<std::string>& inputs)
    : file_(output_path + ".run.json", overwrite, inputs) {}

void Certificate::write(const ScoreJob& job, const ScoreSummary& summary) {
  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  for (const std::string& path : job.model_paths) models.push_back(file_name(path));
  std::string rows_source = file_name(job.rows_path);
  for (const std::string& path : job.rows.more_files) rows_source.append(",").append(file_name(path));
  const nlohmann::ordered_json object = {
      {"schema", "evenscore-certificate-1"},
      {"evenscore_version", kVersion},
      {"date", now()},
      {"models", models},
      {"pipeline_digest", summary.pipeline_digest},
      {"rows_source", rows_source},
      {"rows_dataset", summary.rows_dataset},
      {"rows_digest", summary.rows_digest},
      {"output", file_name(job.output_path)},
      {"outputs", summary.outputs},
      {"outputs_digest", summary.outputs_digest},
      {"arithmetic", job.arithmetic == Arithmetic::exact ? "exact" : "sklearn"},
      {"engine", summary.engine},
      {"host", host_name()},
      {"cpu", cpu_model()},
      {"hardware_threads", std::thread::hardware_concurrency()},
      {"rows", std::to_string(summary.rows)},
      {"bad_rows", std::to_string(summary.bad_rows)},
      {"seconds", summary.seconds},
      {"verdict", "the engine gave the bits of the model's probe rows before it scored"}};
  const std::string text =
      object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  file_.write_at(0, std::as_bytes(std::span(text)));
  file_.commit();
}

}  // namespace evenscore::cli
