/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O ports: ranges of them, and access through these. */
#include "target.h"

TEST(io_port_keeps_what_is_written)
{
    cap_t port = mint_range(BOOT_SLOT_IO_PORT_RANGE, MACHINE_SCRATCH_PORT, 1);
    uint32_t value;

    expect_ok(io_port_range_out(port, MACHINE_SCRATCH_PORT, 1, 0x5a));
    expect_ok(io_port_range_in(port, MACHINE_SCRATCH_PORT, 1, &value));
    expect_equal(value, 0x5a);
}

TEST(io_port_outside_the_range_is_refused)
{
    cap_t ports = mint_range(BOOT_SLOT_IO_PORT_RANGE, 0x80, 4);
    uint32_t value;

    expect_argument(io_port_range_in(ports, 0x7f, 1, &value), ERR_RANGE, 1);
    expect_argument(io_port_range_in(ports, 0x84, 1, &value), ERR_RANGE, 1);
    expect_argument(io_port_range_in(ports, 0x83, 2, &value), ERR_RANGE, 1);
    expect_argument(io_port_range_in(ports, 0x81, 4, &value), ERR_RANGE, 1);
    expect_argument(io_port_range_out(ports, 0x84, 1, 0), ERR_RANGE, 1);
    expect_argument(io_port_range_out(ports, 0x10080, 1, 0), ERR_RANGE, 1);
    expect_argument(io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, 0xffff, 2, &value), ERR_RANGE, 1);
    expect_argument(io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, 0x10000, 1, &value), ERR_RANGE, 1);
    expect_argument(io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, ~(word_t)0, 1, &value), ERR_RANGE, 1);
}

TEST(io_port_has_1_2_or_4_bytes)
{
    uint32_t value;

    expect_argument(io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, 0x80, 0, &value), ERR_RANGE, 2);
    expect_argument(io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, 0x80, 3, &value), ERR_RANGE, 2);
    expect_argument(io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, 0x80, 8, 0), ERR_RANGE, 2);
    expect_argument(io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, 0x80, ~(word_t)0, 0), ERR_RANGE, 2);
}

TEST(io_port_reads_with_read_and_writes_with_write)
{
    cap_t read_only = slot_take(), write_only = slot_take();
    uint32_t value;

    expect_ok(
        cnode_mint_range(CNODE, read_only, BOOT_SLOT_IO_PORT_RANGE, RIGHT_READ, MACHINE_SCRATCH_PORT, 1));
    expect_ok(
        cnode_mint_range(CNODE, write_only, BOOT_SLOT_IO_PORT_RANGE, RIGHT_WRITE, MACHINE_SCRATCH_PORT, 1));
    expect_ok(io_port_range_in(read_only, MACHINE_SCRATCH_PORT, 1, &value));
    expect_argument(io_port_range_out(read_only, MACHINE_SCRATCH_PORT, 1, 0), ERR_RIGHT, 0);
    expect_ok(io_port_range_out(write_only, MACHINE_SCRATCH_PORT, 1, 0));
    expect_argument(io_port_range_in(write_only, MACHINE_SCRATCH_PORT, 1, &value), ERR_RIGHT, 0);
}

TEST(revoked_ports_cannot_be_used)
{
    cap_t ports = mint_range(BOOT_SLOT_IO_PORT_RANGE, 0x80, 4), given = mint_range(ports, 0x80, 1);
    uint32_t value;

    expect_ok(cnode_revoke(CNODE, ports));
    expect_status(io_port_range_in(given, 0x80, 1, &value), ERR_CAPABILITY);
}
