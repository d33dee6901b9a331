"""What Inlet is compared with: FastAPI, FastStream and SQLAlchemy, put together as a competent team would.

    api --(raw, quorum queue)--> mapper --(mapped, quorum queue)--> writer --> PostgreSQL

One message a batch, published persistently and confirmed before 202; records validated by pydantic; one upsert a
message, acknowledged after its commit. Each role is a process.
"""
