#pragma once

namespace evenscore::cli {

/// What the command returns to the shell; errors take exit_status(ErrorCode).
enum ExitStatus {
  kDone = 0,
  kRefuted = 1,
  kBadRequest = 2,
  kMachineFailed = 3,
  kInterrupted = 130,  ///< SIGINT
  kTerminated = 143,   ///< SIGTERM
};

}  // namespace evenscore::cli
