#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "h5/answer_bytes.h"
#include "h5/contained_run.h"
#include "h5/file.h"
#include "h5/input_file.h"

namespace evenscore::h5 {

/// What a question about a file may cost.
struct AskLimits {
  std::uint64_t answer = std::uint64_t{256} << 20;  ///< bytes
  std::uint64_t memory = std::uint64_t{1} << 30;    ///< bytes, in the child
  std::chrono::seconds processor{30};               ///< time that the child may compute
};

/// Opens `input` with libhdf5 in a confined child process, runs `work` on it there, and hands what it wrote
/// to `read` here, which must trust none of it. An Error that `work` throws is thrown here. libhdf5 crashing,
/// hanging or taking too much is corrupt_file or limit_exceeded. Throws also corrupt_file when the file
/// changed meanwhile, storage_failure where no process can be had. Errors name the file.
void ask(const InputFile& input, const std::function<void(const File&, AnswerWriter&)>& work,
         const std::function<void(AnswerReader&)>& read, const AskLimits& limits = {});

}  // namespace evenscore::h5
