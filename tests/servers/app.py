"""A push server on sse-starlette, as its documentation has it: `app.py PORT FILE`.

What is published is kept in FILE, a JSON text a line, so that it outlives the process.
"""

import asyncio
import json
import pathlib
import sys

import uvicorn
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

port, file = int(sys.argv[1]), pathlib.Path(sys.argv[2])
messages = [json.loads(line) for line in file.read_text().splitlines()]
published = asyncio.Condition()


async def publish(request):
    message = (await request.body()).decode()
    async with published:
        with file.open("a") as out:
            out.write(json.dumps(message) + "\n")
        messages.append(message)
        published.notify_all()
    return Response(status_code=201)


async def follow(after):
    yield ServerSentEvent(retry=1000)
    while True:
        for message in messages[after:]:
            after += 1
            yield ServerSentEvent(message, id=str(after))
        async with published:
            await published.wait_for(lambda: len(messages) > after)


async def events(request):
    after = int(request.headers.get("last-event-id", 0))
    return EventSourceResponse(follow(after), ping=1)


routes = [Route("/publish", publish, methods=["POST"]), Route("/events", events)]
uvicorn.run(Starlette(routes=routes), port=port, log_level="warning")
