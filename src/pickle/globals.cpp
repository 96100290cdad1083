#include "pickle/globals.h"

namespace evenscore::pickle {
namespace {

struct Entry {
  std::string_view module;
  std::string_view name;
  Meaning meaning;
};

constexpr Entry kEntries[] = {
    {"builtins", "object", Meaning::base_object},
    {"builtins", "set", Meaning::make_set},
    {"builtins", "frozenset", Meaning::make_set},
    {"builtins", "slice", Meaning::make_slice},
    {"builtins", "bytes", Meaning::make_bytes},
    {"builtins", "bytearray", Meaning::make_bytes},
    {"builtins", "complex", Meaning::make_complex},
    {"builtins", "int", Meaning::inert_name},
    {"builtins", "float", Meaning::inert_name},
    {"builtins", "str", Meaning::inert_name},
    {"builtins", "bool", Meaning::inert_name},
    {"builtins", "list", Meaning::inert_name},
    {"builtins", "tuple", Meaning::inert_name},
    {"builtins", "dict", Meaning::inert_name},
    {"collections", "OrderedDict", Meaning::make_ordered_dict},
    {"collections", "defaultdict", Meaning::make_default_dict},
    {"_codecs", "encode", Meaning::codecs_encode},
    {"copyreg", "_reconstructor", Meaning::copyreg_reconstructor},

    {"numpy", "ndarray", Meaning::numpy_array_type},
    {"numpy", "memmap", Meaning::numpy_array_type},
    {"numpy.core.memmap", "memmap", Meaning::numpy_array_type},
    {"numpy._core.memmap", "memmap", Meaning::numpy_array_type},
    {"numpy", "matrix", Meaning::numpy_array_type},
    {"numpy.matrixlib.defmatrix", "matrix", Meaning::numpy_array_type},
    {"numpy.core.multiarray", "_reconstruct", Meaning::numpy_reconstruct},
    {"numpy._core.multiarray", "_reconstruct", Meaning::numpy_reconstruct},
    {"numpy.core._multiarray_umath", "_reconstruct", Meaning::numpy_reconstruct},
    {"numpy._core._multiarray_umath", "_reconstruct", Meaning::numpy_reconstruct},
    {"numpy.core.multiarray", "scalar", Meaning::numpy_scalar},
    {"numpy._core.multiarray", "scalar", Meaning::numpy_scalar},
    {"numpy.core._multiarray_umath", "scalar", Meaning::numpy_scalar},
    {"numpy._core._multiarray_umath", "scalar", Meaning::numpy_scalar},
    {"numpy.core.numeric", "_frombuffer", Meaning::numpy_frombuffer},
    {"numpy._core.numeric", "_frombuffer", Meaning::numpy_frombuffer},
    {"numpy", "dtype", Meaning::numpy_dtype},
    {"numpy.core", "_ufunc_reconstruct", Meaning::numpy_ufunc},
    {"numpy._core", "_ufunc_reconstruct", Meaning::numpy_ufunc},

    {"numpy.random._pickle", "__randomstate_ctor", Meaning::inert_object},
    {"numpy.random._pickle", "__bit_generator_ctor", Meaning::inert_object},
    {"numpy.random._pickle", "__generator_ctor", Meaning::inert_object},
    {"numpy.random", "__RandomState_ctor", Meaning::inert_object},
    {"numpy.random.bit_generator", "__pyx_unpickle_SeedSequence", Meaning::inert_object},
    {"numpy.random.bit_generator", "SeedSequence", Meaning::inert_name},
    {"numpy.random._mt19937", "MT19937", Meaning::inert_name},
    {"numpy.random._pcg64", "PCG64", Meaning::inert_name},
    {"numpy.random._pcg64", "PCG64DXSM", Meaning::inert_name},
    {"numpy.random._philox", "Philox", Meaning::inert_name},
    {"numpy.random._sfc64", "SFC64", Meaning::inert_name},
    {"numpy.ma.core", "_mareconstruct", Meaning::inert_object},
    {"numpy.ma.core", "MaskedArray", Meaning::inert_name},
    {"numpy.ma", "MaskedArray", Meaning::inert_name},

    {"pandas.core.indexes.base", "_new_Index", Meaning::pandas_new_index},
    {"pandas.core.indexes.base", "Index", Meaning::inert_name},
    {"pandas", "Index", Meaning::inert_name},

    {"joblib.numpy_pickle", "NumpyArrayWrapper", Meaning::joblib_array},
    {"sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper", Meaning::joblib_array},
    {"joblib.numpy_pickle", "NDArrayWrapper", Meaning::joblib_companion_file},
    {"joblib.numpy_pickle", "ZNDArrayWrapper", Meaning::joblib_companion_file},
    {"joblib.numpy_pickle_compat", "NDArrayWrapper", Meaning::joblib_companion_file},
    {"joblib.numpy_pickle_compat", "ZNDArrayWrapper", Meaning::joblib_companion_file},
    {"sklearn.externals.joblib.numpy_pickle", "NDArrayWrapper", Meaning::joblib_companion_file},
    {"sklearn.externals.joblib.numpy_pickle", "ZNDArrayWrapper", Meaning::joblib_companion_file},
    {"sklearn.externals.joblib.numpy_pickle_compat", "NDArrayWrapper", Meaning::joblib_companion_file},
    {"sklearn.externals.joblib.numpy_pickle_compat", "ZNDArrayWrapper", Meaning::joblib_companion_file},
};

/// The scalar types of NumPy 1 and 2, as `dtype=` parameters and categories name them.
constexpr std::string_view kNumpyScalarTypes[] = {
    "bool_",   "bool",    "int8",     "int16",     "int32",      "int64",      "uint8",    "uint16",
    "uint32",  "uint64",  "intc",     "uintc",     "intp",       "uintp",      "short",    "ushort",
    "long",    "ulong",   "longlong", "ulonglong", "byte",       "ubyte",      "half",     "single",
    "double",  "float16", "float32",  "float64",   "longdouble", "float128",   "str_",     "bytes_",
    "object_", "number",  "integer",  "floating",  "generic",    "complex128", "complex64"};

Meaning meaning_of(Role role) {
  switch (role) {
    case Role::object:
      return Meaning::object;
    case Role::inert_object:
      return Meaning::inert_object;
    case Role::inert_name:
      break;
  }
  return Meaning::inert_name;
}

}  // namespace

GlobalTable::GlobalTable(std::span<const AllowedClass> allowed) {
  for (const Entry& entry : kEntries) meanings_.emplace(std::pair(entry.module, entry.name), entry.meaning);
  for (std::string_view type : kNumpyScalarTypes) {
    meanings_.emplace(std::pair(std::string_view("numpy"), type), Meaning::inert_name);
  }
  // The reader's own entries win: a caller cannot turn a data constructor into something else.
  for (const AllowedClass& one : allowed) {
    meanings_.emplace(std::pair(one.module, one.name), meaning_of(one.role));
  }
}

Meaning GlobalTable::find(std::string_view module, std::string_view name) const {
  const auto found = meanings_.find(std::pair(module, name));
  return found == meanings_.end() ? Meaning::unknown : found->second;
}

std::pair<std::string_view, std::string_view> python3_global(std::string_view module, std::string_view name) {
  if (module == "copy_reg") return {"copyreg", name};
  if (module != "__builtin__") return {module, name};
  if (name == "long") return {"builtins", "int"};
  if (name == "unicode") return {"builtins", "str"};
  return {"builtins", name};
}

}  // namespace evenscore::pickle
