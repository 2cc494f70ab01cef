// 消息列表的中文文字。
import type { messages as en } from "../en/messages";

export const messages: typeof en = {
  time: "发送时间",
  anyTime: "任何时间",
  today: "今天",
  lastDays: (n) => `最近 ${n} 天`,
  narrowed: "筛选",
  unread: (n) => `${n} 条未读`,
  save: "保存这些…",
  saveAs: "将列出的消息保存为",
  jsonLines: "JSON Lines",
  csv: "CSV（用于电子表格）",
  missing: "那条消息已不再保留。以下是最新消息。",
  saved: (path) => `已保存：${path}`,
  raw: "原始事件",
  event: "事件",
  ownId: "id",
  ofMany: (shown, all) => `前 ${shown}，共 ${all}`,
  choose: "选择一条消息，在此查看全文。",
  alerted: "已作为通知显示",
  close: "关闭",
};
