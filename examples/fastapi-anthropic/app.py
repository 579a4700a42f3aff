"""A chat whose answers are Anthropic's, streamed, and paid by who is logged in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anthropic import AsyncAnthropic
from fastapi import Depends, FastAPI, Header
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from tollkeeper import Tollkeeper, meter
from tollkeeper.integrations.fastapi import customer_of

tollkeeper = Tollkeeper(spool="./usage-spool")  # TOLLKEEPER_URL, TOLLKEEPER_KEY
claude = meter(AsyncAnthropic(), tollkeeper=tollkeeper)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield
    await tollkeeper.close_async()


def account(x_account: Annotated[str, Header()]) -> str:
    """Your session knows who is logged in. Here a header stands for it."""
    return x_account


pays = customer_of(account, throttled_by=tollkeeper)
app = FastAPI(lifespan=lifespan, dependencies=[Depends(pays)])


class Question(BaseModel):
    text: str


@app.post("/chat")
async def chat(question: Question) -> StreamingResponse:
    async def answer() -> AsyncIterator[str]:
        async with claude.messages.stream(
            model="claude-haiku-4-5",
            max_tokens=1024,
            messages=[{"role": "user", "content": question.text}],
        ) as stream:
            async for text in stream.text_stream:
                yield text

    return StreamingResponse(answer(), media_type="text/plain")
