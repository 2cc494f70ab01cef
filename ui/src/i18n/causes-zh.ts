// Reasons in Chinese, by the agent's stable codes (engine/src/failure.rs). A code that is missing
// here falls back to the agent's own sentence.
import type { Cause } from "../api";

const sentences: Record<string, string> = {
  "no route": "没有通往服务器的网络路由。网络恢复后会立即重连。",
  "network changed": "网络发生变化，连接已重新建立。",
  "connection refused": "服务器拒绝连接：该端口没有程序在监听。服务器在运行吗？",
  "connection reset": "连接被重置。",
  "name not resolved": "无法解析服务器的域名。请检查拼写或网络的 DNS。",
  "connect timeout": "服务器没有及时响应连接请求。",
  "TLS timeout": "服务器没有及时完成 TLS 握手。",
  "headers timeout":
    "服务器接受了连接却没有响应。可能是代理在缓冲（nginx 请设置 proxy_buffering off）。",
  "missed heartbeat": "服务器长时间没有发送任何数据，连接已断开。",
  "end of stream": "服务器结束了数据流。",
  farewell: "服务器宣布关闭连接，可能正在停止或重启。",
  truncated: "数据流中途断开。",
  "HTTP 204": "服务器返回 HTTP 204，要求不再连接。点“继续”可再试一次。",
  "HTTP 401": "服务器返回 HTTP 401：需要凭据，或不接受当前凭据。",
  "HTTP 403": "服务器返回 HTTP 403：没有凭据，或此凭据无权读取，请联系服务器的管理者。",
  "HTTP 404": "服务器返回 HTTP 404：请检查地址中的路径。",
  "HTTP 429": "服务器返回 HTTP 429：它限制请求频率，Hark 会按要求等待。",
  "HTTP 502": "服务器返回 HTTP 502：代理连不上后面的服务器。",
  "HTTP 504": "服务器返回 HTTP 504：代理连不上后面的服务器。",
  rotation: "服务器按惯例关闭了数据流。",
};

/** These say more in the agent's own words, which follow in brackets. */
const withDetail: Record<string, string> = {
  compressed: "擅自压缩了事件流，会拖住消息，请在服务器或其代理上关闭压缩",
  "content type": "返回的不是事件流，请检查路径；登录页面也会这样",
  certificate: "服务器的证书不受信任",
  TLS: "TLS 连接失败",
  redirect: "服务器要求重定向，但未跟随",
  credential: "无法读取凭据",
  "credential refused": "服务器不接受此凭据",
  "not HTTP": "服务器的响应不是可读的 HTTP",
  "I/O error": "连接失败",
  proxy: "中间的代理出错。",
  "brief streams": "服务器多次在连接后不久就结束，不像是持续的数据流，之后每分钟再试一次",
  incomplete: "网址还缺少这个服务器需要的内容",
  elsewhere: "这个网址没有数据流，数据流在别的地址",
  "other protocol": "服务器用的不是事件流（SSE），而是别的协议",
  "stream error": "服务器在数据流中报告错误，并结束了连接",
  "not stored": "收到的数据无法保存，会再次请求",
};

/** The reason in Chinese. */
export function causeInChinese(cause: Cause): string {
  const sentence = sentences[cause.code];
  if (sentence) return sentence;
  const short = withDetail[cause.code];
  if (short) return `${short}（${cause.sentence}）`;
  const status = /^HTTP (\d+)$/.exec(cause.code);
  return status ? `服务器返回 HTTP ${status[1]}。` : cause.sentence;
}
