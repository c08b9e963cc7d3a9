"""Plan: the facilitator guide as data. Objectives, checklists, run of show, quiz bank, survey and follow-ups.

`read_plan` reads what a trainer wrote (YAML) and lists every mistake at its own line. The classes below are the format:
their descriptions are shown by editors as one types (`plans/plan.schema.json` is made from them by `schema`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from dialogs import base
from dialogs.plan_check import check
from dialogs.plan_fields import Choice, Choices, Days, Id, Length, Long, Name, Question, Title, Zone, option
from dialogs.plan_reading import read_model
from dialogs.plan_yaml import Problem

__all__ = ["Plan", "Problem", "checklist_setup", "poll_setup", "prompt_setup", "read_plan", "schema", "survey_setup"]

LETTERS = "abcdefghij"  # the ids of choices, in order
Setup = dict[str, Any]  # plain data for the State of another kind, which checks it


class Part(base.Frozen):
    """A part of a plan. Stored by the names of its fields, written by their aliases."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=False)


# -- the parts ---------------------------------------------------------------------------------------------------------


class Objective(base.Objective, Part):
    """What people can do after the session."""

    id: Id
    text: Question


class Task(Part):
    """One thing to have ready before the session."""

    id: Id
    text: Question = Field(description="What to do, in one sentence")
    help: Long | None = Field(None, description="How to do it, for those who ask")


class Checklists(Part):
    """What must be ready before the session."""

    participants: tuple[Task, ...] = Field((), max_length=20, description="Sent to each participant the day before")
    instructors: tuple[Task, ...] = Field((), max_length=20, description="Sent to the facilitators the day before")


class Timed(Part):
    """One step of the run of show."""

    at: int = Field(ge=0, le=600, description="The minute at which it begins, counted from the start")
    title: Title = Field(description="What this part of the session is about")

    def begins(self) -> tuple[str | None, Setup]:
        """The dialog that this step begins: its kind and its plain data. None where it begins none."""
        return None, {}


class PollStep(Timed):
    """A question with choices to everybody."""

    type: Literal["poll"]
    question: Question
    choices: Choices
    open_for: Length | None = Field(
        None, alias="for", description="How long it is open; without it, until it is closed"
    )
    objective: Id | None = Field(None, description="The objective that it belongs to, for the digest")

    def begins(self) -> tuple[str, Setup]:
        return "poll", poll_setup(self.question, self.choices, self.open_for, self.objective)


class AskStep(Timed):
    """A question for which the next person is called on by name."""

    type: Literal["ask"]
    question: Question
    objective: Id | None = None

    def begins(self) -> tuple[str, Setup]:
        return "prompt", prompt_setup(self.question, "call", self.objective)


class OpenStep(Timed):
    """A question to everybody; the facilitator is told if nobody answers."""

    type: Literal["open"]
    question: Question
    objective: Id | None = None

    def begins(self) -> tuple[str, Setup]:
        return "prompt", prompt_setup(self.question, "open", self.objective)


class SayStep(Timed):
    """A message to the room."""

    type: Literal["say"]
    text: Long


class QuizQuestion(Part):
    """A question with one right answer."""

    id: Id
    objective: Id
    question: Question
    choices: Choices
    answer: Choice = Field(description="The right choice, word for word")


class Option(Part):
    """An answer of the survey, and what it would say about the session."""

    text: Choice
    standard: Literal["unacceptable", "weak", "acceptable", "strong", "misfit"] | None = Field(
        None, description="Set before anybody answers. misfit: the question does not apply to this person"
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}


class ChosenQuestion(Part):
    """A survey question with answers to choose from: one (choice) or any number (many)."""

    id: Id
    text: Question
    kind: Literal["choice", "many"]
    options: tuple[Annotated[Option, BeforeValidator(option)], ...] = Field(min_length=2, max_length=10)
    measures: Name | None = Field(None, description="What it measures, in a word")


class WrittenQuestion(Part):
    """A survey question that is answered in one's own words."""

    id: Id
    text: Question
    kind: Literal["text"]
    measures: Name | None = None


class FollowUp(Part):
    """Questions from the quiz bank, asked again later."""

    days: Days = Field(alias="after", description="How long after the session, as in 2d")
    questions: tuple[Id, ...] = Field(min_length=1, max_length=5, description="Ids from the quiz bank")


class Manager(Part):
    """Who receives the digest about whom."""

    name: Name
    learners: tuple[Name, ...] = Field(min_length=1, max_length=200)


Step = Annotated[PollStep | AskStep | OpenStep | SayStep, Field(discriminator="type")]
SurveyQuestion = Annotated[ChosenQuestion | WrittenQuestion, Field(discriminator="kind")]


class Plan(Part):
    """A session, planned: every delivery of it is the same."""

    format: Literal["cohost-plan/1"] = Field(alias="schema")
    id: Id = Field(description="The name by which commands call it, as in giving-feedback")
    title: Title
    audience: Question | None = Field(None, description="For whom it is")
    minutes: int = Field(60, ge=5, le=600)
    zone: Zone = Field("UTC", description="The time zone of times that name none, as in Europe/Zurich")
    objectives: tuple[Objective, ...] = Field(min_length=1, max_length=10)
    checklists: Checklists = Checklists()
    run_of_show: tuple[Step, ...] = Field((), max_length=60, description="What happens when, in order")
    quiz: tuple[QuizQuestion, ...] = Field((), max_length=100, description="The bank of questions with right answers")
    survey: tuple[SurveyQuestion, ...] = Field((), max_length=10, description="Asked at the end, confidentially")
    follow_ups: tuple[FollowUp, ...] = Field((), max_length=10)
    managers: tuple[Manager, ...] = Field((), max_length=200)
    names_in_digest: bool = Field(
        default=False, description="Whether the digest names who attended; otherwise numbers only"
    )

    def dialogs(self) -> Iterator[tuple[tuple[str | int, ...], str, Setup]]:
        """Every dialog that this plan will begin: where it stands in the plan, its kind, and its plain data."""
        for whose, audience in (("participants", "learner"), ("instructors", "facilitator")):
            tasks: tuple[Task, ...] = getattr(self.checklists, whose)
            if tasks:
                yield ("checklists", whose), "checklist", checklist_setup(audience, tasks)
        for number, step in enumerate(self.run_of_show):
            kind, setup = step.begins()
            if kind:
                yield ("run_of_show", number), kind, setup
        if self.survey:
            yield ("survey",), "survey", survey_setup(self.survey)


def read_plan(text: str) -> Plan | tuple[Problem, ...]:
    """The plan that a trainer wrote, or every mistake in it, each at its own line."""
    return read_model(text, Plan, check)


def schema() -> str:
    """The JSON Schema of a plan, for editors."""
    found = Plan.model_json_schema(by_alias=True)
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **found}, indent=2) + "\n"


# -- what other kinds are begun with -----------------------------------------------------------------------------------


def poll_setup(
    question: str, choices: Sequence[str], open_for: int | None = None, objective: str | None = None
) -> Setup:
    """Plain data for a poll. Votes name a choice by its letter."""
    return {"question": question, "choices": _lettered(choices), "open_for": open_for, "objective": objective}


def prompt_setup(question: str, mode: Literal["call", "open"], objective: str | None = None) -> Setup:
    """Plain data for a prompt."""
    return {"question": question, "mode": mode, "objective": objective}


def checklist_setup(audience: str, tasks: Sequence[Task]) -> Setup:
    """Plain data for a checklist."""
    return {
        "audience": audience,
        "items": [{"id": task.id, "text": task.text, "help": task.help or ""} for task in tasks],
    }


def survey_setup(questions: Sequence[ChosenQuestion | WrittenQuestion]) -> Setup:
    """Plain data for a survey."""
    return {"questions": [_survey_question(question) for question in questions]}


def _survey_question(question: ChosenQuestion | WrittenQuestion) -> Setup:
    options = question.options if isinstance(question, ChosenQuestion) else ()
    lettered = _lettered([option.text for option in options])
    return {
        "id": question.id,
        "text": question.text,
        "kind": question.kind,
        "options": lettered,
        "standards": {
            one["id"]: option.standard for one, option in zip(lettered, options, strict=True) if option.standard
        },
        "measures": question.measures,
    }


def _lettered(texts: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": letter, "text": text} for letter, text in zip(LETTERS, texts, strict=False)]
