#pragma once

#include <cstddef>
#include <span>

#include "pickle/document.h"
#include "pickle/globals.h"
#include "pickle/limits.h"
#include "pickle/stream.h"

namespace evenscore::pickle {

/// Reads a pickle stream of protocol 0 to 5 into a Document; joblib's inline arrays and the pickles nested in
/// them are read too. Nothing in the stream is called, imported or opened. A global that neither `allowed`
/// nor the reader's own table of data constructors knows does not stop the parse: it becomes a name, what is
/// made of it Kind::unsupported, and find_unsupported lists both.
///
/// `allowed` and the texts it points at must outlive the document. Throws Error naming the byte of the
/// stream: corrupt_file (no well-formed pickle), unsupported (an opcode or form that no saved model has),
/// limit_exceeded. Uses no recursion; safe to call from several threads.
Document parse(Stream stream, std::span<const AllowedClass> allowed, const Limits& limits);

/// The same for a borrowed stream that was not compressed, which is copied.
Document parse(std::span<const std::byte> stream, std::span<const AllowedClass> allowed,
               const Limits& limits);

}  // namespace evenscore::pickle
