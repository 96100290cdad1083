#include "score/made_up_rows.h"

namespace evenscore {
namespace {

/// splitmix64's finaliser: a hash, so that any value can be made by itself.
std::uint64_t hash(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Four uniform 16-bit numbers added: mean 0, standard deviation 1, within 3.47, and exact arithmetic but for
/// one product.
double nearly_normal(std::uint64_t bits) {
  std::int64_t sum = -2 * 65535;
  for (int shift = 0; shift < 64; shift += 16) sum += static_cast<std::int64_t>(bits >> shift & 0xffff);
  constexpr double kPerDeviation = 0x1.bb67ae8584caap-16;  // sqrt(3) / 65536
  return static_cast<double>(sum) * kPerDeviation;
}

template <class T>
void fill(const GenerateJob& job, std::int64_t first, std::int64_t n, std::byte* destination) {
  const auto columns = static_cast<std::size_t>(job.features);
  auto* out = reinterpret_cast<T*>(destination);
  for (std::int64_t row = first; row < first + n; ++row) {
    for (std::size_t i = 0; i < columns; ++i) {
      const std::uint64_t index = static_cast<std::uint64_t>(row) * columns + i;
      const double normal = nearly_normal(hash(index * 0x9e3779b97f4a7c15ULL + hash(job.seed + 1)));
      const double scaled = job.scale.empty() ? normal : normal * job.scale[i];
      *out++ = static_cast<T>(job.mean.empty() ? scaled : job.mean[i] + scaled);
    }
  }
}

}  // namespace

void make_up_rows(const GenerateJob& job, std::int64_t first, std::int64_t n, std::byte* destination) {
  if (job.type == ElementType::f32) {
    fill<float>(job, first, n, destination);
  } else {
    fill<double>(job, first, n, destination);
  }
}

}  // namespace evenscore
