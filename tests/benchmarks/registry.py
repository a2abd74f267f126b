"""All stages in the order in which they are run and told. A new stage is one entry in the list of its module."""

import stages_intake
import stages_status

_MODULES = (stages_intake, stages_status)
STAGES = {stage.name: stage for module in _MODULES for stage in module.STAGES}
