// The page's only way out: the twelve commands of hark-window (src-tauri/src/bridge.rs).
import { Channel, invoke } from "@tauri-apps/api/core";
import type { Act, Acted, Credential, Routes } from "./api";
import type { About, Appearance, Failure, Format, Listed, Notice } from "./bridge-types";

export type { Failure, Notice };

/** Calls a route of the agent. Rejects with a [`Failure`]; see `asFailure`. */
export function call<P extends keyof Routes>(
  path: P,
  body: Routes[P]["query"],
): Promise<Routes[P]["reply"]> {
  return invoke("call", { path, body });
}

/** Hands a secret that was typed for an address to the agent, which keeps it; answers what names it in options. */
export function keepSecret(url: string, secret: string): Promise<Credential> {
  return call("/v1/secrets", { url, secret });
}

/** Hears what the agent tells, through any number of agents, as long as the page lives. */
export function subscribe(hear: (told: Notice) => void): Promise<void> {
  const page = new Channel<Notice>();
  page.onmessage = hear;
  return invoke("subscribe", { page });
}

/** Starts the agent and waits until it answers. */
export function startAgent(): Promise<void> {
  return invoke("start_agent");
}

/** Ends the agent and starts this version's. */
export function restartAgent(): Promise<void> {
  return invoke("restart_agent");
}

/** What this window is, and where its Hark keeps its files. */
export function about(): Promise<About> {
  return invoke("about");
}

/** Closes the window, which waits for the page where it is told that it closes. */
export function closeWindow(): Promise<void> {
  return invoke("close");
}

/** How the window looks and speaks; from now on so, where that is said. */
export function appearance(wanted: Appearance | null): Promise<Appearance> {
  return invoke("appearance", { wanted });
}

/** Copies the token of the relay, which the page never has. */
export function copyRelayToken(): Promise<void> {
  return invoke("copy_relay_token");
}

/** Copies the address of the relay's messages with the token that may stand in one, likewise. */
export function copyRelayAddress(): Promise<void> {
  return invoke("copy_relay_address");
}

/** Makes the tokens of the relay others. */
export async function renewRelayTokens(): Promise<void> {
  await invoke("renew_relay_token", { readOnly: false });
  await invoke("renew_relay_token", { readOnly: true });
}

/** Does something about a message: opens or copies what the agent says, or answers what is to be asked. */
export function act(asked: Act): Promise<Acted> {
  return invoke("act", { asked });
}

/** Writes what is listed to a file of the person's, in their downloads where they have such a folder; answers where. */
export function save(listed: Listed, format: Format): Promise<string> {
  return invoke("save", { listed, format });
}

/** What a rejected call carries. */
export function asFailure(error: unknown): Failure {
  if (typeof error === "object" && error !== null && "kind" in error) return error as Failure;
  return { kind: "broken", sentence: String(error) };
}
