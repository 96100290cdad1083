#include "batch/row_dataset.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <vector>

#include "evenscore/error.h"
#include "h5/dataset.h"
#include "h5/text.h"

namespace evenscore {
namespace {

constexpr std::uint64_t kMostObjects = 10'000;
constexpr int kDeepest = 32;
constexpr std::size_t kMostListed = 20;

class DatasetList {
 public:
  explicit DatasetList(const h5::File& file) : file_(file) { visit(file.open(file.locate("/")), "", 0); }

  std::vector<std::string> found;  ///< paths of what can hold rows
  std::vector<std::string> found_lines, other_lines;

 private:
  void visit(const h5::Handle& group, const std::string& path, int depth) {
    for (const h5::Link& link : h5::links_of(group, kMostObjects)) {
      if (!link.is_hard) continue;
      const std::string child_path = path + "/" + link.name;
      const h5::Handle child = file_.open(file_.locate(child_path));
      if (!visited_.insert(h5::object_address(child)).second) continue;
      if (visited_.size() > kMostObjects || depth > kDeepest) {
        throw Error(ErrorCode::limit_exceeded, "holds too many objects to search", {},
                    "name the rows with --dataset");
      }
      if (h5::is_dataset(child)) {
        add(child_path);
      } else if (h5::is_group(child)) {
        if (add_frame(child_path)) continue;
        visit(child, child_path, depth + 1);
      }
    }
  }

  // Whether it is what pandas wrote: its datasets are then no candidates of their own.
  bool add_frame(const std::string& path) {
    const std::optional<std::string> pandas = h5::text_attribute(file_, path, "pandas_type");
    if (!pandas) return false;
    found.push_back(path);
    found_lines.push_back(fmt::format("{} {} of pandas", h5::printable(path), h5::printable(*pandas)));
    return true;
  }

  void add(const std::string& path) {
    try {
      const h5::Dataset dataset(file_, path);
      const std::string line =
          fmt::format("{} {} {}", h5::printable(path), h5::shape_text(dataset.shape()), dataset.type_name());
      const bool is_matrix = dataset.is_number() && dataset.shape().size() == 2;
      if (is_matrix || (dataset.is_compound() && dataset.shape().size() == 1)) {
        found.push_back(path);
        found_lines.push_back(line);
      } else {
        other_lines.push_back(line);
      }
    } catch (const Error& error) {
      other_lines.push_back(fmt::format("{} ({})", h5::printable(path), error.cause()));
    }
  }

  const h5::File& file_;
  std::set<std::uint64_t> visited_;
};

std::string list(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size() && i < kMostListed; ++i) text += "\n  " + lines[i];
  if (lines.size() > kMostListed) text += fmt::format("\n  and {} more", lines.size() - kMostListed);
  return text;
}

// A dataset, or the group that a sparse matrix is.
bool has_x(const h5::File& file, const std::vector<h5::Link>& root) {
  for (const h5::Link& link : root) {
    if (link.name != "X") continue;
    return h5::is_dataset(file.open(file.locate("/X"))) || h5::text_attribute(file, "/X", "encoding-type");
  }
  return false;
}

}  // namespace

std::string find_row_object(const h5::File& file) {
  if (has_x(file, h5::links_of(file.open(file.locate("/")), kMostObjects))) return "/X";
  const DatasetList list_of(file);
  if (list_of.found.size() == 1) return list_of.found.front();
  if (list_of.found.empty() && list_of.other_lines.empty())
    throw Error(ErrorCode::bad_request, "holds no dataset", {}, "write the rows into it, as /X");
  if (list_of.found.empty()) {
    throw Error(
        ErrorCode::bad_request, "holds no two-dimensional numeric dataset, no table and no frame", {},
        "name a group of columns with --dataset, or another file; it holds:" + list(list_of.other_lines));
  }
  throw Error(ErrorCode::bad_request,
              fmt::format("holds {} datasets that can be the rows", list_of.found.size()), {},
              "name one with --dataset:" + list(list_of.found_lines));
}

}  // namespace evenscore
