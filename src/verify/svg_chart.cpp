#include "verify/svg_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace evenscore::verifier {
namespace {

constexpr double kSide = 240.0;
constexpr double kLeft = 44.0;
constexpr double kTop = 12.0;
constexpr double kBelow = 44.0;

double across(double x) {
  return kLeft + kSide * x;
}
double down(double y) {
  return kTop + kSide * (1.0 - y);
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                     escaped(text));
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\xef\xbf\xbd";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string line_chart(const std::string& title, const std::string& x_axis, const std::string& y_axis,
                       const std::vector<ChartSeries>& series, bool diagonal) {
  std::string svg = fmt::format(
      "<figure><svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\"><title>{}</title>",
      kLeft + kSide + 16.0, kTop + kSide + kBelow, escaped(title), escaped(title));
  svg += fmt::format("<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", kLeft, kTop,
                     kSide, kSide);
  for (const double tick : {0.0, 0.5, 1.0}) {
    svg += text_at(across(tick), kTop + kSide + 16.0, "middle", fmt::format("{:g}", tick));
    svg += text_at(kLeft - 6.0, down(tick) + 4.0, "end", fmt::format("{:g}", tick));
  }
  svg += text_at(across(0.5), kTop + kSide + 34.0, "middle", x_axis);
  svg += fmt::format("<text transform=\"translate(12 {:.1f}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                     down(0.5), escaped(y_axis));
  if (diagonal) {
    svg += fmt::format("<line class=\"guide\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", across(0), down(0),
                       across(1), down(1));
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    svg += fmt::format("<polyline class=\"series{}\" points=\"", i);
    for (const auto& [x, y] : series[i].points)
      svg += fmt::format("{:.1f},{:.1f} ", across(std::clamp(x, 0.0, 1.0)), down(std::clamp(y, 0.0, 1.0)));
    svg += "\"/>";
  }
  svg += fmt::format("</svg><figcaption>{}", escaped(title));
  for (std::size_t i = 0; i < series.size(); ++i)
    svg += fmt::format(" <span class=\"key{}\">{}</span>", i, escaped(series[i].name));
  return svg + "</figcaption></figure>";
}

std::string bar_chart(const std::string& title, const std::vector<std::pair<std::string, double>>& bars) {
  double highest = 1.0;
  for (const auto& bar : bars) highest = std::max(highest, std::log10(1.0 + bar.second));
  constexpr double width = 78.0;
  const double total = width * static_cast<double>(bars.size());
  std::string svg = fmt::format(
      "<figure class=\"wide\"><svg viewBox=\"0 0 {:.0f} 190\" role=\"img\" "
      "aria-label=\"{}\"><title>{}</title>",
      total + 8.0, escaped(title), escaped(title));
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double height = 120.0 * std::log10(1.0 + bars[i].second) / highest;
    const double x = 4.0 + width * static_cast<double>(i);
    svg += fmt::format("<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
                       x + 4.0, 146.0 - height, width - 8.0, height);
    svg += text_at(x + width / 2.0, 140.0 - height, "middle", fmt::format("{:.0f}", bars[i].second));
    svg += text_at(x + width / 2.0, 166.0, "middle", bars[i].first);
  }
  return svg + fmt::format("</svg><figcaption>{}</figcaption></figure>", escaped(title));
}

}  // namespace evenscore::verifier
