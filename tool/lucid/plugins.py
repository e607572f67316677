# SPDX-License-Identifier: BSD-2-Clause
"""Plugins of QEMU (bench/plugin/NAME.c), compiled when they are needed."""
import os
import shutil
import subprocess

from .common import ROOT, ToolError, relative

FOLDER = ROOT / "bench/plugin"
BUILD = ROOT / "build/bench"
FLAGS = ["-std=c17", "-D_POSIX_C_SOURCE=200809L", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-Wshadow"]


def built_plugin(name):
    """The plugin's path; compiled if any source has changed."""
    source, plugin = FOLDER / f"{name}.c", BUILD / f"{name}.so"
    newest = max(path.stat().st_mtime for path in FOLDER.iterdir())
    if plugin.exists() and plugin.stat().st_mtime > newest:
        return plugin
    if shutil.which("gcc") is None:
        raise ToolError(f"QEMU's plugin '{name}' cannot be compiled: gcc is missing", "./lucid doctor --install")
    plugin.parent.mkdir(parents=True, exist_ok=True)
    new = plugin.with_name(f".{name}.{os.getpid()}.so")
    done = subprocess.run(["gcc", *FLAGS, "-o", str(new), str(source)], capture_output=True, text=True)
    if done.returncode != 0:
        raise ToolError(f"{relative(source)} does not compile:\n{done.stderr}")
    new.replace(plugin)
    return plugin
