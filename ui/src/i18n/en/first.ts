// English texts for who has nothing here yet.
export const first = {
  title: "What your servers push, on your desktop",
  lines: [
    "Paste the address of a push server: ntfy, Mercure, Nchan, Home Assistant, or an SSE endpoint of your own.",
    "What it sends is shown as notifications, and kept here to be searched.",
    "When a connection is lost, Hark says why, comes back by itself, and fetches what you missed.",
  ],
  address: "https://push.example.org/topic",
  follow: "Follow",
  or: "Or look around first:",
  demo: "try the demo",
  hello: "Hello from Hark",
  sendTo: (name: string) => `Send to ${name}`,
  terminal: "Or in a terminal:",
};
