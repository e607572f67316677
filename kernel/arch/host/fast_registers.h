/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers that a fast path must not use: none, since the entry saves all. */
