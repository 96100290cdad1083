#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace evenscore {

/// Why an operation was refused or failed. `exit_status` maps each code to the command's exit status.
enum class ErrorCode {
  bad_request,         ///< the command line or an argument of the API is wrong
  file_missing,        ///< no such file, or it is a directory
  not_a_model,         ///< readable, but neither a saved scikit-learn object nor a pipeline file
  unsupported,         ///< a model, file or option that is understood and not supported
  not_fitted,          ///< a fitted attribute that prediction needs is missing
  corrupt_file,        ///< truncated, damaged or self-contradicting
  limit_exceeded,      ///< the file asks for more memory, time or depth than a reader grants
  shape_mismatch,      ///< rows and model, or two results, do not fit each other
  unscorable_row,      ///< a value that scikit-learn rejects, or a score that is not finite
  output_exists,       ///< the output is there already and may not be replaced
  device_unavailable,  ///< no such device, or this build has no engine for it
  device_failure,      ///< the device failed while it worked
  storage_failure,     ///< reading or writing failed: full disk, I/O error
  arithmetic_failure,  ///< this machine does not compute P64-v1 to the bit
};

/// 3 where the machine failed, 2 where the request or an input is bad.
int exit_status(ErrorCode code);

/// The one exception type of evenscore. `what()` reads "FILE: PLACE: CAUSE; REMEDY", empty parts left out.
/// Immutable but for `in_file`; safe to throw across threads as std::exception_ptr.
class Error : public std::runtime_error {
 public:
  /// `place` is where in the file (an object path, a dataset, a byte offset), `remedy` what the user can do.
  Error(ErrorCode code, std::string cause, std::string place = {}, std::string remedy = {});

  ErrorCode code() const { return code_; }
  const std::string& file() const { return file_; }
  const std::string& place() const { return place_; }
  const std::string& cause() const { return cause_; }
  const std::string& remedy() const { return remedy_; }

  /// The same error naming `file`; an error that already names one is returned unchanged.
  Error in_file(std::string_view file) const;

 private:
  Error(ErrorCode code, std::string file, std::string place, std::string cause, std::string remedy, int);

  ErrorCode code_;
  std::string file_, place_, cause_, remedy_;
};

}  // namespace evenscore
