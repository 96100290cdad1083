// First bytes of all elements, then their second bytes, and so on: HDF5's filter 2.
#include <algorithm>

#include "codec/interleave.h"
#include "codec/undo.h"

namespace evenscore::codec {
namespace {

class Shuffle : public Undo {
 public:
  explicit Shuffle(std::size_t element_bytes) : element_bytes_(element_bytes) {}

  SizeRange filtered(SizeRange bytes) const override { return bytes; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    require_room("shuffle", stored.size(), out);
    const std::size_t count = stored.size() / element_bytes_;
    interleave(stored.data(), count, count, element_bytes_, out.data());
    // What a filter before this one left of an element stays where it is.
    const std::size_t whole = count * element_bytes_;
    std::copy(stored.begin() + static_cast<std::ptrdiff_t>(whole), stored.end(),
              out.begin() + static_cast<std::ptrdiff_t>(whole));
    return stored.size();
  }

 private:
  std::size_t element_bytes_;
};

}  // namespace

std::unique_ptr<Undo> make_shuffle(const Filter& filter) {
  if (filter.values.size() != 1 || filter.values[0] == 0) fail_client_data(filter, "it has no element size");
  return std::make_unique<Shuffle>(filter.values[0]);
}

}  // namespace evenscore::codec
