// An X-ray of any file, and that it says of a stream what the machine says.
#include "evenscore/xray.h"

#include <algorithm>

#include "evenscore/error.h"
#include "fuzz/targets.h"
#include "pickle/parse.h"
#include "pickle/unsupported.h"
#include "pipeline/known_classes.h"

namespace evenscore::fuzz {
namespace {

/// What the machine accepts the X-ray reads to its end, and names all of it.
void expect_agreement(std::span<const std::byte> stream) {
  const pickle::Document document = pickle::parse(stream, {}, {});
  const Xray seen = pickle::xray({{stream.begin(), stream.end()}, stream.size()}, known_globals(), {});
  expect(seen.stopped.empty() && seen.pickles == 1 && seen.read_bytes == stream.size());
  const auto unsupported = pickle::find_unsupported(document);
  const bool called =
      std::any_of(unsupported.begin(), unsupported.end(), [](const auto& one) { return one.called; });
  expect(!called || seen.callables_total > 0);
}

}  // namespace

void xray(std::span<const std::byte> bytes) {
  const Xray seen = evenscore::xray(bytes);
  expect(seen.callables.size() <= 100 && seen.objects.size() <= 100 && seen.arrays.size() <= 100);
  expect((seen.code_total > 0) == (seen.verdict == XrayVerdict::runs_code));
  try {
    expect_agreement(bytes);
  } catch (const Error&) {
  }
}

}  // namespace evenscore::fuzz
