// 首次使用时的中文文字。
import type { first as en } from "../en/first";

export const first: typeof en = {
  title: "服务器推送的内容，直达您的桌面",
  lines: [
    "粘贴推送服务器的地址：ntfy、Mercure、Nchan、Home Assistant，或您自己的 SSE 接口。",
    "收到的内容会显示为通知，并保存在这里供您搜索。",
    "连接中断时，Hark 会说明原因、自动重连，并补回错过的消息。",
  ],
  address: "https://push.example.org/topic",
  follow: "订阅",
  or: "或者先看看：",
  demo: "试用演示",
  hello: "来自 Hark 的问候",
  sendTo: (name) => `发送到 ${name}`,
  terminal: "或在终端中：",
};
