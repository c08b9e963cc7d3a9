"""Several sessions may have one place, and a message is found by the platform's reference.

`place` held one session a place and stays, unread, until every process runs this release.
"""

import json
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from storage.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_place",
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant", "place", "session"),
    )
    op.create_index("ix_session_place_session", "session_place", ["session"])
    op.create_index("post_ref", "post", ["tenant", "ref"])
    rows = op.get_bind().execute(
        sa.text(
            "SELECT place.tenant, place.id AS place, place.session, dialog.state"
            " FROM place JOIN dialog ON dialog.id = place.session"
        )
    )
    for row in rows.all():
        brief = json.loads(row.state)["brief"]
        at = brief.get({"planned": "starts", "open": "opened"}.get(brief["phase"], "closed"))
        op.execute(
            sa.text(
                "INSERT INTO session_place (tenant, place, session, phase, at)"
                " VALUES (:tenant, :place, :session, :phase, :at)"
            ).bindparams(
                sa.bindparam("at", datetime.fromisoformat(at) if at else None, Moment),
                tenant=row.tenant,
                place=row.place,
                session=row.session,
                phase=brief["phase"],
            )
        )


def downgrade() -> None:
    op.drop_index("post_ref", "post")
    op.drop_index("ix_session_place_session", "session_place")
    op.drop_table("session_place")
