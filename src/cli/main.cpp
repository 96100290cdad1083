#include <fmt/format.h>

#include <csignal>
#include <exception>
#include <new>
#include <utility>
#include <vector>

#include "cli/exit_status.h"
#include "cli/options.h"
#include "cli/report_error.h"
#include "evenscore/error.h"
#include "evenscore/version.h"

namespace {

using evenscore::cli::Command;

constexpr const char* kDescription =
    "evenscore scores millions of rows with a saved scikit-learn pipeline, on every engine with the same "
    "bits, and proves "
    "it.\nIt opens .joblib and .pkl files itself: no Python, and nothing in the file is run.";

constexpr const char* kFooter =
    "Examples:\n"
    "  evenscore inspect model.joblib                      what is in it, and by which rules it predicts\n"
    "  evenscore score model.joblib rows.h5 -o out.h5      a label and probabilities for every row\n"
    "  evenscore verify model.joblib rows.h5 --against predictions.h5:/ --labels rows.h5:/y\n"
    "                                                      does it still predict what it did when it was "
    "saved?\n"
    "  evenscore import model.joblib -o model.h5           convert, with rows that prove every device\n"
    "  evenscore bench model.joblib                        rows/s of every engine, beside what the memory "
    "can do\n\n"
    "Exit status: 0 done or accepted, 1 refuted, 2 a bad request or input, 3 the machine failed,\n"
    "130/143 interrupted. `evenscore COMMAND --help` explains each command.";

bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

int run(int argc, char** argv) {
  CLI::App app(kDescription, "evenscore");
  app.footer(kFooter);
  app.set_version_flag("--version", fmt::format("evenscore {}", evenscore::kVersion));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);

  const std::vector<Command> commands{
      evenscore::cli::add_import(app), evenscore::cli::add_inspect(app), evenscore::cli::add_score(app),
      evenscore::cli::add_verify(app), evenscore::cli::add_compare(app), evenscore::cli::add_diff(app),
      evenscore::cli::add_audit(app),  evenscore::cli::add_bench(app),   evenscore::cli::add_generate(app),
      evenscore::cli::add_doctor(app),
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    throw;
  }
  const std::vector<CLI::App*> subcommands = app.get_subcommands({});
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (subcommands[i]->parsed()) return commands[i]();
  }
  return evenscore::cli::kBadRequest;
}

}  // namespace

int main(int argc, char** argv) {
  // A file-size limit then shows as an error of write(), not as a death without a word.
  std::signal(SIGXFSZ, SIG_IGN);
  const bool json = wants_json(argc, argv);
  try {
    return run(argc, argv);
  } catch (const CLI::ParseError& error) {
    return evenscore::cli::report_error(std::string(error.what()) + "; see `evenscore --help`",
                                        evenscore::cli::kBadRequest, json);
  } catch (const evenscore::Error& error) {
    return evenscore::cli::report_error(error.what(), evenscore::exit_status(error.code()), json);
  } catch (const std::bad_alloc&) {
    return evenscore::cli::report_error("out of memory", evenscore::cli::kMachineFailed, json);
  } catch (const std::exception& error) {
    return evenscore::cli::report_error(error.what(), evenscore::cli::kMachineFailed, json);
  }
}
