# SPDX-License-Identifier: BSD-2-Clause
"""The test suites; see lucid/test.py."""
