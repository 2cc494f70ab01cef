// Why something was refused, in Chinese, by the agent's codes (api/src/reason.rs): a code that is missing here does
// not compile. What has none is said in the agent's own sentence.
import type { Cause, Reason, ReasonCode } from "../api";
import { causeInChinese } from "./causes-zh";

type Value = (name: string) => string;

const sentences: Record<ReasonCode, (value: Value) => string> = {
  url_unreadable: () => "这不是网址，应类似 https://host/path。",
  url_scheme: (value) => `Hark 只支持 http 和 https 网址，不支持 ${value("scheme")}。`,
  url_password: () => "密码不应写在网址里，请在下面的“用户名和密码”中填写。",
  url_websocket: () =>
    "这是 WebSocket 的地址，而 Hark 订阅的是事件流（SSE）。许多服务器两者都有：请填写以 http:// 或 https:// 开头的事件流地址。",
  url_hidden: () => "网址有一部分没有显示，请重新输入完整的网址。",
  already_followed: (value) => `已经订阅了这个网址（${value("subscription")}）。`,
  unknown_subscription: (value) => `没有名为“${value("subscription")}”的订阅。`,
  settings_wrong: (value) =>
    `设置文件 ${value("path")} 第 ${value("line")} 行第 ${value("column")} 列有误：${value("message")}`,
  settings_unreadable: (value) =>
    `无法读取设置文件 ${value("path")}：${value("message")}。请检查它的所有者和权限。`,
  settings_unwritable: (value) =>
    `无法写入设置文件 ${value("path")}：${value("message")}。请检查它的所有者和权限。`,
  settings_slow: (value) => `设置文件 ${value("path")} 所在的磁盘没有响应。`,
  settings_busy: (value) =>
    `另一个 Hark 正在修改设置文件 ${value("path")}，所以没有保存。请再试一次。`,
  settings_changed: (value) =>
    `设置文件在此期间被修改，您改动的内容也在其中（${value("options")}）。请再看一遍；没有保存。`,
  other_settings: (value) =>
    `这里只能写 [subscriptions.${value("subscription")}] 及其内容。其他设置请在设置文件中修改。`,
  value_unfit: (value) => `不能这样设置：${value("message")}`,
  value_length: (value) => `“${value("text")}”不是时长，请写成 30s、5m 或 1h 这样。`,
  value_size: (value) => `“${value("text")}”不是大小，请写成 16 MiB 这样。`,
  value_event_size: (value) => `单个事件的上限不能低于 1 KiB，也不能超过 ${value("most")}。`,
  value_retry: (value) => `“${value("text")}”不是重试方式，请写成 fixed 5s 这样。`,
  value_proxy: () => "代理应为 none，或类似 http://host:port、socks5://host:port 的地址。",
  value_proxy_password: () =>
    "代理的密码不应写在设置里，请放在环境变量 HTTPS_PROXY 或 ALL_PROXY 中。",
  value_feed: (value) => `没有名为“${value("text")}”的协议。`,
  value_least: () => "至少要保留 1。",
  value_priority: () => "优先级应为 1（最低）到 5。",
  secret_gone: () => "输入的内容在保存前只保留 15 分钟，现已失效，请重新输入。",
  secret_elsewhere: (value) =>
    `输入的内容是给 ${value("typed")} 的，不会发送到 ${value("to")}，请重新输入给 ${value("to")} 的。`,
  secret_unfit: (value) => `这不是令牌或密码：应为一行，最多 ${value("most")} KiB。没有保存。`,
  secret_unkept: (value) => `无法保存到 ${value("folder")}：${value("message")}。没有保存。`,
  secret_command: () => "命令只能在设置文件中设置。",
  credential_elsewhere: (value) =>
    `凭据是给 ${value("from")} 的，不会发送到别的服务器，请输入给 ${value("to")} 的。`,
  rules_wrong: (value) => `规则有误：${value("message")}`,
  rules_more: () => "现有的规则超出了这个表单能表达的范围，没有改动，请查看它们的文本。",
  quiet_hours_more: () => "设置文件中的勿扰时段超出了这个表单能表达的范围，请在文件中修改。",
  quiet_hours_wrong: () => "勿扰时段应为七天，每天 48 个半小时。",
  not_recognised: () => "无法识别那里应答的是什么。",
};

/** Why it was refused, in Chinese. */
export function refusalInChinese(refused: {
  reason: Reason | null;
  cause: Cause | null;
  sentence: string;
}): string {
  const { reason, cause, sentence } = refused;
  if (reason) return sentences[reason.code](((name) => reason.values[name] ?? "") satisfies Value);
  return cause ? causeInChinese(cause) : sentence;
}
