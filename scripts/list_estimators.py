#!/usr/bin/env python3
"""Writes src/pipeline/sklearn_estimators.cpp: every estimator class of scikit-learn, by the module that saved files name.

usage: list_estimators.py ENVIRONMENT...      Python environments (folders with bin/python), one a scikit-learn release

Only classes that derive from BaseEstimator are listed: such an object is made without a call of its own code, and its
state is a dict of attributes. Run scripts/check_format --fix afterwards.
"""

import json
import pathlib
import subprocess
import sys

LIST = r"""
import importlib, inspect, json, pkgutil, warnings
warnings.simplefilter("ignore")
import sklearn
from sklearn.base import BaseEstimator
SKIPPED = (".tests", ".conftest", "._build_utils", ".externals", ".setup", "._min_dependencies")
found = set()
for entry in pkgutil.walk_packages(sklearn.__path__, "sklearn.", onerror=lambda name: None):
    if any(part in entry.name for part in SKIPPED):
        continue
    try:
        module = importlib.import_module(entry.name)
    except BaseException:
        continue
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == entry.name and issubclass(value, BaseEstimator):
            found.add((entry.name, value.__name__))
print(json.dumps([sklearn.__version__, sorted(found)]))
"""

HEAD = """// Written by scripts/list_estimators.py from scikit-learn {versions}.
#include "pipeline/known_classes.h"

namespace evenscore {{
namespace {{

constexpr ModuleClasses kEstimators[] = {{
"""

TAIL = """};

}  // namespace

std::span<const ModuleClasses> sklearn_estimators() {
  return kEstimators;
}

}  // namespace evenscore
"""


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    versions, modules = [], {}
    for environment in sys.argv[1:]:
        python = pathlib.Path(environment) / "bin/python"
        output = subprocess.run([python, "-c", LIST], capture_output=True, text=True, check=True).stdout
        version, classes = json.loads(output.splitlines()[-1])
        versions.append(version)
        for module, name in classes:
            modules.setdefault(module, set()).add(name)
    versions.sort(key=lambda version: [int(part) for part in version.split(".")[:3] if part.isdigit()])
    rows = [f'    {{"{module}", "{" ".join(sorted(names))}"}},\n' for module, names in sorted(modules.items())]
    target = pathlib.Path(__file__).resolve().parents[1] / "src/pipeline/sklearn_estimators.cpp"
    target.write_text(HEAD.format(versions=", ".join(versions)) + "".join(rows) + TAIL)
    print(f"{sum(map(len, modules.values()))} classes of {len(modules)} modules")


if __name__ == "__main__":
    main()
