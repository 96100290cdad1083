#include "cli/row_list.h"

#include <span>

namespace evenscore::cli {
namespace {

constexpr std::size_t kMostWaiting = 1 << 16;

}  // namespace

void RowList::add(std::int64_t row) {
  waiting_ += std::to_string(row) + "\n";
  if (waiting_.size() >= kMostWaiting) write_waiting();
}

void RowList::write_waiting() {
  file_.write_at(written_, std::as_bytes(std::span(waiting_)));
  written_ += waiting_.size();
  waiting_.clear();
}

void RowList::commit() {
  write_waiting();
  file_.commit();
}

}  // namespace evenscore::cli
