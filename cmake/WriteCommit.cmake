# cmake -D SOURCE=... -D FILE=... -P: FILE says which commit is built, and is left alone where that is as before.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=* WORKING_DIRECTORY ${SOURCE}
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${FILE} CONTENT [=[
#include "gpu_check/check_options.h"

const char* const evenscore::gpu_check::kCommit = "@commit@";
]=] @ONLY)
