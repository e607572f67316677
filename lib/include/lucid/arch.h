/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place in user code that asks for which processor it is compiled. */
#ifndef LUCID_ARCH_H
#define LUCID_ARCH_H

#if defined(__x86_64__)
#include <lucid/arch/x86_64/abi.h>
#include <lucid/arch/x86_64/syscall.h>
#elif defined(__aarch64__)
#include <lucid/arch/aarch64/abi.h>
#include <lucid/arch/aarch64/syscall.h>
#elif defined(__riscv) && __riscv_xlen == 64
#include <lucid/arch/riscv64/abi.h>
#include <lucid/arch/riscv64/syscall.h>
#else
#error "liblucid has no lib/include/lucid/arch directory for this processor"
#endif

#endif
