// For builds that need no shared library: Debian's libblosc.a needs snappy and with it libstdc++.
#include "codec/undo.h"

namespace evenscore::codec {

std::unique_ptr<Undo> make_blosc(const Filter&, const ChunkShape&) {
  fail_unsupported("blosc");
}

}  // namespace evenscore::codec
