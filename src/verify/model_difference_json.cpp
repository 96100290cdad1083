#include "verify/model_difference_json.h"

namespace evenscore::verifier {

using Json = nlohmann::ordered_json;

Json json_of(const ModelDifference& difference) {
  Json elements = Json::array();
  for (const ElementDifference& e : difference.first_elements) {
    elements.push_back({{"index", e.index},
                        {"a_value", e.a_value},
                        {"b_value", e.b_value},
                        {"a_bits", e.a_bits},
                        {"b_bits", e.b_bits},
                        {"ulp", e.ulp ? Json(std::to_string(*e.ulp)) : Json(nullptr)},
                        {"flipped_bit", e.flipped_bit}});
  }
  return {{"path", difference.path},
          {"what", difference.what},
          {"predicts", difference.predicts},
          {"elements", std::to_string(difference.elements)},
          {"first_elements", elements}};
}

}  // namespace evenscore::verifier
