"""All stages in the order in which they are run and told. A new stage is one entry in the list of its module."""

import stages_answers
import stages_intake
import stages_matching
import stages_publishing
import stages_rivals
import stages_status

_MODULES = (stages_intake, stages_status, stages_publishing, stages_answers, stages_matching, stages_rivals)
STAGES = {stage.name: stage for module in _MODULES for stage in module.STAGES}
