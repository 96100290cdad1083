// A pickle stream, to values; every value is then asked for what it holds.
#include "pickle/document.h"

#include "evenscore/error.h"
#include "fuzz/targets.h"
#include "pickle/arena.h"
#include "pickle/parse.h"
#include "pickle/unsupported.h"

namespace evenscore::fuzz {
namespace {

using namespace pickle;

constexpr AllowedClass kAllowed[] = {
    {"sklearn.pipeline", "Pipeline", Role::object},
    {"sklearn.preprocessing._data", "StandardScaler", Role::object},
    {"sklearn.linear_model._logistic", "LogisticRegression", Role::object},
};

void ask_array(const Document& document, NodeId id) {
  const Array& array = document.array(id);
  if (array.code == 'O') {
    expect(array.objects.size() == array.size);
  } else {
    expect(array.data.size() == array.size * array.item_size);
  }
  for (uint64_t i = 0; i < array.size && i < 4; ++i) {
    try {
      document.element_text(id, i);
    } catch (const Error&) {
    }
  }
}

void ask(const Document& document, NodeId id) {
  switch (document.kind(id)) {
    case Kind::string:
      document.string(id);
      return;
    case Kind::bytes:
      document.bytes(id);
      return;
    case Kind::dict:
      expect(document.items(id).size() % 2 == 0);
      document.find(id, "steps");
      return;
    case Kind::list:
    case Kind::tuple:
    case Kind::set:
    case Kind::slice:
      for (const NodeId item : document.items(id)) document.kind(item);
      return;
    case Kind::object:
      document.attribute(id, "_sklearn_version");
      expect(document.state(id).size() % 2 == 0);
      return;
    case Kind::array:
      return ask_array(document, id);
    default:
      return;
  }
}

}  // namespace

void machine(std::span<const std::byte> bytes) {
  try {
    const Document document = parse(bytes, kAllowed, Limits());
    for (NodeId id = 0; id < document.arena().size(); ++id) ask(document, id);
    find_unsupported(document);
  } catch (const Error&) {
  }
}

}  // namespace evenscore::fuzz
