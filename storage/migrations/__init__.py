"""Migrations. Add first, remove a release later: the version before must run on the newer schema, too."""
