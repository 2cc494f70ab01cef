// English texts of the window around its pages: keys, commands, and what is said of the agent.
export const shell = {
  keys: "Keys",
  keysOf: {
    pages: "Messages, connections, outages, settings",
    search: "Search messages",
    jump: "Go to a subscription, or do something",
    add: "Follow a push server",
    paste: "Follow the address that was copied",
    move: "Down and up the messages",
    delete: "Delete the message, with a while to undo it",
    close: "Close what is open",
    help: "This list",
  },
  jump: "Go to a subscription, or do something",
  nothing: "There is nothing of that name.",
  messagesOf: (name: string) => `Messages of ${name}`,
  pauseAll: "Pause all",
  resumeAll: "Resume all",
  anHour: "Silence for an hour",
  endSilence: "End the silence",
  outdated: (agent: string, window: string) =>
    `The Hark that runs is ${agent}, and this window is ${window}.`,
  restart: "Restart Hark",
  restarting: "Restarting…",
};
