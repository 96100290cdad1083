#include "measure/bench_json.h"

namespace evenscore::measure {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.low}, {"max", spread.high}};
}

Json json_of(const BenchGroup& group, const EngineTiming& engine) {
  Json object = {{"engine", std::string(name_of(engine.kind))},
                 {"available", true},
                 {"detail", engine.description},
                 {"way", std::string(name_of(group.way))},
                 {"where", group.where},
                 {"threads", engine.threads},
                 {"batch_rows", engine.batch_rows},
                 {"rows", engine.rows},
                 {"same_bits", engine.first_difference.empty()}};
  if (!engine.first_difference.empty()) {
    object["first_difference"] = engine.first_difference;
    return object;
  }
  object["rows_per_second"] = json_of(engine.rows_per_second);
  object["bytes_per_second"] = json_of(engine.bytes_per_second);
  object["ratios"] = Json::object();
  for (std::size_t i = 0; i < engine.ratios.size(); ++i)
    object["ratios"][group.limits[i].name] = json_of(engine.ratios[i]);
  object["bound_by"] = bound_by(group, engine);
  object["latency"] = Json::array();
  for (const Latency& latency : engine.latency) {
    object["latency"].push_back(
        {{"rows", latency.rows}, {"microseconds", latency.microseconds}, {"calls", latency.calls}});
  }
  return object;
}

Json json_of(const BenchGroup& group, const BenchLimit& limit) {
  return {{"way", std::string(name_of(group.way))},
          {"where", group.where},
          {"name", limit.name},
          {"unit", limit.unit},
          {"per_second", json_of(limit.per_second)}};
}

}  // namespace

std::string bound_by(const BenchGroup& group, const EngineTiming& engine) {
  return engine.bound_by < 0 ? "none of these" : group.limits[static_cast<std::size_t>(engine.bound_by)].name;
}

nlohmann::ordered_json limits_json(const std::vector<BenchGroup>& groups) {
  Json limits = Json::array();
  for (const BenchGroup& group : groups) {
    for (const BenchLimit& limit : group.limits) limits.push_back(json_of(group, limit));
  }
  return limits;
}

nlohmann::ordered_json engines_json(const std::vector<BenchGroup>& groups) {
  Json engines = Json::array();
  for (const BenchGroup& group : groups) {
    for (const EngineTiming& engine : group.engines) engines.push_back(json_of(group, engine));
  }
  return engines;
}

}  // namespace evenscore::measure
