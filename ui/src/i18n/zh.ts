// 简体中文。
import { first } from "./zh/first";
import { links } from "./zh/links";
import { messages } from "./zh/messages";
import { settings } from "./zh/settings";
import { outages } from "./zh/outages";
import { shell } from "./zh/shell";
import { causeInChinese } from "./causes-zh";
import { conditionInChinese } from "./conditions-zh";
import { refusalInChinese } from "./reasons-zh";
import type { Words } from "./en";
import { form } from "./zh/form";
import { ruleForm } from "./zh/rules";

/** A number stands apart from the words before it. */
const apart = (time: string) => (/^\d/.test(time) ? ` ${time}` : time);

export const zh: Words = {
  lang: "zh-Hans",
  pages: { messages: "消息", connections: "连接", outages: "中断记录", settings: "设置" },
  units: { d: "天", h: "小时", min: "分", s: "秒" },
  today: "今天",
  yesterday: "昨天",

  emptyStatus: "添加推送服务器的地址，它的消息就会在这里变成通知。",
  demo: "这是内置的演示。添加自己的订阅后它就会结束。",

  silence: {
    title: "静默",
    muted: "已静音",
    doNotDisturb: "静默：桌面已开启请勿打扰",
    until: (time) => `静默到${apart(time)}`,
    untilUnlocked: "静默到解锁",
    quietHours: (end, passes) => {
      const shown = passes === 5 ? "优先级 5 仍会显示" : `优先级 ${passes} 及以上仍会显示`;
      const until = end === null ? "安静时段" : `安静时段，到${apart(end)}`;
      return passes === null ? until : `${until}；${shown}`;
    },
    tomorrow: (time) => `明天 ${time}`,
    forAnHour: "一小时",
    untilTomorrow: "到明天 8:00",
    untilEight: "到 8:00",
    untilUnlock: "直到解锁",
    end: "结束",
    mute: "静音",
    unmute: "取消静音",
    snooze: "暂时静默",
  },

  pause: "暂停",
  resume: "继续",
  remove: "移除",

  rules: "规则",
  ruleForm,
  edit: "编辑",

  noMessages: "还没有消息",
  noMessagesHint: "收到的消息会显示在这里，最新的在最上面。",
  justNow: "刚刚",
  ago: (time) => `${time}前`,
  summary: {
    live: (n, all) => (n === all ? `${n} 个在线` : `${all} 个中 ${n} 个在线`),
    paused: (n) => `${n} 个已暂停`,
  },
  find: {
    placeholder: "搜索",
    subscription: "订阅",
    all: "全部",
    priority: "优先级",
    anyPriority: "所有优先级",
    from: (priority) => `${priority}及以上`,
    unread: "未读",
    none: "显示全部",
    nothing: "没有符合条件的消息。",
    tagged: (tag) => `只看标签为“${tag}”的消息`,
  },
  first,
  links,
  messages,
  settings,
  outages,
  shell,
  readAll: "全部标为已读",
  beforeFollowed: (name) => `订阅“${name}”之前的消息`,
  news: (count) => `${count} 条新消息`,
  toLatest: "回到最新消息",
  deleted: "已删除。",
  undo: "撤销",
  copy: "复制",
  cannotCopy: "无法复制。",
  delete: "删除",
  sent: (time) => `发送于 ${time}`,
  older: "更早的消息",
  priority: { 1: "最低优先级", 2: "低优先级", 3: "普通优先级", 4: "高优先级", 5: "紧急" },
  untitled: "（无内容）",
  copied: "已复制。",
  copyIt: "没有找到可用的剪贴板程序，请自行复制这段文字。",
  ask: {
    link: "打开这个链接吗？",
    request: (method: string, origin: string) => `向 ${origin} 发送 ${method} 吗？`,
    wish: "这是消息提出的请求。它会按这里所示原样发送一次，不带您的 Cookie 或凭据。",
    host: (reads: string, host: string) => `主机名里有容易混淆的字母：${reads} 实际上是 ${host}。`,
    user: (user: string) => `@ 前面的部分不属于主机名：${user}`,
    headers: "请求头",
    body: "内容",
    remember: "对这个订阅、服务器和方法不再询问，无论路径和内容如何",
    each: "这种请求每次都会询问。",
    open: "打开",
    send: "发送",
  },
  more: "显示全部",
  less: "收起",
  backlog: "订阅之前的消息",
  shown: {
    pending: "尚未显示",
    digest: "已与其他消息一起告知",
    folded: "屏幕上通知过多，已计入合并通知",
    withdrawn: "已在别处阅读",
    nobody: "未显示：当时没有通知服务",
  },
  held: (why) => `暂缓：${why}`,
  keptQuiet: (why) => `静默：${why}`,
  notShown: (why) => `未显示：${why}`,
  why: {
    mute: "已静音",
    do_not_disturb: "勿扰模式",
    snooze: "暂时静默",
    quiet_hours: "安静时段",
    age: "已不是新消息",
    paused: "订阅已暂停",
    removed: "已不再订阅",
    no_answer: "通知服务没有响应",
  },
  byRule: (rule) => `规则：${rule}`,
  quiet: (rule) => (rule ? `静默：${rule}` : "静默"),

  add: "添加",
  addTitle: "订阅推送服务器",
  form,
  cancel: "取消",

  noAgent: "Hark 没有运行",
  noAgentHint: "在它运行之前，不会接收任何消息，也不会有通知。",
  start: "启动 Hark",
  starting: "正在启动…",
  looking: "正在寻找 Hark…",

  cause: causeInChinese,
  refusal: refusalInChinese,
  condition: conditionInChinese,
};
