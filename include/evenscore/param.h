#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace evenscore {

/// The value of a constructor parameter (`get_params()`), as scikit-learn holds it. Plain data.
struct Param {
  enum class Kind : std::uint8_t {
    none,
    boolean,
    integer,  ///< `text` holds the decimal digits: Python integers have no limit
    real,
    string,
    tuple,
    list,
    dict,        ///< `items` alternate key, value
    class_name,  ///< a class or function named in the file: "numpy.float64"
    unread,      ///< a value that no prediction needs (a RandomState, a scorer): `text` is its class
  };

  Kind kind = Kind::none;
  bool boolean = false;
  double real = 0.0;
  std::string text;  ///< integer, string, class_name, unread
  std::vector<Param> items;

  bool operator==(const Param&) const = default;
};

/// Tagged JSON, exact for every value (docs/pipeline_format.md, "Parameters"): {"f64": ["0x1p-3", "0.125"]}.
std::string to_tagged_json(const std::vector<std::pair<std::string, Param>>& params);

/// The reverse; throws Error (corrupt_file) on anything else. Nesting is limited to 32.
std::vector<std::pair<std::string, Param>> from_tagged_json(const std::string& json);

/// As Python writes it, for people: "None", "'l2'", "0.5".
std::string to_python(const Param& param);

}  // namespace evenscore
