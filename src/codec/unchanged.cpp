#include <algorithm>

#include "codec/undo.h"

namespace evenscore::codec {
namespace {

class Unchanged : public Undo {
 public:
  SizeRange filtered(SizeRange bytes) const override { return bytes; }

  std::size_t undo(std::span<const std::byte> stored, std::span<std::byte> out, Workspace&) const override {
    require_room("stored", stored.size(), out);
    std::copy(stored.begin(), stored.end(), out.begin());
    return stored.size();
  }
};

}  // namespace

std::unique_ptr<Undo> make_unchanged() {
  return std::make_unique<Unchanged>();
}

}  // namespace evenscore::codec
