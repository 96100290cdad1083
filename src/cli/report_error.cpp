#include "cli/report_error.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace evenscore::cli {

int report_error(const std::string& message, int status, bool json) {
  if (json) {
    const nlohmann::ordered_json object = {
        {"schema", "evenscore-error-1"}, {"exit_status", status}, {"error", message}};
    fmt::print("{}\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  fmt::print(stderr, "evenscore: {}\n", printable(message, "\n\t"));
  return status;
}

}  // namespace evenscore::cli
