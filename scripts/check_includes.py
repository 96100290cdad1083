#!/usr/bin/env python3
"""Checks who includes whom (docs/architecture.md).

usage: check_includes.py [--no-compile]

Folders include only the folders that the table below names, and libraries stay where they belong; a folder's CMake target
links each folder that it includes from, and the exact-arithmetic flags where it includes evenscore/arith; no file includes
itself by a detour; and every public header compiles alone (with $CXX or c++; not with --no-compile). Prints each
offence as FILE:LINE and exits 1.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

PUBLIC, ARITH = "include/evenscore", "include/evenscore/arith"
# Folder: folders whose headers it may include, beside its own. PUBLIC does not contain ARITH.
MAY_INCLUDE = {
    PUBLIC: set(),
    ARITH: {f"{PUBLIC}/element_type.h", f"{PUBLIC}/stage.h", f"{PUBLIC}/views.h"},
    "src/base": {PUBLIC, ARITH},
    "src/pickle": {PUBLIC, "src/base"},
    "src/h5": {PUBLIC, "src/base", "src/codec"},
    "src/codec": {PUBLIC, "src/base"},
    "src/program": {PUBLIC, ARITH, "src/base"},
    "src/engine": {PUBLIC, ARITH, "kernels", "src/base", "src/program"},
    "src/steps": {PUBLIC, "src/base", "src/program"},
    "src/pipeline": {PUBLIC, "src/base", "src/h5", "src/pickle", "src/program", "src/steps"},
    "src/batch": {PUBLIC, "src/base", "src/codec", "src/h5", "src/pickle"},
    "src/score": {PUBLIC, ARITH, "src/base", "src/batch", "src/engine", "src/h5", "src/pipeline", "src/program"},
    "src/verify": {PUBLIC, ARITH, "src/base", "src/batch", "src/engine", "src/pipeline", "src/program"},
    "src/measure": {PUBLIC, "kernels", "src/base", "src/engine", "src/score"},
    "src/cli": {PUBLIC, "src/base", "src/engine", "src/h5", "src/measure", "src/steps"},
    "kernels": {ARITH, f"{PUBLIC}/element_type.h", f"{PUBLIC}/stage.h", f"{PUBLIC}/views.h", f"{PUBLIC}/error.h"},
    "bench": {PUBLIC, "kernels", "src/codec", "src/engine", "src/program", "src/measure", "src/verify"},
    "tests": {PUBLIC, ARITH, "kernels", "bench"} | {f"src/{folder}" for folder in (
        "base", "pickle", "h5", "codec", "program", "engine", "steps", "pipeline", "batch", "score", "verify", "measure", "cli")},
}
# Headers of libraries: the folders that may include them. Any other header in <> is a standard one.
LIBRARIES = {
    r"hdf5(_hl)?\.h|H5\w*\.h": {"src/h5", "tests"},
    r"CLI/.*": {"src/cli"},
    r"zlib\.h": {"src/pickle", "src/h5", "tests", "bench"},
    r"(bzlib|lzma|lz4frame)\.h": {"src/pickle", "tests"},
    r"(libdeflate|zstd|lz4|blosc)\.h": {"src/codec", "bench"},
    r"libaec\.h": {"src/codec"},
    r"openssl/.*": {"src/base"},
    r"xxhash\.h": {"src/batch", "tests"},
    r"hwy/.*": {"src/engine"},
    r"nlohmann/.*": {"src/base", "src/measure", "src/verify", "src/cli", "tests", "bench"},
    r"cuda.*|cub/.*": {"kernels", "bench"},
    r"thrust/.*": {"kernels", "bench", "src/verify"},
    r"tbb/.*": {"src/verify"},
    r"mpfr\.h|gmp\.h": {"src/verify", "tests"},
    r"gtest/.*": {"tests"},
    r"benchmark/.*": {"bench"},
    r"fmt/.*": {folder for folder in MAY_INCLUDE if folder.startswith("src/")} | {"tests", "bench"},
}
# Targets that include evenscore/arith and compute nothing with it but the value of a stored element.
NO_ARITHMETIC = {"src/base"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(path):
    """The folder of MAY_INCLUDE that `path` is in, the deepest; None outside all of them."""
    inside = [folder for folder in MAY_INCLUDE if path.startswith(folder + "/")]
    return max(inside, key=len, default=None)


def source_files():
    for top in ("include", "src", "kernels", "tests", "bench"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith((".h", ".cpp", ".cu", ".cuh")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def resolve(included, path):
    """The file of ours that `included` names, or None."""
    for base in ("include", "src", ".", "tests", os.path.dirname(path)):
        candidate = os.path.normpath(os.path.join(base, included))
        if os.path.isfile(os.path.join(ROOT, candidate)):
            return candidate
    return None


def check_library(header, folder):
    for pattern, folders in LIBRARIES.items():
        if re.fullmatch(pattern, header):
            if folder in folders:
                return None
            return f"<{header}> belongs to {', '.join(sorted(folders))}"
    return None


def linked_folders():
    """Folder: the folders its CMake target links, directly or not, and whether it links the exact-arithmetic flags."""
    direct = {}
    for folder in MAY_INCLUDE:
        lists = os.path.join(ROOT, folder, "CMakeLists.txt")
        if folder.startswith("src/") and os.path.exists(lists):
            with open(lists, encoding="utf-8") as file:
                calls = re.findall(r"target_link_libraries\(([^)]*)\)", file.read())
            names = {name for call in calls for name in re.findall(r"evenscore_(\w+)", call)}
            direct[folder] = {name if name == "exact_arithmetic" else f"src/{name}" for name in names}

    def closure(folder, seen):
        for next_folder in direct.get(folder, set()) - seen:
            seen.add(next_folder)
            if next_folder != "exact_arithmetic":
                closure(next_folder, seen)
        return seen

    return {folder: (closure(folder, {folder}), "exact_arithmetic" in direct[folder]) for folder in direct}


def check_files():
    problems, graph, links = [], {}, linked_folders()
    for path in source_files():
        folder = folder_of(path)
        if folder is None:
            problems.append(f"{path}:1: {os.path.dirname(path)} is not in the table of scripts/check_includes.py")
            continue
        allowed = MAY_INCLUDE[folder] | {folder}
        graph[path] = []
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            lines = list(enumerate(file, 1))
        for number, line in lines:
            match = INCLUDE.match(line)
            if not match:
                continue
            quote, included = match.groups()
            place = f"{path}:{number}"
            if quote == "<":
                problem = check_library(included, folder)
                if problem:
                    problems.append(f"{place}: {problem}")
                continue
            target = resolve(included, path)
            if target is None:
                problems.append(f"{place}: there is no file \"{included}\" here; a library's header goes in <>")
                continue
            graph[path].append((target, number))
            other = folder_of(target)
            if other not in allowed and target not in allowed:
                problems.append(f"{place}: {folder} may not include {target}")
            elif folder in links and other != folder:
                linked, exact = links[folder]
                if other.startswith("src/") and other not in linked:
                    problems.append(f"{place}: {folder}/CMakeLists.txt does not link {other}")
                if other == ARITH and not exact and folder not in NO_ARITHMETIC:
                    problems.append(f"{place}: {folder}/CMakeLists.txt does not link evenscore_exact_arithmetic")
    return problems + find_cycles(graph)


def find_cycles(graph):
    problems, done, path = [], set(), []

    def visit(file):
        if file in done:
            return
        path.append(file)
        for target, number in graph.get(file, []):
            if target in path:
                cycle = " -> ".join(path[path.index(target):] + [target])
                problems.append(f"{file}:{number}: includes itself: {cycle}")
            else:
                visit(target)
        path.pop()
        done.add(file)

    for file in sorted(graph):
        visit(file)
    return problems


def check_headers_alone():
    """In one run of the compiler, which takes each header as a program of its own."""
    headers = [path for path in source_files() if path.startswith(PUBLIC)]
    command = [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-w", "-Iinclude", "-Isrc", "-x", "c++"]
    result = subprocess.run(command + headers, cwd=ROOT, capture_output=True, text=True)
    if result.returncode == 0:
        return []
    return [line for line in result.stderr.splitlines() if ": error:" in line or "fatal error" in line] or [result.stderr]


def main():
    if sys.argv[1:] not in ([], ["--no-compile"]):
        sys.exit(__doc__)
    problems = check_files()
    if "--no-compile" not in sys.argv:
        problems += check_headers_alone()
    print("\n".join(problems) or f"{len(list(source_files()))} files: every include is allowed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
