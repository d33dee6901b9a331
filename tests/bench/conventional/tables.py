"""The typed table of profiles, and a row for each batch."""

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Integer, MetaData, Table, Text, Uuid, func

METADATA = MetaData()

PROFILES = Table(
    "profiles",
    METADATA,
    Column("user_id", Text(collation="C"), primary_key=True),
    Column("department", Text),
    Column("title", Text),
    Column("seats", BigInteger),
    Column("score", Double),
    Column("hired", Date),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    postgresql_with={"fillfactor": 70},  # room for updates in place: no index holds a column that changes
)

BATCHES = Table(
    "batches",
    METADATA,
    Column("receipt", Uuid, primary_key=True),
    Column("records", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
