#include "batch/shared_bands.h"

#include <algorithm>
#include <utility>

namespace evenscore {

SharedBands::Use::~Use() {
  if (band_ == nullptr) return;
  const std::lock_guard lock(of_.mutex_);
  --band_->users;
}

SharedBands::Use SharedBands::get(std::uint64_t index, std::size_t chunks, const Decode& decode,
                                  const Join& join) {
  Band& band = take(index, chunks);
  decode_chunks(band, decode, join);
  std::unique_lock lock(mutex_);
  ready_.wait(lock, [&band] { return band.is_ready; });
  if (!band.failure) return Use(*this, band);
  const std::exception_ptr failure = band.failure;
  --band.users;
  std::rethrow_exception(failure);
}

SharedBands::Band& SharedBands::take(std::uint64_t index, std::size_t chunks) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Band>& band = bands_[index];
  if (!band) {
    band = std::make_unique<Band>();
    band->users = 1;
    band->chunks.resize(chunks);
    band->failed = chunks;
    for (auto old = bands_.begin(); old != bands_.end() && bands_.size() > most_;) {
      if (old->second->users > 0) {
        ++old;
        continue;
      }
      for (DecodedChunk& chunk : old->second->chunks) spare_.push_back(std::move(chunk.bytes));
      old = bands_.erase(old);
    }
    for (DecodedChunk& chunk : band->chunks) {
      if (spare_.empty()) break;
      chunk.bytes = std::move(spare_.back());
      spare_.pop_back();
    }
    return *band;
  }
  ++band->users;
  return *band;
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
