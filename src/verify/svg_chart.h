#pragma once

#include <string>
#include <utility>
#include <vector>

namespace evenscore::verifier {

/// A line through points, or bars at them.
struct ChartSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< both coordinates in [0, 1]
};

/// Lines in the unit square, up to two series, as a self-contained SVG element that takes its colours from
/// the page's style sheet. `diagonal` draws the line from corner to corner.
std::string line_chart(const std::string& title, const std::string& x_axis, const std::string& y_axis,
                       const std::vector<ChartSeries>& series, bool diagonal);

/// Bars side by side, one a label, their heights as log10 of (1 + count).
std::string bar_chart(const std::string& title, const std::vector<std::pair<std::string, double>>& bars);

/// For text and attribute values of HTML and XML; control characters, which neither may hold, become U+FFFD.
std::string escaped(const std::string& text);

}  // namespace evenscore::verifier
