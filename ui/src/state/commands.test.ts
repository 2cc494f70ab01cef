import { expect, test } from "vitest";
import { COMMANDS_MAX, found, type Command } from "./commands";

const command = (name: string): Command => ({ id: name, name, run: () => undefined });
const all = ["Settings", "Messages of Home Alerts", "Pause all", "门铃 的消息"].map(command);
const names = (typed: string) => found(all, typed).map(({ name }) => name);

test("commands are found by any of their words, what begins so first", () => {
  expect(names("")).toEqual(all.map(({ name }) => name));
  expect(names("al")).toEqual(["Messages of Home Alerts", "Pause all"]);
  expect(names("alerts HOME")).toEqual(["Messages of Home Alerts"]);
  expect(names("门铃")).toEqual(["门铃 的消息"]);
  expect(names("absent")).toEqual([]);
});

test("no more are listed than can be seen", () => {
  const many = Array.from({ length: 50 }, (_, n) => command(`Messages of ${n}`));
  expect(found(many, "messages").length).toBe(COMMANDS_MAX);
});
