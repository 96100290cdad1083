#include "h5/read_only_driver.h"

#include <new>
#include <set>

#include "evenscore/error.h"
#include "h5/call.h"

namespace evenscore::h5 {
namespace {

constexpr std::uint64_t kMostBytesRead = std::uint64_t{1} << 30;
constexpr haddr_t kLargestAddress = (haddr_t{1} << 62) - 1;

// What the property list carries; libhdf5 copies its bytes.
struct Source {
  const InputFile* input;
};

struct DriverFile {
  H5FD_t base;  // first, as libhdf5 wants it
  const InputFile* input;
  haddr_t end_of_allocation;
  std::uint64_t bytes_read;
};

// One capture at a time: the library mutex is held.
struct Capture {
  bool is_on = false;
  int reads = 0;
  RawRead read;
};
Capture capture;
std::set<const InputFile*> open_inputs;  // a second open of one is a file that the first refers to

DriverFile* driver_file(H5FD_t* file) {
  return reinterpret_cast<DriverFile*>(file);
}
const DriverFile* driver_file(const H5FD_t* file) {
  return reinterpret_cast<const DriverFile*>(file);
}

H5FD_t* open_source(const char*, unsigned flags, hid_t access, haddr_t) {
  const auto* source = static_cast<const Source*>(H5Pget_driver_info(access));
  if (source == nullptr || (flags & (H5F_ACC_RDWR | H5F_ACC_CREAT)) != 0) return nullptr;
  auto* file = new (std::nothrow) DriverFile{};
  if (file == nullptr) return nullptr;
  if (!open_inputs.insert(source->input).second) {
    delete file;
    return nullptr;
  }
  file->input = source->input;
  return &file->base;
}

herr_t close_source(H5FD_t* file) {
  open_inputs.erase(driver_file(file)->input);
  delete driver_file(file);
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  return a == b ? 0 : a < b ? -1 : 1;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr) *flags = 0;
  return 0;
}

haddr_t end_of_allocation(const H5FD_t* file, H5FD_mem_t) {
  return driver_file(file)->end_of_allocation;
}

herr_t set_end_of_allocation(H5FD_t* file, H5FD_mem_t, haddr_t address) {
  driver_file(file)->end_of_allocation = address;
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) {
  return driver_file(file)->input->identity().size;
}

herr_t read(H5FD_t* base, H5FD_mem_t type, hid_t, haddr_t address, std::size_t size, void* to) {
  if (type == H5FD_MEM_DRAW && capture.is_on) {
    ++capture.reads;
    capture.read = {address, size};
    return 0;
  }
  DriverFile* file = driver_file(base);
  if (size > kMostBytesRead - file->bytes_read) return -1;
  file->bytes_read += size;
  try {
    file->input->read_at(address, {static_cast<std::byte*>(to), size});
    return 0;
  } catch (...) {  // libhdf5 is C
    return -1;
  }
}

herr_t refuse_write(H5FD_t*, H5FD_mem_t, hid_t, haddr_t, std::size_t, const void*) {
  return -1;
}

hid_t driver() {
  static const hid_t id = [] {
    static H5FD_class_t kind{};
#if H5_VERSION_GE(1, 14, 0)
    kind.version = H5FD_CLASS_VERSION;
    kind.value = static_cast<H5FD_class_value_t>(600);
#endif
    kind.name = "evenscore";
    kind.maxaddr = kLargestAddress;
    kind.fc_degree = H5F_CLOSE_STRONG;
    kind.fapl_size = sizeof(Source);
    kind.open = open_source;
    kind.close = close_source;
    kind.cmp = compare;
    kind.query = query;
    kind.get_eoa = end_of_allocation;
    kind.set_eoa = set_end_of_allocation;
    kind.get_eof = end_of_file;
    kind.read = read;
    kind.write = refuse_write;
    const H5FD_mem_t one_list[H5FD_MEM_NTYPES] = H5FD_FLMAP_SINGLE;
    for (int i = 0; i < H5FD_MEM_NTYPES; ++i) kind.fl_map[i] = one_list[i];
    return H5FDregister(&kind);
  }();
  return id;
}

}  // namespace

Handle read_only_access(const InputFile& input) {
  Handle access(call("H5Pcreate", [] { return H5Pcreate(H5P_FILE_ACCESS); }));
  const Source source{&input};
  call("H5Pset_driver", [&] { return H5Pset_driver(access.id(), driver(), &source); });
  return access;
}

void begin_capture() {
  capture = {true, 0, {}};
}

std::optional<RawRead> end_capture() {
  capture.is_on = false;
  if (capture.reads != 1) return std::nullopt;
  return capture.read;
}

}  // namespace evenscore::h5
