# SPDX-License-Identifier: BSD-2-Clause
"""The version of the tool and the commit it was taken from: printed by --version and put into every image."""
import subprocess

from . import VERSION
from .common import ROOT


def git(*arguments):
    """The output of a git command in the repository, also if it belongs to another user; or None."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", *arguments], capture_output=True, text=True)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def version_text():
    """'0.1.0 (1a2b3c4d5e6f)', with 'modified' if the sources are not those of the commit; '0.1.0' outside git."""
    if not (ROOT / ".git").exists():
        return VERSION
    commit = git("rev-parse", "--short=12", "HEAD")
    if commit is None:
        return VERSION
    changed = git("status", "--porcelain", "--untracked-files=no")
    return f"{VERSION} ({commit[:12]}{', modified' if changed else ''})"
