#pragma once

#include "evenscore/array.h"
#include "evenscore/param.h"
#include "pickle/document.h"

namespace evenscore {

/// A constructor parameter. What a prediction never needs (an object, an array) becomes `unread` with its
/// class.
Param to_param(const pickle::Document& document, pickle::NodeId id);

/// A fitted attribute: None, a Python scalar or an array of numbers, booleans or texts. Throws Error
/// (corrupt_file or unsupported, place left empty) for anything else.
Array to_array(const pickle::Document& document, pickle::NodeId id);

}  // namespace evenscore
