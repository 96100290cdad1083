#include "base/stored_number.h"

#include "evenscore/arith/element.h"

namespace evenscore {

double stored_number(ElementType type, const std::byte* bytes) {
  return arith::load_element(type, bytes);
}

}  // namespace evenscore
