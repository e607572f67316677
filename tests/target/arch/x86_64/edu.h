/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's teaching device `edu` (QEMU, docs/specs/edu.txt), as a source of message-signalled interrupts: found
 * on PCI bus 0 through the configuration ports (PCI Local Bus Specification 3.0, sections 3.2.2.3.2, 6.1, 6.2.5, 6.8.1),
 * with its registers mapped. It is on the machine only where the target suite starts it (-device edu).
 *
 * A message is sent by whoever writes to RAISE, in the same instruction: so these tests are exact.
 */
#ifndef TARGET_EDU_X86_64_H
#define TARGET_EDU_X86_64_H

#include "target.h"

#define PCI_ADDRESS  0xcf8u
#define PCI_DATA     0xcfcu
#define PCI_ENABLE   0x80000000u
#define PCI_SLOTS    32u
#define EDU_IDENTITY 0x11e81234u /* device and vendor */

/* Configuration registers, and bits of them. */
#define PCI_COMMAND          0x04u
#define PCI_COMMAND_MEMORY   0x2u
#define PCI_COMMAND_MASTER   0x4u /* without it, no message leaves the device */
#define PCI_STATUS_LIST      (0x10u << 16)
#define PCI_BAR0             0x10u
#define PCI_CAPABILITIES     0x34u
#define PCI_CAPABILITY_MSI   0x05u
#define PCI_CAPABILITIES_MAX 48u
#define MSI_CONTROL_ENABLE   (1u << 16)
#define MSI_CONTROL_MULTIPLE (7u << 20)
#define MSI_CONTROL_64       (1u << 23)

/* Where the device goes if the firmware has not given it a place (qboot does not): in the hole for PCI. */
#define EDU_ADDRESS 0xe0000000u

/* Registers, as indices of 32-bit words. */
#define EDU_LIVENESS 1u /* what was written to it, inverted */
#define EDU_STATUS   9u
#define EDU_RAISE    24u
#define EDU_TAKE     25u

struct edu {
    uint32_t slot;
    uint32_t msi; /* its MSI capability, a configuration register */
    volatile uint32_t *registers;
};

/* ---- Configuration space */

static inline uint32_t pci_read(uint32_t slot, uint32_t reg)
{
    uint32_t value = 0;
    expect_ok(io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, PCI_ADDRESS, 4, PCI_ENABLE | slot << 11 | reg));
    expect_ok(io_port_range_in(BOOT_SLOT_IO_PORT_RANGE, PCI_DATA, 4, &value));
    return value;
}

static inline void pci_write(uint32_t slot, uint32_t reg, uint32_t value)
{
    expect_ok(io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, PCI_ADDRESS, 4, PCI_ENABLE | slot << 11 | reg));
    expect_ok(io_port_range_out(BOOT_SLOT_IO_PORT_RANGE, PCI_DATA, 4, value));
}

/* The register at which a capability of the device begins. */
static inline uint32_t pci_capability(uint32_t slot, uint32_t id)
{
    expect_true(pci_read(slot, PCI_COMMAND) & PCI_STATUS_LIST);
    uint32_t at = pci_read(slot, PCI_CAPABILITIES) & 0xfc;
    for (unsigned i = 0; at && i < PCI_CAPABILITIES_MAX; i++) {
        uint32_t head = pci_read(slot, at);
        if ((head & 0xff) == id)
            return at;
        at = head >> 8 & 0xfc;
    }
    test_fail(__FILE__, __LINE__, "expected PCI capability %u of device %u, seen none", id, slot);
}

/* ---- Device memory */

/* Halve a piece of device memory until the page at `physical` is left; its Frame. */
static inline cap_t device_page(uint64_t physical)
{
    for (unsigned i = 0; i < boot->untyped_count; i++) {
        const struct boot_untyped *piece = &boot->untyped[i];
        cap_t untyped = piece->slot;
        uint64_t start = piece->physical;
        unsigned size_bits = piece->size_bits;

        if (!(piece->flags & BOOT_UNTYPED_DEVICE) || physical < start || (physical - start) >> size_bits)
            continue;
        expect_ok(cnode_revoke(CNODE, untyped)); /* what a test before has left */
        expect_ok(untyped_reset(untyped, 0));
        while (size_bits > FRAME_SIZE_4K) {
            cap_t half = slots_take(2);
            size_bits--;
            expect_ok(untyped_retype(untyped, OBJECT_UNTYPED, size_bits, CAP_NULL, half, 2, CAP_NULL, 0));
            untyped = half + ((physical - start) >> size_bits & 1);
        }
        return make_from(untyped, OBJECT_FRAME, FRAME_SIZE_4K);
    }
    test_fail(__FILE__, __LINE__, "expected device memory at 0x%lx, seen none", physical);
}

/* ---- The device */

static inline struct edu edu_find(void)
{
    struct edu edu = { .slot = 0 };
    while (pci_read(edu.slot, 0) != EDU_IDENTITY)
        if (++edu.slot == PCI_SLOTS)
            test_fail(__FILE__, __LINE__, "expected QEMU's device edu (-device edu), seen none on PCI bus 0");
    uint32_t physical = pci_read(edu.slot, PCI_BAR0) & ~0xfu;
    if (physical == 0) {
        physical = EDU_ADDRESS;
        pci_write(edu.slot, PCI_BAR0, physical);
    }
    pci_write(edu.slot, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    edu.msi = pci_capability(edu.slot, PCI_CAPABILITY_MSI);
    word_t address = address_take(FRAME_SIZE_4K);
    expect_ok(try_map(SPACE, device_page(physical), address, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_OFF));
    edu.registers = (volatile uint32_t *)address;
    edu.registers[EDU_LIVENESS] = 0x12345678;
    expect_equal(edu.registers[EDU_LIVENESS], ~0x12345678u);
    return edu;
}

/* Tell it what to write where; one message. */
static inline void edu_set_message(const struct edu *edu, uint64_t address, uint32_t data)
{
    uint32_t control = pci_read(edu->slot, edu->msi) & ~(MSI_CONTROL_ENABLE | MSI_CONTROL_MULTIPLE);
    uint32_t data_register = edu->msi + (control & MSI_CONTROL_64 ? 12 : 8);
    pci_write(edu->slot, edu->msi, control);
    pci_write(edu->slot, edu->msi + 4, (uint32_t)address);
    if (control & MSI_CONTROL_64)
        pci_write(edu->slot, edu->msi + 8, (uint32_t)(address >> 32));
    pci_write(edu->slot, data_register, data);
    pci_write(edu->slot, edu->msi, control | MSI_CONTROL_ENABLE);
}

/* Send a message, and let the device forget about it. */
static inline void edu_raise(const struct edu *edu)
{
    edu->registers[EDU_RAISE] = 1;
    expect_equal(edu->registers[EDU_STATUS], 1);
    edu->registers[EDU_TAKE] = 1;
}

#endif
