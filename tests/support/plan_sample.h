#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

namespace evenscore::test {

/// What a process that parsed a file of rows may answer, and the file: its length (u32), the length of the
/// answer (u32), the answer, and the file's first bytes; zeros follow these.
struct PlanSample {
  std::uint32_t file_bytes = 0;
  std::span<const std::byte> plan, file;
};

/// Nothing where the bytes end before the answer begins.
inline std::optional<PlanSample> read_plan_sample(std::span<const std::byte> bytes) {
  std::uint32_t lengths[2];
  if (bytes.size() < sizeof(lengths)) return std::nullopt;
  std::memcpy(lengths, bytes.data(), sizeof(lengths));
  bytes = bytes.subspan(sizeof(lengths));
  const std::size_t of_plan = std::min<std::size_t>(lengths[1], bytes.size());
  return PlanSample{lengths[0], bytes.first(of_plan), bytes.subspan(of_plan)};
}

inline std::vector<std::byte> plan_sample_bytes(const PlanSample& sample) {
  const std::uint32_t lengths[2] = {sample.file_bytes, static_cast<std::uint32_t>(sample.plan.size())};
  const auto head = std::as_bytes(std::span(lengths));
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), sample.plan.begin(), sample.plan.end());
  bytes.insert(bytes.end(), sample.file.begin(), sample.file.end());
  return bytes;
}

}  // namespace evenscore::test
