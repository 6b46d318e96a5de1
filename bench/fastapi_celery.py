"""What many would build instead: FastAPI, SQLAlchemy's asyncio ORM on asyncpg, a task queued with Celery.

It signs in by a JWT and looks at the owner's rows, as Netra does; limits, events and idempotency it has
none. Served by uvicorn from an environment of its own, without Netra: see `scale.py`.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import jwt
from celery import Celery
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

KEY = "a key that only this benchmark uses, of enough bytes"
engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
queue = Celery("bench", broker=os.environ["REDIS_URL"])


class Base(DeclarativeBase):
    """The tables."""


class Run(Base):
    """A run."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(index=True)
    message: Mapped[str]
    status: Mapped[str] = mapped_column(default="processing")
    created_at: Mapped[datetime]


class Ask(BaseModel):
    """A question."""

    message: str
    context: dict[str, Any] | None = None


class Status(BaseModel):
    """How a run stands."""

    run_id: str
    status: str
    created_at: datetime


@queue.task(name="work")  # type: ignore[untyped-decorator]  # celery is not installed where types are checked
def work(run_id: str) -> str:
    """Do nothing."""
    return run_id


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Make the tables."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


async def session() -> AsyncIterator[AsyncSession]:
    """Yield a session."""
    async with sessions() as opened:
        yield opened


def owner(authorization: Annotated[str, Header()]) -> int:
    """Return who asks."""
    return int(jwt.decode(authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"])["sub"])


@app.get("/token")
async def token() -> str:
    """Return proof for one user."""
    return jwt.encode({"sub": "1"}, KEY, algorithm="HS256")


@app.post("/execute")
async def execute(
    asked: Ask, owner_id: Annotated[int, Depends(owner)], db: Annotated[AsyncSession, Depends(session)]
) -> Status:
    """Accept a run and queue its work."""
    now = datetime.now(UTC).replace(tzinfo=None)
    run = Run(
        id=uuid.uuid4().hex, owner_id=owner_id, message=asked.message, status="processing", created_at=now
    )
    db.add(run)
    await db.commit()
    await asyncio.to_thread(work.delay, run.id)
    return Status(run_id=run.id, status=run.status, created_at=run.created_at)


@app.get("/status/{run_id}")
async def status(
    run_id: str, owner_id: Annotated[int, Depends(owner)], db: Annotated[AsyncSession, Depends(session)]
) -> Status:
    """Return how the owner's run stands."""
    found = await db.scalar(select(Run).where(Run.id == run_id, Run.owner_id == owner_id))
    if found is None:
        raise HTTPException(404)
    return Status(run_id=found.id, status=found.status, created_at=found.created_at)
