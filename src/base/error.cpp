#include "evenscore/error.h"

#include <utility>

namespace evenscore {
namespace {

std::string sentence(const std::string& file, const std::string& place, const std::string& cause,
                     const std::string& remedy) {
  std::string text;
  for (const std::string* part : {&file, &place}) {
    if (!part->empty()) text += *part + ": ";
  }
  text += cause;
  if (!remedy.empty()) text += "; " + remedy;
  return text;
}

}  // namespace

int exit_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::device_unavailable:
    case ErrorCode::device_failure:
    case ErrorCode::storage_failure:
    case ErrorCode::arithmetic_failure:
      return 3;
    default:
      return 2;
  }
}

Error::Error(ErrorCode code, std::string cause, std::string place, std::string remedy)
    : Error(code, {}, std::move(place), std::move(cause), std::move(remedy), 0) {}

Error::Error(ErrorCode code, std::string file, std::string place, std::string cause, std::string remedy, int)
    : std::runtime_error(sentence(file, place, cause, remedy)),
      code_(code),
      file_(std::move(file)),
      place_(std::move(place)),
      cause_(std::move(cause)),
      remedy_(std::move(remedy)) {}

Error Error::in_file(std::string_view file) const {
  if (!file_.empty()) return *this;
  return Error(code_, std::string(file), place_, cause_, remedy_, 0);
}

}  // namespace evenscore
