/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few tests for every machine: those in which processors, interrupt controllers, timers and page-table formats
 * differ. The system "smoke" consists of them.
 */
#include "target.h"

static const char *const names[] = {
    "reading_where_nothing_is_mapped_is_a_page_fault",
    "writing_to_the_programs_text_is_a_page_fault",
    "executing_data_says_that_it_is_present",
    "addresses_of_the_kernel_are_page_faults_that_tell_nothing_of_it",
    "every_exception_tells_its_kind_and_place_and_can_be_skipped",
    "the_other_registers_survive_a_fault",
    "registers_that_carry_no_result_hold_nothing_of_the_kernel",
    "thread_has_its_own_thread_pointer",
    "all_fpu_registers_survive_preemption",
    "without_the_attribute_the_registers_of_another_cannot_be_read",
    "unmapped_page_faults_and_keeps_its_content",
    "naming_the_same_address_again_changes_the_rights",
    "code_written_through_one_view_is_executed_through_another",
    "space_whose_number_is_revoked_faults_and_maps_nothing",
    "interrupt_arrives_as_a_signal",
    "interrupt_wakes_a_thread_of_higher_priority",
    "level_triggered_interrupt_comes_again_until_the_device_is_served",
    "handler_whose_line_is_revoked_does_nothing_more",
    "sleeping_takes_the_time_it_says",
    "the_user_timer_fires_once_at_its_deadline_and_not_before",
    "a_budget_is_never_exceeded_in_any_window_of_a_period",
    "revoke_of_10000_objects_lets_interrupts_in",
};

static bool found[sizeof names / sizeof names[0]];

bool smoke_has(const char *name)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return found[i] = true;
    return strncmp(name, "this_machine", strlen("this_machine")) == 0;
}

void smoke_check(void)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!found[i])
            test_fail(__FILE__, __LINE__, "expected a test '%s', seen none", names[i]);
}
