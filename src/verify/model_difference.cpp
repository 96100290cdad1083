#include "verify/model_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "verify/array_difference.h"

namespace evenscore::verifier {
namespace {

/// Parameters that fitting alone reads.
constexpr std::array<std::string_view, 8> kFitting{"copy",         "max_iter", "memory",  "n_jobs",
                                                   "random_state", "tol",      "verbose", "warm_start"};

using StepPath = std::vector<std::size_t>;  ///< indices of steps, outermost first

Step& step_at(Pipeline& pipeline, const StepPath& path) {
  Step* step = &pipeline.steps[path[0]];
  for (std::size_t i = 1; i < path.size(); ++i) step = &step->steps[path[i]];
  return *step;
}

std::string path_text(const StepPath& path, const std::string& name) {
  std::string text;
  for (const std::size_t index : path) text += fmt::format("{}steps[{}]", text.empty() ? "" : ".", index);
  return fmt::format("{} '{}'", text, name);
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return fmt::format("[{}]", text);
}

class ModelDifferences {
 public:
  ModelDifferences(const Pipeline& a, const Pipeline& b) {
    compare_text("scikit-learn version", a.sklearn_version, b.sklearn_version,
                 [&b](Pipeline& p) { p.sklearn_version = b.sklearn_version; });
    compare_text("classes around the pipeline", list_of(a.wrappers), list_of(b.wrappers), {}, false);
    compare_text("feature names", list_of(a.feature_names), list_of(b.feature_names), {});
    compare_params("pipeline", a.params, b.params, [&b](Pipeline& p) -> void { p.params = b.params; });
    compare_steps(a.steps, b.steps, {}, [](Pipeline& p) -> std::vector<Step>& { return p.steps; });
  }
  std::vector<Exchange> take() { return std::move(found_); }

 private:
  using Apply = std::function<void(Pipeline&)>;
  using StepsOf = std::function<std::vector<Step>&(Pipeline&)>;

  void add(const std::string& path, const std::string& what, Apply apply, bool predicts = true) {
    found_.push_back({{path, what, predicts, 0, {}}, std::move(apply)});
  }

  void compare_text(const std::string& path, const std::string& a, const std::string& b, Apply apply,
                    bool predicts = true) {
    if (a != b) add(path, fmt::format("{} became {}", a, b), std::move(apply), predicts);
  }

  void compare_params(const std::string& path, const std::vector<std::pair<std::string, Param>>& a,
                      const std::vector<std::pair<std::string, Param>>& b, const Apply& apply_all,
                      const StepPath& step = {}) {
    std::set<std::string> names;
    for (const auto& [name, value] : a) names.insert(name);
    for (const auto& [name, value] : b) names.insert(name);
    const auto find = [](const std::vector<std::pair<std::string, Param>>& params, const std::string& name) {
      const auto at =
          std::find_if(params.begin(), params.end(), [&](const auto& p) { return p.first == name; });
      return at == params.end() ? nullptr : &at->second;
    };
    for (const std::string& name : names) {
      const Param* was = find(a, name);
      const Param* is = find(b, name);
      if (was != nullptr && is != nullptr && *was == *is) continue;
      Apply apply = apply_all;
      if (!step.empty()) {
        apply = [step, name, is](Pipeline& pipeline) {
          std::vector<std::pair<std::string, Param>>& params = step_at(pipeline, step).params;
          std::erase_if(params, [&](const auto& p) { return p.first == name; });
          if (is != nullptr) params.emplace_back(name, *is);
        };
      }
      const bool predicts = std::find(kFitting.begin(), kFitting.end(), name) == kFitting.end();
      add(fmt::format("{}: {}", path, name),
          fmt::format("{} became {}", was == nullptr ? "missing" : to_python(*was),
                      is == nullptr ? "missing" : to_python(*is)),
          std::move(apply), predicts);
    }
  }

  void compare_fitted(const std::string& path, const Step& a, const Step& b, const StepPath& step) {
    std::set<std::string> names;
    for (const auto& [name, value] : a.fitted) names.insert(name);
    for (const auto& [name, value] : b.fitted) names.insert(name);
    for (const std::string& name : names) {
      const Array* was = a.attribute(name);
      const Array* is = b.attribute(name);
      const std::string place = fmt::format("{}: {}_", path, name);
      Apply apply = [step, name, is](Pipeline& pipeline) {
        std::map<std::string, Array>& fitted = step_at(pipeline, step).fitted;
        if (is == nullptr) {
          fitted.erase(name);
        } else {
          fitted[name] = *is;
        }
      };
      if (was == nullptr || is == nullptr) {
        add(place, is == nullptr ? "is missing in B" : "is missing in A", std::move(apply));
      } else if (std::optional<ModelDifference> difference = array_difference(place, *was, *is)) {
        found_.push_back({std::move(*difference), std::move(apply)});
      }
    }
  }

  void compare_step(const Step& a, const Step& b, const StepPath& step) {
    const std::string path = path_text(step, a.name);
    compare_text(
        path + ": name", a.name, b.name, [step, &b](Pipeline& p) { step_at(p, step).name = b.name; }, false);
    const Apply whole = [step, &b](Pipeline& p) { step_at(p, step) = b; };
    if (a.class_name != b.class_name)
      return add(path, fmt::format("{} became {}", a.class_name, b.class_name), whole);
    compare_text(path + ": scikit-learn version", a.sklearn_version, b.sklearn_version,
                 [step, &b](Pipeline& p) { step_at(p, step).sklearn_version = b.sklearn_version; });
    compare_text(path + ": classes around it", list_of(a.wrappers), list_of(b.wrappers), {}, false);
    compare_params(path, a.params, b.params, {}, step);
    compare_fitted(path, a, b, step);
    compare_steps(a.steps, b.steps, step,
                  [step](Pipeline& p) -> std::vector<Step>& { return step_at(p, step).steps; });
  }

  /// Steps that only changed places are said to have; then each is held against its namesake.
  void compare_steps(const std::vector<Step>& a, const std::vector<Step>& b, const StepPath& parent,
                     const StepsOf& steps_of) {
    if (a.empty() && b.empty()) return;
    const std::string path = parent.empty() ? "steps" : path_text(parent, "steps");
    std::vector<std::string> a_names, b_names;
    for (const Step& step : a) a_names.push_back(step.name);
    for (const Step& step : b) b_names.push_back(step.name);
    std::vector<std::string> a_sorted = a_names, b_sorted = b_names;
    std::sort(a_sorted.begin(), a_sorted.end());
    std::sort(b_sorted.begin(), b_sorted.end());
    const bool same_names =
        a_sorted == b_sorted && std::set(a_names.begin(), a_names.end()).size() == a.size();
    if (same_names && a_names != b_names) {
      add(path, fmt::format("the order {} became {}", list_of(a_names), list_of(b_names)),
          [steps_of, b_names](Pipeline& p) {
            std::vector<Step>& steps = steps_of(p);
            std::vector<Step> ordered;
            for (const std::string& name : b_names) {
              ordered.push_back(*std::find_if(steps.begin(), steps.end(),
                                              [&](const Step& step) { return step.name == name; }));
            }
            steps = std::move(ordered);
          });
    } else if (a.size() != b.size()) {
      return add(path, fmt::format("{} became {}", list_of(a_names), list_of(b_names)),
                 [steps_of, &b](Pipeline& p) { steps_of(p) = b; });
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
      StepPath step = parent;
      step.push_back(i);
      const auto namesake =
          std::find_if(b.begin(), b.end(), [&](const Step& s) { return s.name == a[i].name; });
      compare_step(a[i], same_names ? *namesake : b[i], step);
    }
  }

  std::vector<Exchange> found_;
};

}  // namespace

std::vector<Exchange> model_differences(const Pipeline& a, const Pipeline& b) {
  return ModelDifferences(a, b).take();
}

}  // namespace evenscore::verifier
