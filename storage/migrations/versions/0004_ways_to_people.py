"""By which platform a message goes to a person who has several, and finding people by their e-mail address."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("post", sa.Column("via", sa.String(), nullable=True))
    op.create_index("person_email", "person", ["tenant", "email"])


def downgrade() -> None:
    op.drop_index("person_email", "person")
    with op.batch_alter_table("post") as batch_op:
        batch_op.drop_column("via")
