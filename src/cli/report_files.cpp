#include "cli/report_files.h"

#include <span>

namespace evenscore::cli {
namespace {

void write_text(std::optional<h5::PartFile>& file, const std::string& text) {
  file->write_at(0, std::as_bytes(std::span(text)));
  file->commit();
}

}  // namespace

void add_report_files(CLI::App& command, ReportFileArguments& files) {
  command.add_option("--report", files.html, "Also write the report as one HTML file")
      ->type_name("FILE.html");
  command.add_option("--junit", files.junit, "Also write a JUnit report, for CI")->type_name("FILE.xml");
}

ReportFiles::ReportFiles(const ReportFileArguments& files, const std::vector<std::string>& inputs) {
  if (!files.html.empty()) html_.emplace(files.html, true, inputs);
  if (!files.junit.empty()) junit_.emplace(files.junit, true, inputs);
}

void ReportFiles::write(const VerifyReport& report) {
  if (html_) write_text(html_, to_html(report));
  if (junit_) write_text(junit_, to_junit(report));
}

}  // namespace evenscore::cli
