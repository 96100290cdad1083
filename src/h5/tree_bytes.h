#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "evenscore/error.h"
#include "h5/tree.h"

namespace evenscore::h5 {

/// What reading a tree came to.
using TreeAnswer = std::variant<Node, Error>;

/// An answer as bytes, for one process to tell another on the same machine. Equal answers give equal bytes.
/// An Error loses its file; texts of it are cut at 4 KiB.
std::vector<std::byte> to_bytes(const Node& root);
std::vector<std::byte> to_bytes(const Error& error);

/// The most bytes that a tree within `limits`, or an Error, takes.
std::uint64_t most_bytes(const TreeLimits& limits);

/// Reads what to_bytes wrote, and trusts none of it: every length is checked before memory is taken for it,
/// `limits` hold again, a Node is one that reading a file can give, and an Error's texts are fit for a
/// terminal. Throws Error corrupt_file for anything else.
TreeAnswer answer_from_bytes(std::span<const std::byte> bytes, const TreeLimits& limits);

}  // namespace evenscore::h5
