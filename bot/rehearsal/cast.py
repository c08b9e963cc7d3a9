"""The class: who they are. What their habits mean stands in learner.py and facilitator.py."""

from __future__ import annotations

from bot.rehearsal.people import Listed

MANY, FEW = "Helena Brandt", "Marcus Eze"  # two managers: one with enough people to be told numbers, one without

CAST = (
    Listed("Greta Halvorsen", "", "facilitator", frozenset({"leads"})),
    Listed("Samuel Adeyemi", "", "facilitator", frozenset({"helps"})),
    Listed("Ida Lindqvist", "", "learner", frozenset({"quick", "aloud"}), MANY),
    Listed("Kwame Boateng", "", "learner", frozenset({"quick", "changes vote"}), MANY),
    Listed("Mei-Ling Chen", "", "learner", frozenset({"slow", "half ready"}), MANY),
    Listed("Tomás Ferreira", "", "learner", frozenset({"forgot headset"}), MANY),
    Listed("Priya Raghunathan", "", "learner", frozenset({"late", "aloud"}), MANY),
    Listed("Jonas Weber", "", "learner", frozenset({"silent"}), MANY),
    Listed("Amara Okafor", "", "learner", frozenset({"passes"}), MANY),
    Listed("Lukas Novák", "", "learner", frozenset({"absent"}), MANY),
    Listed("عبد الرحمن بن عبد العزيز الشرقاوي الأندلسي", "", "learner", frozenset({"slow"}), MANY),
    Listed("Zoë 🦊 Tanaka", "", "learner", frozenset({"quick"}), MANY),
    Listed("Marek Dvořák", "", "learner", frozenset({"away"}), MANY),
    Listed("Siobhán O'Reilly", "", "learner", frozenset({"late vote"}), FEW),
    Listed("Nguyễn Thị Minh Khai", "", "learner", frozenset({"aloud"}), FEW),
    Listed("Fatou Diop", "", "learner", frozenset({"no survey", "aloud"}), FEW),
)
