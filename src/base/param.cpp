#include "evenscore/param.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "evenscore/error.h"

namespace evenscore {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kMaxDepth = 32;

[[noreturn]] void refuse(const std::string& cause) {
  throw Error(ErrorCode::corrupt_file, cause, "params", "import the model again");
}

/// C99 hexadecimal, exact; NaN and infinities by name.
std::string hex_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{:a}", value);
}

double from_hex_text(const std::string& text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  const bool negative = text.starts_with('-');
  const std::string_view digits = std::string_view(text).substr(negative ? 1 : 0);
  double value = 0.0;
  if (!digits.starts_with("0x")) refuse("'" + text + "' is no hexadecimal number");
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data() + 2, end, value, std::chars_format::hex);
  if (result.ec != std::errc() || result.ptr != end) refuse("'" + text + "' is no hexadecimal number");
  return negative ? -value : value;
}

Json to_json(const Param& param) {
  Json items = Json::array();
  switch (param.kind) {
    case Param::Kind::none:
      return {{"none", true}};
    case Param::Kind::boolean:
      return {{"bool", param.boolean}};
    case Param::Kind::integer:
      return {{"int", param.text}};
    case Param::Kind::real:
      return {
          {"f64", {hex_text(param.real), std::isnan(param.real) ? "nan" : fmt::format("{}", param.real)}}};
    case Param::Kind::string:
      return {{"str", param.text}};
    case Param::Kind::class_name:
      return {{"class", param.text}};
    case Param::Kind::unread:
      return {{"unread", param.text}};
    case Param::Kind::dict:
      for (std::size_t i = 0; i + 1 < param.items.size(); i += 2) {
        items.push_back(Json::array({to_json(param.items[i]), to_json(param.items[i + 1])}));
      }
      return {{"dict", items}};
    default:
      for (const Param& item : param.items) items.push_back(to_json(item));
      return {{param.kind == Param::Kind::tuple ? "tuple" : "list", items}};
  }
}

std::string text_of(const Json& value) {
  if (!value.is_string()) refuse("a tagged value is not text");
  return value.get<std::string>();
}

Param from_json(const Json& json, int depth) {
  if (depth > kMaxDepth) refuse("a parameter is nested too deeply");
  if (!json.is_object() || json.size() != 1) refuse("a parameter is not an object with one tag");
  const std::string tag = json.begin().key();
  const Json& value = json.begin().value();
  Param param;
  if (tag == "none") return param;
  if (tag == "bool") {
    if (!value.is_boolean()) refuse("a bool is not true or false");
    param.kind = Param::Kind::boolean;
    param.boolean = value.get<bool>();
  } else if (tag == "f64") {
    if (!value.is_array() || value.size() != 2) refuse("an f64 is not a pair");
    param.kind = Param::Kind::real;
    param.real = from_hex_text(text_of(value[0]));
  } else if (tag == "dict") {
    param.kind = Param::Kind::dict;
    if (!value.is_array()) refuse("a dict is not a list of pairs");
    for (const Json& pair : value) {
      if (!pair.is_array() || pair.size() != 2) refuse("a dict is not a list of pairs");
      for (const Json& item : pair) param.items.push_back(from_json(item, depth + 1));
    }
  } else if (tag == "tuple" || tag == "list") {
    param.kind = tag == "tuple" ? Param::Kind::tuple : Param::Kind::list;
    if (!value.is_array()) refuse("a sequence is not a list");
    for (const Json& item : value) param.items.push_back(from_json(item, depth + 1));
  } else {
    constexpr std::pair<const char*, Param::Kind> kTexts[] = {{"int", Param::Kind::integer},
                                                              {"str", Param::Kind::string},
                                                              {"class", Param::Kind::class_name},
                                                              {"unread", Param::Kind::unread}};
    for (const auto& [name, kind] : kTexts) {
      if (tag != name) continue;
      param.kind = kind;
      param.text = text_of(value);
      return param;
    }
    refuse("unknown tag '" + tag + "'");
  }
  return param;
}

}  // namespace

std::string to_tagged_json(const std::vector<std::pair<std::string, Param>>& params) {
  Json json = Json::object();
  for (const auto& [name, param] : params) json[name] = to_json(param);
  return json.dump();
}

std::vector<std::pair<std::string, Param>> from_tagged_json(const std::string& text) {
  // A callback that stops at a depth keeps the parser's own recursion bounded.
  bool too_deep = false;
  const Json json = Json::parse(
      text,
      [&too_deep](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > 4 * kMaxDepth;
        return true;
      },
      false);
  if (json.is_discarded() || too_deep || !json.is_object()) refuse("not a JSON object");
  std::vector<std::pair<std::string, Param>> params;
  for (const auto& [name, value] : json.items()) params.emplace_back(name, from_json(value, 0));
  return params;
}

std::string to_python(const Param& param) {
  std::string items;
  switch (param.kind) {
    case Param::Kind::none:
      return "None";
    case Param::Kind::boolean:
      return param.boolean ? "True" : "False";
    case Param::Kind::real: {
      const std::string text = fmt::format("{}", param.real);
      return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
    }
    case Param::Kind::string:
      return "'" + param.text + "'";
    case Param::Kind::unread:
      return "<" + param.text + ">";
    case Param::Kind::tuple:
    case Param::Kind::list:
      for (const Param& item : param.items) items += (items.empty() ? "" : ", ") + to_python(item);
      if (param.kind == Param::Kind::list) return "[" + items + "]";
      return "(" + items + (param.items.size() == 1 ? ",)" : ")");
    case Param::Kind::dict:
      for (std::size_t i = 0; i + 1 < param.items.size(); i += 2) {
        items +=
            (items.empty() ? "" : ", ") + to_python(param.items[i]) + ": " + to_python(param.items[i + 1]);
      }
      return "{" + items + "}";
    default:
      return param.text;
  }
}

}  // namespace evenscore
