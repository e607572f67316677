# SPDX-License-Identifier: BSD-2-Clause
"""The options of `./lucid size`."""
from .board import DEFAULT_BOARD
from .build import number_of_cores
from .compiler import COMPILERS


def add_options(parser):
    parser.add_argument("--board", default=DEFAULT_BOARD, metavar="BOARD", help=f"the machine (default {DEFAULT_BOARD})")
    parser.add_argument("--cores", type=number_of_cores, default=1, metavar="N", help="processor cores that the kernel is for (default 1, which the limits are for)")
    parser.add_argument("--cc", choices=COMPILERS, default="gcc", dest="compiler", help="the compiler (default gcc, which the limits are for)")
    parser.add_argument("--verbose", action="store_true", help="also the largest files and functions")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--lower", action="store_true", help="also lower the limits in bench/limits.toml to the figures that are less, and add those that are new")
    parser.add_argument("--raise", dest="why", metavar="WHY", help="also raise the limits that are exceeded to the figures, with the reason beside them")
