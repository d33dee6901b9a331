"""The API: checks the bearer token, validates the envelope, publishes the batch, answers 202 after the confirm."""

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from faststream.rabbit import Channel, RabbitBroker
from pydantic import BaseModel

from tests.bench.conventional.messages import RAW, Batch, RawBatch
from tests.bench.conventional.settings import Settings


class Accepted(BaseModel):
    """The answer."""

    receipt: UUID
    records: int


def build(settings: Settings) -> FastAPI:
    """The application."""
    broker = RabbitBroker(
        settings.broker_url.get_secret_value(),
        default_channel=Channel(publisher_confirms=True, on_return_raises=True),
        log_level=logging.DEBUG,
    )
    tokens = {hashlib.sha256(settings.access_token.get_secret_value().encode()).digest(): "bench"}

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with broker:
            await broker.start()
            await broker.declare_queue(RAW)
            yield

    app = FastAPI(lifespan=lifespan)
    bearer = HTTPBearer()

    async def caller(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
        name = tokens.get(hashlib.sha256(credentials.credentials.encode()).digest())
        if name is None:
            raise HTTPException(401)
        return name

    @app.post("/public/v1/user/data", status_code=202, dependencies=[Depends(caller)])
    async def receive(batch: Batch) -> Accepted:
        accepted = Accepted(receipt=uuid4(), records=len(batch.data))
        raw = RawBatch(receipt=accepted.receipt, received_at=datetime.now(UTC), data=batch.data)
        await broker.publish(raw, RAW, persist=True, mandatory=True)
        return accepted

    @app.get("/readyz")
    async def ready() -> dict[str, bool]:
        return {"ready": await broker.ping(timeout=1)}

    return app


def serve(settings: Settings) -> None:
    """Serves with uvloop and httptools, without an access log."""
    uvicorn.run(
        build(settings), host="127.0.0.1", port=settings.port, loop="uvloop", http="httptools", access_log=False
    )
