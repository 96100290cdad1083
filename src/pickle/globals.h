#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>

namespace evenscore::pickle {

/// What a caller lets a class be.
enum class Role : uint8_t {
  object,        ///< made without arguments and given a dict of attributes: Kind::object, read by name
  inert_object,  ///< accepted with any content, which is never interpreted: Kind::inert
  inert_name,    ///< may stand as a name (a function, a type), may not be made or called
};

/// One global that the caller accepts, compared letter by letter. The texts must outlive the parse and its
/// document.
struct AllowedClass {
  std::string_view module;
  std::string_view name;
  Role role;
};

/// What a (module, name) pair means to the reader. A name is only ever looked up here: nothing is imported.
enum class Meaning : uint8_t {
  unknown,
  object,
  inert_object,
  inert_name,
  base_object,
  copyreg_reconstructor,
  codecs_encode,
  make_set,
  make_slice,
  make_bytes,
  make_complex,
  make_ordered_dict,
  make_default_dict,
  numpy_array_type,
  numpy_reconstruct,
  numpy_scalar,
  numpy_frombuffer,
  numpy_dtype,
  numpy_ufunc,
  pandas_new_index,
  joblib_array,
  joblib_companion_file,
};

/// The data constructors of Python, NumPy, pandas and joblib, and the caller's classes. Immutable once made.
class GlobalTable {
 public:
  explicit GlobalTable(std::span<const AllowedClass> allowed);

  Meaning find(std::string_view module, std::string_view name) const;

 private:
  std::map<std::pair<std::string_view, std::string_view>, Meaning> meanings_;
};

/// The module and name that Python 3 gives a global of Python 2, as its unpickler does for protocols below 3.
/// Python 3 itself writes the old names in those protocols.
std::pair<std::string_view, std::string_view> python3_global(std::string_view module, std::string_view name);

}  // namespace evenscore::pickle
