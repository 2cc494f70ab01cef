// What is not well with Hark, in Chinese, by the agent's stable codes (engine/src/health.rs). What it concerns stands
// in the agent's own sentence, which follows in brackets where it says more.
import type { Condition } from "../api";

const sentences: Record<string, string> = {
  notifications_unavailable: "没有可用的通知服务：消息会保存下来，但不会弹出。",
};

const withDetail: Record<string, string> = {
  database_gone: "数据库文件已被删除、移动或替换，新消息不会保存下来",
  not_followed_yet: "部分设置尚未生效，因为数据库无法写入",
  preset_invalid: "预设无法读取",
  relay_failed: "转发没有在监听",
  settings_invalid: "设置文件有误，仍使用之前的设置",
  store_failed: "数据库无法使用",
  tray_command_failed: "托盘中的操作没有完成",
  database_set_aside: "旧数据库无法读取，已另存并新建了一个",
  settings_old_word: "设置中有已更名的选项",
};

/** What is not well, in Chinese; one that is not known here in the agent's own words. */
export function conditionInChinese({ code, sentence }: Condition): string {
  const short = withDetail[code];
  return sentences[code] ?? (short ? `${short}（${sentence}）` : sentence);
}
