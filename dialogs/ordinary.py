"""Ordinary: what a session without a plan asks at its end. Data, in the shape that a survey is begun with."""

SURVEY = {
    "questions": [
        {
            "id": "ready",
            "text": "If you had to use this in your work tomorrow, what would happen?",
            "kind": "choice",
            "options": [
                {"id": "a", "text": "I would not know where to begin"},
                {"id": "b", "text": "I would begin, and need somebody beside me"},
                {"id": "c", "text": "I would manage on my own"},
                {"id": "d", "text": "I could show a colleague how to do it"},
                {"id": "e", "text": "It does not apply to my work"},
            ],
        },
        {
            "id": "when",
            "text": "When will you first use it?",
            "kind": "choice",
            "options": [
                {"id": "a", "text": "Today or tomorrow"},
                {"id": "b", "text": "Within a week"},
                {"id": "c", "text": "Within a month"},
                {"id": "d", "text": "Later, or I do not know"},
            ],
        },
        {"id": "barrier", "text": "What is most likely to stop you?", "kind": "text", "options": []},
    ]
}
