// A push server on better-sse and Express, as their documentation has it: `app.mjs PORT FILE`.
// What is published is kept in FILE, a JSON text a line, so that it outlives the process.

import { appendFileSync, readFileSync } from "node:fs";

import { createChannel, createSession } from "better-sse";
import express from "express";

const [port, file] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
const messages = lines.map((line) => JSON.parse(line));
const channel = createChannel();
const app = express();

app.post("/publish", express.text(), (request, response) => {
  appendFileSync(file, `${JSON.stringify(request.body)}\n`);
  messages.push(request.body);
  channel.broadcast(request.body, "message", { eventId: String(messages.length) });
  response.sendStatus(201);
});

app.get("/events", async (request, response) => {
  const session = await createSession(request, response, { keepAlive: 1000, retry: 1000 });
  for (let sent = Number(session.lastId); sent < messages.length; sent += 1) {
    session.push(messages[sent], "message", String(sent + 1));
  }
  channel.register(session);
});

app.listen(Number(port), "127.0.0.1");
