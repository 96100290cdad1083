#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evenscore {

/// One element of a fitted array in which two models differ.
struct ElementDifference {
  std::string index;             ///< "[0, 3]"
  std::string a_value, b_value;  ///< shortest decimal that reads back to the same bits
  std::string a_bits, b_bits;    ///< of floats: "0x3ff0000000000000"
  std::optional<std::uint64_t> ulp;
  std::string flipped_bit;  ///< where exactly one bit differs: "of the exponent"
};

/// One thing in which two models differ.
struct ModelDifference {
  static constexpr std::size_t kElementsShown = 10;

  std::string path;           ///< "steps[1] 'logistic': coef_"
  std::string what;           ///< one sentence: "1 of 5 values differs"
  bool predicts = true;       ///< false: only matters to fitting, so no prediction can change
  std::int64_t elements = 0;  ///< of an array: how many differ
  std::vector<ElementDifference> first_elements;
};

}  // namespace evenscore
