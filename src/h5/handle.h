#pragma once

#include <cstdint>
#include <utility>

namespace evenscore::h5 {

/// Owns one libhdf5 identifier of any kind (file, group, dataset, type, space, property list, attribute).
/// Movable; closing takes the library's mutex and ignores failure (`close_file` reports it).
class Handle {
 public:
  Handle() = default;
  explicit Handle(std::int64_t id) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, kNone)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle();

  std::int64_t id() const { return id_; }

  /// Gives the identifier up without closing it.
  std::int64_t release() { return std::exchange(id_, kNone); }

 private:
  static constexpr std::int64_t kNone = -1;
  std::int64_t id_ = kNone;
};

/// Closes a file that was written; throws storage_failure when its last bytes did not reach the system.
void close_file(Handle file);

}  // namespace evenscore::h5
