// 窗口框架的中文文字：按键、命令，以及关于后台代理的说明。
import type { shell as en } from "../en/shell";

export const shell: typeof en = {
  keys: "按键",
  keysOf: {
    pages: "消息、连接、中断记录、设置",
    search: "搜索消息",
    jump: "转到某个订阅，或执行命令",
    add: "订阅推送服务器",
    paste: "订阅已复制的地址",
    move: "在消息列表中下移、上移",
    delete: "删除消息，片刻内可以撤销",
    close: "关闭打开的内容",
    help: "本列表",
  },
  jump: "转到某个订阅，或执行命令",
  nothing: "没有这个名称。",
  messagesOf: (name) => `${name} 的消息`,
  pauseAll: "全部暂停",
  resumeAll: "全部恢复",
  anHour: "静默一小时",
  endSilence: "结束静默",
  outdated: (agent, window) => `正在运行的 Hark 是 ${agent}，而本窗口是 ${window}。`,
  restart: "重启 Hark",
  restarting: "正在重启…",
};
