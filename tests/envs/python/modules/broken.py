"""A module that needs another, which is not there."""

import no_such_robot  # noqa
