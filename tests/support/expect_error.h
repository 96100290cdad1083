#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "evenscore/error.h"

namespace evenscore::test {

/// Expects `function` to throw an Error of `code` whose message holds every one of `parts`.
template <typename Function>
void expect_error(ErrorCode code, const std::vector<std::string>& parts, Function&& function) {
  try {
    function();
    ADD_FAILURE() << "no Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << part << " is not in: " << error.what();
    }
  }
}

}  // namespace evenscore::test
