import { expect, it } from "vitest";
import type { Reason } from "../api";
import { refusalInChinese } from "./reasons-zh";

const refused = (reason: Reason | null) => ({ reason, cause: null, sentence: "No." });

it("says a reason in Chinese with its values, and what has none as the agent does", () => {
  const path = "/home/me/config.toml";
  const values = { path, line: "3", column: "5", message: "no such key" };
  const said = refusalInChinese(refused({ code: "settings_wrong", values }));
  expect(said).toBe(`设置文件 ${path} 第 3 行第 5 列有误：no such key`);
  expect(refusalInChinese(refused(null))).toBe("No.");
  const cause = { class: "network", code: "connection refused", sentence: "no" } as const;
  expect(refusalInChinese({ reason: null, cause, sentence: "no" })).toContain("拒绝连接");
});
