# SPDX-License-Identifier: BSD-2-Clause
"""The options of `./lucid bench`."""
from .board import DEFAULT_BOARD
from .build import number_of_cores
from .compiler import COMPILERS


def add_options(parser):
    parser.add_argument("--board", default=DEFAULT_BOARD, metavar="BOARD", help=f"the machine (default {DEFAULT_BOARD})")
    parser.add_argument("--cores", type=number_of_cores, default=1, metavar="N",
                        help="processor cores of the machine and the kernel (default 1); more add the paths between cores")
    parser.add_argument("--cc", choices=COMPILERS, default="gcc", dest="compiler",
                        help="the compiler (default gcc; the limits are for gcc)")
    parser.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--record", action="store_true", help="also add the figures to bench/history.csv, for this commit")
    parser.add_argument("--lower", action="store_true",
                        help="also lower the limits in bench/limits.toml to the figures that are less, and add paths that have none")
    parser.add_argument("--raise", dest="why", metavar="WHY", help="also raise the limits that are exceeded to the figures, with the reason beside them")
    parser.add_argument("--plot", metavar="FILE", help="measure nothing; draw bench/history.csv as FILE, an SVG image; with --growth: draw that")
    parser.add_argument("--profile", metavar="PATH", help="only one path: in which functions of the kernel its instructions are")
    parser.add_argument("--no-size", action="store_true", help="leave away what `./lucid size` tells, too: it builds the kernel afresh")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--growth", action="store_true", help="instead of paths: how some grow with 10, 1,000 and 10,000 threads, waiters or contexts besides")
    kind.add_argument("--latency", action="store_true",
                      help="instead of paths: the most that the kernel executes without looking for interrupts, in its tests and in cases meant to be the worst")
