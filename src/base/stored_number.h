#pragma once

#include <cstddef>

#include "evenscore/element_type.h"

namespace evenscore {

/// The value of a native element of `type` at `bytes` as a double; exact but for integers beyond 2^53.
double stored_number(ElementType type, const std::byte* bytes);

}  // namespace evenscore
