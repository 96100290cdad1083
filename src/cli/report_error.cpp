#include "cli/report_error.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace evenscore::cli {

namespace {

// What a file is to blame for may be as long as the file.
constexpr std::size_t kLongestMessage = 8 << 10;

}  // namespace

int report_error(const std::string& whole, int status, bool json) {
  const std::string message =
      whole.size() <= kLongestMessage ? whole : whole.substr(0, kLongestMessage) + " ... (cut)";
  if (json) {
    const nlohmann::ordered_json object = {
        {"schema", "evenscore-error-1"}, {"exit_status", status}, {"error", message}};
    fmt::print("{}\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  fmt::print(stderr, "evenscore: {}\n", printable(message, "\n\t"));
  return status;
}

}  // namespace evenscore::cli
