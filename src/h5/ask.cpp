#include "h5/ask.h"

#include <fmt/format.h>

#include <new>

#include "evenscore/error.h"

namespace evenscore::h5 {
namespace {

enum class AnswerKind : std::uint8_t { answer = 1, error = 2 };

// In the child.
std::vector<std::byte> answered(const InputFile& input,
                                const std::function<void(const File&, AnswerWriter&)>& work) {
  const auto failed = [](const Error& error) {
    AnswerWriter out(kMostErrorBytes);
    out.small(static_cast<std::uint8_t>(AnswerKind::error));
    write_error(out, error);
    return out.take();
  };
  try {
    AnswerWriter out;
    out.small(static_cast<std::uint8_t>(AnswerKind::answer));
    work(File(input), out);
    return out.take();
  } catch (const Error& error) {
    return failed(error);
  } catch (const std::bad_alloc&) {
    return failed(Error(ErrorCode::limit_exceeded, "takes more memory to read than a file may", {},
                        "write it again with fewer objects or larger chunks"));
  }
}

}  // namespace

void ask(const InputFile& input, const std::function<void(const File&, AnswerWriter&)>& work,
         const std::function<void(AnswerReader&)>& read, const AskLimits& limits) {
  try {
    ContainedLimits child;
    child.answer = limits.answer;
    child.memory = limits.memory;
    child.processor = limits.processor;
    child.keep = {input.descriptor()};
    ContainedAnswer answer;
    try {
      answer = run_contained([&] { return answered(input, work); }, child);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::storage_failure) throw;
      throw Error(error.code(), fmt::format("libhdf5 failed on this file ({})", error.cause()), {},
                  "the file is damaged or hostile; write it again");
    }
    input.check_unchanged();
    AnswerReader in(answer.view());
    const AnswerKind kind = in.one_of(AnswerKind::error);
    if (kind == AnswerKind::error) {
      const Error error = read_error(in);
      in.finish();
      throw error;
    }
    if (kind != AnswerKind::answer) refuse_answer("an answer of no kind");
    read(in);
    in.finish();
  } catch (const Error& error) {
    throw error.in_file(input.path());
  }
}

}  // namespace evenscore::h5
