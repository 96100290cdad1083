#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "batch/chunk_band.h"

namespace evenscore {

/// Bands of decoded chunks that several threads read from at once. Those that need the same band decode its
/// chunks together. A band is forgotten when all its rows have been taken; of those that never are, the
/// lowest ones first. Safe from several threads.
class SharedBands {
  struct Band {
    std::vector<DecodedChunk> chunks;
    ChunkBand gathered;
    std::size_t next = 0, ended = 0;  // chunks that somebody took, and that are done
    std::size_t failed;               // the first chunk that was refused; their number = none
    std::exception_ptr failure;
    bool is_ready = false;
    std::size_t users = 0;
    std::uint64_t rows_left = 0;  // that nobody has taken
  };

 public:
  using Decode = std::function<void(std::size_t chunk, DecodedChunk& into)>;
  using Join = std::function<ChunkBand(const std::vector<DecodedChunk>& chunks)>;

  /// A band that stays as it is until this ends.
  class Use {
   public:
    Use(SharedBands& of, std::uint64_t index, Band& band) : of_(of), index_(index), band_(&band) {}
    Use(Use&& other) noexcept
        : of_(other.of_), index_(other.index_), band_(std::exchange(other.band_, nullptr)) {}
    Use& operator=(Use&&) = delete;
    ~Use();

    const ChunkBand& operator*() const { return band_->gathered; }
    const ChunkBand* operator->() const { return &band_->gathered; }

   private:
    SharedBands& of_;
    std::uint64_t index_;
    Band* band_;
  };

  /// Rows of a band that are about to be taken.
  struct Rows {
    std::uint64_t band;
    std::size_t chunks;         ///< of the band
    std::uint64_t rows, taken;  ///< of the band, and of those
  };

  /// Keeps `most` bands, or as many as are in use.
  explicit SharedBands(std::size_t most) : most_(most) {}

  /// The band of these rows. `decode` fills one of its chunks, `join` is called once with all. Throws what
  /// decoding the first of its chunks that cannot be decoded threw, whoever tried.
  Use get(const Rows& rows, const Decode& decode, const Join& join);

 private:
  Band& take(const Rows& rows);
  void forget(std::map<std::uint64_t, std::unique_ptr<Band>>::iterator band);
  void decode_chunks(Band& band, const Decode& decode, const Join& join);

  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::map<std::uint64_t, std::unique_ptr<Band>> bands_;
  std::vector<std::vector<std::byte>> spare_;  // memory of chunks of forgotten bands
};

}  // namespace evenscore
