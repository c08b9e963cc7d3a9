"""What a session is, as it stands."""

from __future__ import annotations

from dialogs.base import Brief, Frozen
from dialogs.plan import Plan, Timed


class Expected(Frozen):
    """Somebody whom the plan or a roster file names."""

    person: str
    name: str
    role: str = "learner"
    manager: str | None = None  # a person's id


class Unreached(Frozen):
    """A room or a person that a message could not be brought to, and the platform's reason in a sentence."""

    why: str
    place: str | None = None
    person: str | None = None
    via: str = ""  # the platform that could not reach them
    phase: str = ""  # of the session, in which something waits for them; empty if there is nothing to press


class State(Frozen):
    """A session as it stands."""

    brief: Brief
    plan: Plan | None = None
    people: tuple[Expected, ...] = ()  # who is expected; they are notes once it has started
    at_once: bool = False  # opened by the command that created it
    quiet_after: int = 60  # seconds without an answer to an open question
    watched: bool = True  # the facilitators want to be told of questions that stay quiet
    prepared: bool = False  # the checklists have gone out
    unsent: bool = False  # they have not: nothing ran until the session was to have begun
    surveyed: bool = True  # whoever was there has the survey, once the session is over
    step: int = 0  # of the run of show
    prompt: str | None = None  # the key of the question that is in the room
    number: int = 0  # of dialogs begun by command, for their keys
    unreached: tuple[Unreached, ...] = ()  # whom messages did not reach, the newest last
    answered: bool = False  # the survey is closed: nothing waits for anybody any more

    @property
    def coming(self) -> Timed | None:
        """The next step of the run of show."""
        return self.plan.run_of_show[self.step] if self.plan and self.step < len(self.plan.run_of_show) else None


def having(session: State, **changes: object) -> State:
    """The session with its brief changed."""
    return session.model_copy(update={"brief": session.brief.model_copy(update=changes)})
