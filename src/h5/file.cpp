#include "h5/file.h"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <span>
#include <utility>

#include "evenscore/error.h"
#include "h5/call.h"
#include "h5/read_only_driver.h"
#include "h5/text.h"

namespace evenscore::h5 {
namespace {

const std::string kItself = ".";
constexpr int kMostSoftLinks = 16;
constexpr std::size_t kLongestTarget = 65'536;

// The signature is at byte 0, 512, 1024, 2048 and so on, after a user block.
bool has_signature(const InputFile& input) {
  constexpr std::array<unsigned char, 8> kSignature = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
  std::array<unsigned char, 8> found{};
  const std::uint64_t size = input.identity().size;
  for (std::uint64_t at = 0; at + found.size() <= size; at = at == 0 ? 512 : 2 * at) {
    input.read_at(at, std::as_writable_bytes(std::span(found)));
    if (found == kSignature) return true;
  }
  return false;
}

Handle open_read_only(const InputFile& input) {
  if (!has_signature(input)) {
    throw Error(ErrorCode::corrupt_file, "is not an HDF5 file (no HDF5 signature)", {},
                "give a file written by h5py, pandas, MATLAB 7.3 or another HDF5 writer");
  }
  const Handle access = read_only_access(input);
  try {
    return Handle(
        call("H5Fopen", [&] { return H5Fopen(input.path().c_str(), H5F_ACC_RDONLY, access.id()); }));
  } catch (const Error& error) {
    if (error.cause().find("truncated file") != std::string::npos) {
      throw Error(ErrorCode::corrupt_file, fmt::format("is truncated: {}", error.cause()), {},
                  "copy or write it again; the copy or the writer did not finish");
    }
    if (error.cause().find("bad superblock version") != std::string::npos) {
      throw Error(ErrorCode::unsupported, fmt::format("was written by a newer HDF5: {}", error.cause()), {},
                  "write it with libver='earliest' or 'v110'");
    }
    throw Error(error.code(), fmt::format("cannot be opened as HDF5: {}", error.cause()), {},
                "the file is damaged; write it again");
  }
}

void push_components(std::deque<std::string>& pending, std::string_view path) {
  std::deque<std::string> components;
  while (!path.empty()) {
    const std::string_view component = path.substr(0, path.find('/'));
    if (!component.empty() && component != ".") components.emplace_back(component);
    path.remove_prefix(std::min(path.size(), component.size() + 1));
  }
  pending.insert(pending.begin(), components.begin(), components.end());
}

H5L_info_t link_info(const Handle& group, const std::string& name) {
  H5L_info_t info{};
  call(
      "H5Lget_info", [&] { return H5Lget_info(group.id(), name.c_str(), &info, H5P_DEFAULT); }, name);
  return info;
}

std::string link_target(const Handle& group, const std::string& name, std::size_t size) {
  if (size > kLongestTarget) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("a link of {} bytes", size), printable(name));
  }
  std::string target(size, '\0');
  call(
      "H5Lget_val",
      [&] { return H5Lget_val(group.id(), name.c_str(), target.data(), target.size(), H5P_DEFAULT); }, name);
  return target;
}

bool exists(const Handle& group, const std::string& name) {
  return call(
             "H5Lexists", [&] { return H5Lexists(group.id(), name.c_str(), H5P_DEFAULT); }, name) > 0;
}

Handle duplicate(const Handle& handle) {
  call("H5Iinc_ref", [&] { return H5Iinc_ref(handle.id()); });
  return Handle(handle.id());
}

Handle open_hard(const Handle& group, const std::string& name) {
  return Handle(call(
      "H5Oopen", [&] { return H5Oopen(group.id(), name.c_str(), H5P_DEFAULT); }, printable(name)));
}

struct LinkCollector {
  std::vector<Link> links;
  std::uint64_t most;
  bool too_many = false;
};

extern "C" herr_t collect_link(hid_t, const char* name, const H5L_info_t* info, void* data) {
  auto& collector = *static_cast<LinkCollector*>(data);
  if (collector.links.size() >= collector.most) {
    collector.too_many = true;
    return 1;
  }
  collector.links.push_back({name, info->type == H5L_TYPE_HARD});
  return 0;
}

// A remedy for who looked into `group` for a name that it does not have.
std::string what_there_is(const Handle& group) {
  constexpr std::uint64_t kMostLinks = 10'000;
  constexpr std::size_t kMostShown = 10;
  if (!is_group(group)) return "it is looked for in a dataset, not in a group";
  try {
    const std::vector<Link> links = links_of(group, kMostLinks);
    if (links.empty()) return "its group is empty";
    std::string text = "there is ";
    for (std::size_t i = 0; i < links.size() && i < kMostShown; ++i)
      text += (i == 0 ? "" : ", ") + printable(links[i].name);
    if (links.size() > kMostShown) text += fmt::format(" and {} more", links.size() - kMostShown);
    return text;
  } catch (const Error&) {
    return "list what there is with h5ls -r";  // a damaged group, or a very large one
  }
}

}  // namespace

File::File(InputFile input) : input_(std::move(input)), source_(std::make_shared<const InputFile>(input_)) {
  try {
    handle_ = std::make_shared<Handle>(open_read_only(*source_));
  } catch (const Error& error) {
    throw error.in_file(path());
  }
}

Location File::locate(std::string_view object_path) const {
  std::deque<std::string> pending;
  push_components(pending, object_path);
  const auto open_root = [&] { return open_hard(*handle_, "/"); };
  Handle group = open_root();
  std::string name = kItself;
  int soft_links = 0;
  while (!pending.empty()) {
    if (name != kItself) group = open_hard(group, name);
    if (!is_group(group) || !exists(group, pending.front())) {
      throw Error(ErrorCode::bad_request, fmt::format("no object named \"{}\"", printable(pending.front())),
                  printable(object_path), what_there_is(group));
    }
    name = std::move(pending.front());
    pending.pop_front();
    const H5L_info_t info = link_info(group, name);
    if (info.type == H5L_TYPE_HARD) continue;
    if (info.type != H5L_TYPE_SOFT) refuse_link(group, name);
    if (++soft_links > kMostSoftLinks) {
      throw Error(ErrorCode::corrupt_file, fmt::format("more than {} soft links", kMostSoftLinks),
                  printable(object_path));
    }
    const std::string target = link_target(group, name, info.u.val_size).c_str();
    push_components(pending, target);
    if (target.starts_with('/')) group = open_root();
    name = kItself;
  }
  return {std::move(group), std::move(name)};
}

Handle File::open(const Location& location) const {
  return location.name == kItself ? duplicate(location.group) : open_hard(location.group, location.name);
}

bool is_group(const Handle& object) {
  return call("H5Iget_type", [&] { return H5Iget_type(object.id()); }) == H5I_GROUP;
}

bool is_dataset(const Handle& object) {
  return call("H5Iget_type", [&] { return H5Iget_type(object.id()); }) == H5I_DATASET;
}

std::vector<Link> links_of(const Handle& group, std::uint64_t most) {
  LinkCollector collector{{}, most};
  call("H5Literate",
       [&] { return H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_link, &collector); });
  if (collector.too_many) {
    throw Error(ErrorCode::limit_exceeded, fmt::format("a group of more than {} objects", most));
  }
  return std::move(collector.links);
}

std::uint64_t object_address(const Handle& object) {
  H5O_info_t info{};
  call("H5Oget_info", [&] { return H5Oget_info2(object.id(), &info, H5O_INFO_BASIC); });
  return info.addr;
}

void refuse_link(const Handle& group, const std::string& name) {
  const H5L_info_t info = link_info(group, name);
  if (info.type == H5L_TYPE_SOFT) {
    throw Error(
        ErrorCode::unsupported,
        fmt::format("is a soft link to {}", printable(link_target(group, name, info.u.val_size).c_str())),
        printable(name), "store the object itself");
  }
  if (info.type != H5L_TYPE_EXTERNAL) {
    throw Error(ErrorCode::unsupported, "is a user-defined link", printable(name), "store the object itself");
  }
  const std::string value = link_target(group, name, info.u.val_size);
  const char* other_file = "";
  const char* object = "";
  call(
      "H5Lunpack_elink_val",
      [&] { return H5Lunpack_elink_val(value.data(), value.size(), nullptr, &other_file, &object); }, name);
  throw Error(
      ErrorCode::unsupported,
      fmt::format("is an external link to {} in the file {}", printable(object), printable(other_file)),
      printable(name), "give that file instead, or copy the data into this one");
}

}  // namespace evenscore::h5
