"""The notes of some people in some dialogs are found by both: by the dialog alone, a poll's every vote was read."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("note_of_person", "note", ["person", "dialog"])
    op.drop_index("note_by_person", "note")


def downgrade() -> None:
    op.create_index("note_by_person", "note", ["person", "key"])
    op.drop_index("note_of_person", "note")
