# SPDX-License-Identifier: BSD-2-Clause
"""The package behind ./lucid: builds, checks, runs and tests Lucid systems. Standard library only."""

VERSION = "0.1.0"
