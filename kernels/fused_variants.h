#pragma once

#include "kernels/score_rows.h"

/// Which variants of the fused kernel exist: one list for the choice, the device form and the host form.
namespace evenscore::kernels {

/// Scores that a pass computes where there are several.
inline constexpr int kScoresAtATime = 4;

/// Elements that a 16-byte load takes, at most 8; 1 for types that have no wide variant.
constexpr int wide_lanes(ElementType type) {
  return type == ElementType::f32 ? 4 : type == ElementType::f64 ? 2 : 1;
}

/// Whether tiles and fused column stages exist for a type; the other types go without.
constexpr bool has_every_variant(ElementType type) {
  return wide_lanes(type) > 1;
}

/// Calls `run.template operator()<Fused<...>>()` for the variant that `launch` names. False if there is none.
template <ElementType type, class Run>
bool with_fused_variant_of_type(const ScoreLaunch& launch, Run& run) {
  const auto with = [&]<int lanes, Schedule schedule, bool column_stages>() {
    if (launch.scores_at_a_time == 1) {
      run.template operator()<Fused<type, lanes, 1, schedule, column_stages>>();
    } else {
      run.template operator()<Fused<type, lanes, kScoresAtATime, schedule, column_stages>>();
    }
    return true;
  };
  constexpr int kWide = wide_lanes(type);
  if constexpr (has_every_variant(type)) {
    if (launch.schedule == Schedule::fused_tiles) {
      return launch.lanes_a_thread == kWide ? with.template operator()<kWide, Schedule::fused_tiles, false>()
                                            : with.template operator()<1, Schedule::fused_tiles, false>();
    }
    if (launch.column_stages) return with.template operator()<1, Schedule::fused_direct, true>();
    if (launch.lanes_a_thread == kWide)
      return with.template operator()<kWide, Schedule::fused_direct, false>();
  }
  if (launch.schedule != Schedule::fused_direct || launch.column_stages || launch.lanes_a_thread != 1)
    return false;
  return with.template operator()<1, Schedule::fused_direct, false>();
}

template <class Run>
bool with_fused_variant(const ScoreLaunch& launch, Run run) {
  switch (launch.rows.type) {
    case ElementType::f16:
      return with_fused_variant_of_type<ElementType::f16>(launch, run);
    case ElementType::f32:
      return with_fused_variant_of_type<ElementType::f32>(launch, run);
    case ElementType::f64:
      return with_fused_variant_of_type<ElementType::f64>(launch, run);
    case ElementType::i8:
      return with_fused_variant_of_type<ElementType::i8>(launch, run);
    case ElementType::i16:
      return with_fused_variant_of_type<ElementType::i16>(launch, run);
    case ElementType::i32:
      return with_fused_variant_of_type<ElementType::i32>(launch, run);
    case ElementType::i64:
      return with_fused_variant_of_type<ElementType::i64>(launch, run);
    case ElementType::u8:
      return with_fused_variant_of_type<ElementType::u8>(launch, run);
    case ElementType::u16:
      return with_fused_variant_of_type<ElementType::u16>(launch, run);
    case ElementType::u32:
      return with_fused_variant_of_type<ElementType::u32>(launch, run);
    default:
      return with_fused_variant_of_type<ElementType::u64>(launch, run);
  }
}

}  // namespace evenscore::kernels
