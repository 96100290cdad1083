#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/grouped_digits.h"
#include "cli/exit_status.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "cli/report_error.h"
#include "cli/xray_report.h"
#include "steps/other_releases.h"
#include "steps/step_class.h"

namespace evenscore::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  OutputStyle style;
  ModelArguments model;
};

std::string shape_text(const Array& array) {
  if (array.kind == Array::Kind::none) return "None";
  if (array.shape.empty()) return "scalar";
  return fmt::format("({}{})", fmt::join(array.shape, ", "), array.shape.size() == 1 ? "," : "");
}

std::vector<std::string> class_texts(const Labels& classes) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    switch (classes.kind) {
      case LabelKind::string:
        texts.push_back(fmt::format("'{}'", classes.strings[i]));
        break;
      case LabelKind::real:
        texts.push_back(fmt::format("{}", classes.reals[i]));
        break;
      case LabelKind::boolean:
        texts.emplace_back(classes.integers[i] != 0 ? "True" : "False");
        break;
      default:
        texts.push_back(classes.element == ElementType::u64
                            ? std::to_string(static_cast<std::uint64_t>(classes.integers[i]))
                            : std::to_string(classes.integers[i]));
    }
  }
  return texts;
}

std::string shortened(const std::vector<std::string>& texts, std::size_t most) {
  std::string line;
  for (std::size_t i = 0; i < texts.size() && i < most; ++i) line += (i == 0 ? "" : ", ") + texts[i];
  if (texts.size() > most) line += fmt::format(" and {} more", texts.size() - most);
  return line;
}

std::string rules_of(const Step& step) {
  const steps::StepClass* step_class = steps::find_step_class(step.class_name);
  return step_class == nullptr ? std::string("computes nothing") : step_class->rules(step);
}

/// Values of a short array, for people.
std::string values_text(const Array& array) {
  if (array.kind == Array::Kind::string) return shortened(array.strings, 6);
  if (array.kind == Array::Kind::none || array.size() > 1'000'000) return {};
  std::vector<std::string> texts;
  const std::vector<double> values = to_f64(array);
  for (std::size_t i = 0; i < values.size() && i < 7; ++i) texts.push_back(fmt::format("{:.6g}", values[i]));
  if (values.size() <= 6) return shortened(texts, 6);
  texts.resize(6);
  return shortened(texts, 6) + ", ...";
}

std::string releases_text(const steps::OtherRule& rule) {
  return rule.first == rule.last ? rule.first : rule.first + " to " + rule.last;
}

/// Depth is bounded by steps::kMostNested.
void print_steps(const std::vector<Step>& steps, const std::string& outer) {
  std::size_t index = 0;
  for (const Step& step : steps) {
    const std::string number = fmt::format("{}{}", outer, index++);
    fmt::print("\n[{}] {}{}\n", number, step.name.empty() ? "" : step.name + ": ", step.class_name);
    if (!step.wrappers.empty()) fmt::print("    inside     {}\n", fmt::join(step.wrappers, ", "));
    fmt::print("    rules      {}\n", rules_of(step));
    for (const steps::OtherRule& other : steps::other_rules(step))
      fmt::print("    elsewhere  scikit-learn {}: {}\n", releases_text(other), other.rules);
    std::string params;
    for (const auto& [name, value] : step.params)
      params += (params.empty() ? "" : ", ") + name + "=" + to_python(value);
    if (!params.empty()) fmt::print("    params     {}\n", params);
    for (const auto& [name, array] : step.fitted) {
      fmt::print("    {:<15} {:<9} {:<9} {}\n", name + "_", array.dtype, shape_text(array),
                 values_text(array));
    }
    print_steps(step.steps, number + ".");
  }
}

Json steps_json(const std::vector<Step>& steps) {
  Json list = Json::array();
  for (const Step& step : steps) {
    Json fitted = Json::object();
    for (const auto& [name, array] : step.fitted)
      fitted[name] = {{"dtype", array.dtype}, {"shape", array.shape}};
    Json others = Json::array();
    for (const steps::OtherRule& other : steps::other_rules(step))
      others.push_back(
          {{"first_release", other.first}, {"last_release", other.last}, {"rules", other.rules}});
    list.push_back({{"name", step.name},
                    {"class", step.class_name},
                    {"sklearn_version", step.sklearn_version},
                    {"wrappers", step.wrappers},
                    {"rules", rules_of(step)},
                    {"rules_elsewhere", others},
                    {"params", Json::parse(to_tagged_json(step.params))},
                    {"fitted", fitted},
                    {"steps", steps_json(step.steps)}});
  }
  return list;
}

void print_text(const ModelFile& model, bool verbose) {
  const Pipeline& pipeline = model.pipeline;
  const Labels classes = pipeline.classes();
  fmt::print("{}\n\n", pipeline.source_name);
  fmt::print("saved by       scikit-learn {}\n", pipeline.sklearn_version);
  fmt::print("kind           {}\n", pipeline.bare_estimator
                                        ? "a bare estimator"
                                        : fmt::format("a pipeline of {} steps", pipeline.steps.size()));
  fmt::print("features       {}{}\n", grouped(pipeline.n_features()),
             pipeline.feature_names.empty()
                 ? ", by position"
                 : ": " + shortened(pipeline.feature_names, verbose ? 100'000 : 8));
  if (!pipeline.wrappers.empty()) fmt::print("inside         {}\n", fmt::join(pipeline.wrappers, ", "));
  if (classes.size() > 0) {
    fmt::print("classes        {}: {}\n", classes.size(),
               shortened(class_texts(classes), verbose ? 100'000 : 8));
  } else {
    fmt::print("targets        {}\n", compile(pipeline).n_targets);
  }
  fmt::print("digest         {}\n", pipeline_digest(pipeline));
  if (!model.probes.empty()) {
    fmt::print("probe rows     {} in {} sets\n", model.probes[0].count, model.probes.size());
    if (const auto rows = model.expected.find("rows"); rows != model.expected.end()) {
      fmt::print("expected       {} rows with scikit-learn's own predictions\n", rows->second.shape[0]);
    }
  }
  print_steps(pipeline.steps, {});
  if (!verbose) return;
  fmt::print("\nprogram, --arithmetic exact\n{}", to_string(compile(pipeline)));
  try {
    fmt::print("\nprogram, --arithmetic sklearn, float32 rows\n{}",
               to_string(compile(pipeline, {Arithmetic::sklearn, ElementType::f32})));
  } catch (const std::exception& error) {
    fmt::print("\n{}\n", error.what());
  }
}

void print_json(const ModelFile& model, const std::vector<std::string>& paths) {
  const Pipeline& pipeline = model.pipeline;
  const Json object = {{"schema", "evenscore-inspect-1"},
                       {"source_name", pipeline.source_name},
                       {"source_sha256", pipeline.source_sha256},
                       {"sklearn_version", pipeline.sklearn_version},
                       {"bare_estimator", pipeline.bare_estimator},
                       {"pipeline_digest", pipeline_digest(pipeline)},
                       {"n_features", pipeline.n_features()},
                       {"feature_names", pipeline.feature_names},
                       {"classes", class_texts(pipeline.classes())},
                       {"wrappers", pipeline.wrappers},
                       {"steps", steps_json(pipeline.steps)},
                       {"program", to_string(compile(pipeline))},
                       {"loading", safety_json(paths)}};
  fmt::print("{}\n", object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string supported_classes() {
  std::string text = "Supported steps: 'passthrough' and None";
  for (const steps::StepClass* step_class : steps::step_classes())
    text += ", " + std::string(step_class->name);
  return text +
         ".\nA file with anything else cannot be scored: the exit status is 2, and what is printed is an "
         "X-ray of "
         "it,\nwith what Python would run to load it. Nothing is ever run here.";
}

}  // namespace

Command add_inspect(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("inspect", "Show steps, parameters, versions, classes and features of a model");
  command->footer(supported_classes() +
                  "\n-v adds all features and classes, and the program that engines run.");
  add_model(*command, arguments->model);
  add_output_style(*command, arguments->style);
  return [arguments] {
    ModelFile model;
    try {
      model = arguments->model.load();
    } catch (const Error& refused) {
      const std::string& file = refused.file().empty() ? arguments->model.path : refused.file();
      if (!print_xray_of_refused(file, refused, arguments->style)) throw;
      return report_error(refused.what(), exit_status(refused.code()), false);
    }
    if (arguments->style.json) {
      print_json(model, arguments->model.paths());
    } else if (!arguments->style.quiet) {
      print_text(model, arguments->style.verbose);
      print_safety(arguments->model.paths());
    }
    return static_cast<int>(kDone);
  };
}

}  // namespace evenscore::cli
