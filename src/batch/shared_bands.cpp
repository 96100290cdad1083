#include "batch/shared_bands.h"

#include <algorithm>
#include <utility>

namespace evenscore {

SharedBands::Use::~Use() {
  if (band_ == nullptr) return;
  const std::lock_guard lock(of_.mutex_);
  if (--band_->users == 0 && band_->rows_left == 0) of_.forget(of_.bands_.find(index_));
}

SharedBands::Use SharedBands::get(const Rows& rows, const Decode& decode, const Join& join) {
  Band& band = take(rows);
  decode_chunks(band, decode, join);
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&band] { return band.is_ready; });
  if (!band.failure) {
    band.rows_left -= std::min(band.rows_left, rows.taken);
    return Use(*this, rows.band, band);
  }
  const std::exception_ptr failure = band.failure;
  --band.users;
  std::rethrow_exception(failure);
}

SharedBands::Band& SharedBands::take(const Rows& rows) {
  const std::lock_guard lock(mutex_);
  if (const auto found = bands_.find(rows.band); found != bands_.end()) {
    ++found->second->users;
    return *found->second;
  }
  for (auto next = bands_.begin(); next != bands_.end() && bands_.size() >= most_;) {
    const auto old = next++;
    if (old->second->users == 0) forget(old);
  }
  auto band = std::make_unique<Band>();
  band->rows_left = rows.rows;
  band->chunks.resize(rows.chunks);
  band->failed = rows.chunks;
  for (DecodedChunk& chunk : band->chunks) {
    if (spare_.empty()) break;
    chunk.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  Band& added = *bands_.emplace(rows.band, std::move(band)).first->second;
  added.users = 1;
  return added;
}

void SharedBands::forget(std::map<std::uint64_t, std::unique_ptr<Band>>::iterator band) {
  for (DecodedChunk& chunk : band->second->chunks) spare_.push_back(std::move(chunk.bytes));
  bands_.erase(band);
}

void SharedBands::decode_chunks(Band& band, const Decode& decode, const Join& join) {
  std::unique_lock lock(mutex_);
  while (band.next < band.chunks.size()) {
    const std::size_t chunk = band.next++;
    if (chunk < band.failed) {
      std::exception_ptr failure;
      lock.unlock();
      try {
        decode(chunk, band.chunks[chunk]);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      if (failure && chunk < band.failed) {
        band.failed = chunk;
        band.failure = failure;
      }
    }
    ++band.ended;
  }
  if (band.is_ready || band.ended < band.chunks.size()) return;
  try {
    if (!band.failure) band.gathered = join(band.chunks);
  } catch (...) {
    band.failure = std::current_exception();
  }
  band.is_ready = true;
  ready_.notify_all();
}

}  // namespace evenscore
