# SPDX-License-Identifier: BSD-2-Clause
"""Suite `bench`: no path of the kernel costs more than its limit (bench/limits.toml), on any board, and twice the same. Nor is the kernel too large."""
from .. import bench, bench_cores, bench_data, bench_together, growth, latency, size
from ..board import DEFAULT_BOARD
from ..build import Variant, build
from ..elf import Elf
from ..test import Failure, Job, Result

SECONDS = 600.0  # most of it is building
OTHER_BOARDS = ["qemu-aarch64", "qemu-riscv64"]


def jobs(context):
    boards = [context.board, *(OTHER_BOARDS if context.board == DEFAULT_BOARD else [])]
    variants = [Variant(board) for board in boards] + [Variant(context.board, cores=2)]
    return [*(Job("bench", f"limits ({variant.name})", lambda v=variant: keep_limits(v, context), SECONDS) for variant in variants),
            *(Job("bench", f"size ({board})", lambda b=board: keep_sizes(Variant(b)), SECONDS) for board in boards),
            *(Job("bench", f"latency ({board})", lambda b=board: keep_latency(Variant(b), context), SECONDS) for board in boards),
            Job("bench", f"growth ({context.board})", lambda: keep_growth(Variant(context.board), context), SECONDS),
            *([Job("bench", "several_cores_cost_local_paths_little", lambda: local_paths(context), SECONDS)] if context.board == DEFAULT_BOARD else []),
            Job("bench", "cores_that_share_nothing_cost_each_other_nothing", lambda: independent(Variant(context.board, cores=8), context), SECONDS),
            Job("bench", "two_runs_give_the_same_figures", lambda: same_twice(Variant(context.board), context), SECONDS),
            *(Job("bench", f"plugin_and_counter_agree ({board})", lambda b=board: agree(Variant(b), context), SECONDS) for board in boards)]


def keep_limits(variant, context):
    """A result for each path."""
    limits = bench_data.read_limits().get(variant.name, {})
    figures = bench.measure(variant, context.logs / f"bench-{variant.name}.log")
    wrong = {sentence.split(":")[0]: sentence for sentence in bench_data.exceeded(figures, limits, variant.board)}
    names = {figure.path for figure in figures if figure.instructions is not None} | set(limits)
    if not names:
        raise Failure("expected: figures\nseen: none")
    return [Result(name, name not in wrong, wrong.get(name, "")) for name in sorted(names)]


def keep_sizes(variant):
    """A result for each figure of `./lucid size` that is the same each time."""
    limits = bench_data.read_limits().get(size.section_name(variant), {})
    figures = size.figures(variant, Elf(build("start", variant).folder / "kernel.elf"))
    wrong = {sentence.split(":")[0]: sentence for sentence in bench_data.exceeded(figures, limits, variant.board)}
    return [Result(figure.path, figure.path not in wrong, wrong.get(figure.path, "")) for figure in figures]


def keep_latency(variant, context):
    """A result for each case that is meant to be the worst."""
    cases, _ = latency.observe(latency.CASES, variant, context.logs / f"bench-{variant.name}-latency.log")
    wrong = {sentence.split(":")[0]: sentence for sentence in latency.exceeded(cases, variant)}
    told = {name: f"{wrong[name]}\n{latency.chain(cases[name])}" if name in cases else wrong[name] for name in wrong}
    return [Result(name, name not in wrong, told.get(name, "")) for name in sorted({*cases, *wrong})]


def keep_growth(variant, context):
    """A result for each path whose cost could grow with what else there is."""
    costs = growth.measure(variant, context.logs / f"bench-{variant.name}-growth.log")
    wrong = {sentence.split(":")[0]: sentence for sentence in growth.exceeded(costs, variant)}
    return [Result(path, path not in wrong, wrong.get(path, "")) for path in sorted({*costs, *wrong})]


def local_paths(context):
    """A result for each path that stays on one core."""
    log = context.logs / "bench-local-paths.log"
    found = bench_cores.differences(*(bench.measure(Variant(context.board, cores=cores), log) for cores in (1, 2)))
    return [Result(difference.path, not difference.wrong, difference.wrong) for difference in found]


def independent(variant, context):
    """Pairs of client and server, one a core, with 1, 2, 4 and 8 cores."""
    figures, _ = bench_together.measure(variant, context.logs / f"bench-{variant.name}-together.log")
    calls = [figure for figure in figures if figure.path.startswith("independent_calls_on_")]
    costs = [figure.instructions for figure in calls]
    alone = next((figure for figure in figures if figure.path == "independent_mappings_on_1"), None)
    return [Result("a call costs core 0 the same however many cores call", len(costs) == 4 and len(set(costs)) == 1,
                   f"expected: with 1, 2, 4 and 8 cores the same instructions\nseen: {costs}"),
            Result("who unmaps alone asks no idle core to flush", alone is not None and not alone.others,
                   f"expected: other cores execute nothing\nseen: {alone and alone.others}"),
            *(Result(f"{figure.path} has no line that two cores write, or that one writes and another touches", figure.common_written + figure.common_touched == 0,
                     f"expected: none\nseen: {figure.common_written} written by several, {figure.common_touched} written by one and touched by another")
              for figure in calls),
            *(Result(f"{figure.path} takes one atomic operation a system call", figure.atomic == 2,
                     f"expected: 2 in a call and its answer\nseen: {figure.atomic}") for figure in calls)]


def same_twice(variant, context):
    log = context.logs / f"bench-{variant.name}-twice.log"
    first, second = bench.measure(variant, log), bench.measure(variant, log)
    if first != second:
        different = [f"{one.path}: {one.instructions}, then {two.instructions}" for one, two in zip(first, second) if one != two]
        raise Failure("expected: the same figures\nseen: " + "; ".join(different))


# Paths of which every round is the same, and that have no string instructions, of which the plugin counts one for all their words.
AGREEING = ("call_reply_registers", "call_reply_10_words", "call_reply_same_space", "signal_nobody")


def agree(variant, context):
    """The two ways of counting: the counter, many rounds without the loop; and the plugin, one round instruction by instruction."""
    figures = {figure.path: figure for figure in bench.measure(variant, context.logs / f"bench-{variant.name}-lines.log")}
    return [Result(f"{name} is counted alike", abs(figures[name].instructions - figures[name].recorded) <= 2,
                   f"expected: {figures[name].instructions} instructions, as the counter says, or up to 2 more or less for the loop\n"
                   f"seen: {figures[name].recorded}") for name in AGREEING]
