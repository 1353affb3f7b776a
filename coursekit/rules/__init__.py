"""Every rule of the course, in six modules named after the headings: one function each, with its source and its dates.

The name is the id, the docstring the sentence that learners read, the body yields what is wrong. A rule looks at a
visit (a case in the reading nearest to the claim) and at the claim. `since` and `until` are compared with the date of
service. A changed policy is a second rule, never a condition on the year.
"""

from ..model import Rule
from .how_it_is_said import (
    above_the_threshold,
    active_care_is_true,
    assistants_are_marked,
    column_two_before_2019_07,
    column_two_is_safe,
    local_modifiers_stay_home,
    modifier_fits_code,
    modifier_in_force,
    modifier_is_needed,
    modifier_is_true,
    once_is_enough,
    one_reason_per_line,
    plan_modifier_is_true,
    required_modifier,
    separate_time_is_xu,
    x_says_why,
)
from .how_much import (
    adjustment_by_regions,
    daily_limit,
    one_line_per_code,
    one_service_at_a_time,
    per_service_units,
    total_time_units,
    untimed_once,
)
from .saying import WHY
from .side_by_side import (
    never_together,
    separate_evaluation,
    separate_region,
    separate_time,
)
from .what_the_note_must_say import (
    ask_rather_than_drop,
    clock_times_are_given,
    each_service_has_a_purpose,
    gap_is_asked,
    late_entry_is_marked,
    level_is_named,
    note_is_dated,
    note_is_its_own,
    note_is_signed,
    only_gaps_are_asked,
    order_is_on_file,
    part_is_shown,
    plan_is_certified,
    plan_is_recertified,
    progress_is_reported,
    skill_was_needed,
    timed_total_is_given,
    total_time_is_given,
)
from .what_was_done import (
    code_in_force,
    documented,
    due_is_billed,
)
from .who_may_bill import (
    maintenance_is_not_covered,
    paid_only_beside,
    payer_pays_code,
    payer_pays_provider,
)

__all__ = ["RULES", "WHY"]

RULES: tuple[Rule, ...] = (
    # who may bill
    payer_pays_provider,
    payer_pays_code,
    paid_only_beside,
    maintenance_is_not_covered,
    # what was done
    code_in_force,
    documented,
    due_is_billed,
    # how much
    adjustment_by_regions,
    total_time_units,
    per_service_units,
    untimed_once,
    one_service_at_a_time,
    one_line_per_code,
    daily_limit,
    # side by side
    never_together,
    separate_region,
    separate_time,
    separate_evaluation,
    # how it is said
    modifier_in_force,
    modifier_is_needed,
    modifier_is_true,
    separate_time_is_xu,
    modifier_fits_code,
    one_reason_per_line,
    column_two_before_2019_07,
    column_two_is_safe,
    once_is_enough,
    x_says_why,
    required_modifier,
    plan_modifier_is_true,
    active_care_is_true,
    above_the_threshold,
    assistants_are_marked,
    local_modifiers_stay_home,
    # what the note must say
    gap_is_asked,
    only_gaps_are_asked,
    ask_rather_than_drop,
    note_is_dated,
    note_is_signed,
    timed_total_is_given,
    total_time_is_given,
    plan_is_certified,
    plan_is_recertified,
    progress_is_reported,
    skill_was_needed,
    each_service_has_a_purpose,
    part_is_shown,
    level_is_named,
    order_is_on_file,
    clock_times_are_given,
    note_is_its_own,
    late_entry_is_marked,
)
