/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Systems that consist of few tests.
 *
 *     smoke   for every machine: those in which processors, interrupt controllers, timers and page-table formats differ
 *     bochs   for what only Bochs has: tags in the TLB (PCID), x2APIC, the timer with a deadline. Nothing of it waits for
 *             a device: characters take their time there
 */
#include "target.h"

static const char *const smoke_names[] = {
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

static const char *const bochs_names[] = {
    "page_unmapped_while_its_space_is_not_loaded_faults_there",
    "another_page_at_the_same_address_is_seen_in_a_space_that_was_not_loaded",
    "rights_taken_while_a_space_is_not_loaded_are_gone_there",
    "table_removed_while_its_space_is_not_loaded_is_not_used_there",
    "revoked_page_faults_in_every_space_that_had_it",
    "space_with_the_number_of_a_dead_one_sees_nothing_of_it",
    "spaces_in_turn_see_each_its_own_page_at_one_address",
    "unmapped_page_faults_and_keeps_its_content",
    "naming_the_same_address_again_changes_the_rights",
    "what_is_mapped_through_a_table_goes_with_it",
    "space_whose_number_is_revoked_faults_and_maps_nothing",
    "interrupt_arrives_as_a_signal",
    "handler_whose_line_is_revoked_does_nothing_more",
    "sleeping_takes_the_time_it_says",
    "the_user_timer_fires_once_at_its_deadline_and_not_before",
    "a_deadline_in_the_past_fires_at_once",
    "the_user_timer_can_be_cancelled_and_set_anew",
    "a_very_late_deadline_never_fires",
    "the_user_timer_wakes_a_thread_above_one_that_computes",
    "a_budget_is_never_exceeded_in_any_window_of_a_period",
    "threads_of_one_priority_take_turns_by_their_slices",
    "revoke_of_10000_objects_lets_interrupts_in",
};

#define NAMES_MAX    32u
#define COUNT(names) (unsigned)(sizeof(names) / sizeof((names)[0]))

static const struct choice {
    const char *system;
    const char *const *names;
    unsigned count;
} choices[] = {
    { "smoke", smoke_names, COUNT(smoke_names) },
    { "bochs", bochs_names, COUNT(bochs_names) },
};

_Static_assert(COUNT(smoke_names) <= NAMES_MAX && COUNT(bochs_names) <= NAMES_MAX, "see `found`");

static const struct choice *chosen;
static bool found[NAMES_MAX];

bool smoke_is(const char *system)
{
    for (unsigned i = 0; i < COUNT(choices); i++)
        if (strcmp(system, choices[i].system) == 0)
            chosen = &choices[i];
    return chosen != NULL;
}

bool smoke_has(const char *name)
{
    for (unsigned i = 0; i < chosen->count; i++)
        if (strcmp(chosen->names[i], name) == 0)
            return found[i] = true;
    return chosen == choices && strncmp(name, "this_machine", strlen("this_machine")) == 0;
}

void smoke_check(void)
{
    for (unsigned i = 0; i < chosen->count; i++)
        if (!found[i])
            test_fail(__FILE__, __LINE__, "expected a test '%s', seen none", chosen->names[i]);
}
