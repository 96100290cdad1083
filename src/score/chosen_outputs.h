#pragma once

#include <string>

#include "evenscore/prediction_file.h"
#include "evenscore/program.h"

namespace evenscore {

/// The outputs to write: those asked for, or where none is, what the model is for: label and proba, label and
/// decision where there are no probabilities, prediction of a regressor. Throws Error (bad_request) for one
/// that the model has not.
WantedOutputs choose_outputs(const WantedOutputs& asked, const Program& program);

/// "label,proba".
std::string names_of(const WantedOutputs& wanted);

}  // namespace evenscore
