/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller lets others have its processor for a while. */
#ifndef SMP_REST_H
#define SMP_REST_H

void rest(void);

#endif
