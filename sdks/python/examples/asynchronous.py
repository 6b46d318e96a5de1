"""Two questions at the same time."""

import asyncio

from netra_sdk import AsyncNetra


async def main() -> None:
    async with AsyncNetra() as client:
        answers = await asyncio.gather(
            client.ask("What can you do?"), client.ask("How do you compute savings?")
        )
        for answer in answers:
            print(answer.advice.report[:80])


asyncio.run(main())
