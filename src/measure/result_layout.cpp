#include "measure/result_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace evenscore::measure {
namespace {

std::int64_t words_of(std::int64_t bytes) {
  return (bytes + 7) / 8;
}

}  // namespace

ResultLayout::ResultLayout(const Program& program, const WantedOutputs& wanted, OutputType type)
    : type_(type) {
  const std::int64_t size = type == OutputType::f64 ? 8 : 4;
  label_index_ = wanted.label_index ? 4 : 0;
  proba_ = wanted.proba ? size * program.n_proba() : 0;
  log_proba_ = wanted.log_proba ? size * program.n_proba() : 0;
  decision_ = wanted.decision || wanted.prediction ? size * program.n_scores() : 0;
}

std::int64_t ResultLayout::row_bytes() const {
  return label_index_ + proba_ + log_proba_ + decision_;
}

std::int64_t ResultLayout::words(std::int64_t rows) const {
  return words_of(rows * label_index_) + words_of(rows * proba_) + words_of(rows * log_proba_) +
         words_of(rows * decision_);
}

std::int64_t ResultLayout::rows_in(std::int64_t words) const {
  constexpr std::int64_t kMostPadding = 4;  // less than a word behind each output
  return std::max<std::int64_t>(0, 8 * (words - kMostPadding) / row_bytes());
}

OutputsView ResultLayout::view(std::span<std::uint64_t> memory, std::int64_t rows, std::int64_t first) const {
  std::uint64_t* next = memory.data();
  const auto place = [&](std::int64_t bytes_a_row) -> std::byte* {
    if (bytes_a_row == 0) return nullptr;
    std::byte* start = reinterpret_cast<std::byte*>(next) + first * bytes_a_row;
    next += words_of(rows * bytes_a_row);
    return start;
  };
  OutputsView view;
  view.type = type_;
  view.label_index = reinterpret_cast<std::int32_t*>(place(label_index_));
  view.proba = place(proba_);
  view.log_proba = place(log_proba_);
  view.decision = place(decision_);
  return view;
}

std::string ResultLayout::first_difference(const OutputsView& a, const OutputsView& b, std::int64_t count,
                                           std::int64_t first_row) const {
  const auto in = [&](const char* name, const void* ours, const void* theirs,
                      std::int64_t bytes_a_row) -> std::string {
    const auto size = static_cast<std::size_t>(bytes_a_row);
    if (size == 0 || std::memcmp(ours, theirs, size * static_cast<std::size_t>(count)) == 0) return {};
    const auto* x = static_cast<const std::byte*>(ours);
    const auto* y = static_cast<const std::byte*>(theirs);
    std::int64_t row = first_row;
    for (; std::memcmp(x, y, size) == 0; ++row) {
      x += size;
      y += size;
    }
    return fmt::format("{} of row {}", name, row);
  };
  for (const std::string& difference :
       {in("label_index", a.label_index, b.label_index, label_index_), in("proba", a.proba, b.proba, proba_),
        in("log_proba", a.log_proba, b.log_proba, log_proba_),
        in("decision", a.decision, b.decision, decision_)}) {
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace evenscore::measure
