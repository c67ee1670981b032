"""The schema's history, in Alembic's revisions; `infra.migrate` runs them."""
