"""Dialogs: what the bot says and decides. Pure: no clock, no I/O, no platform.

A new kind is one file here, one line below, and one test file.
"""

from collections.abc import Mapping

from dialogs import checklist, desk, digest, poll, prompt, session, silence, survey
from dialogs.base import AnyKind

KINDS: Mapping[str, AnyKind] = {
    kind.name: kind
    for kind in (
        session.KIND,
        desk.KIND,
        checklist.KIND,
        poll.KIND,
        prompt.KIND,
        silence.KIND,
        survey.KIND,
        digest.KIND,
    )
}
