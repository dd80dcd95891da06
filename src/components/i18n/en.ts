import type { DeviceMessages, Messages } from "./messages.ts";

const deviceTexts = (label: string, name: string): DeviceMessages => ({
  label,
  turnOn: `Turn on the ${name}`,
  turnOff: `Turn off the ${name}`,
  starting: `The ${name} is starting. If the browser asks, choose “Allow”.`,
  interrupted: `The ${name} is in use elsewhere and comes back by itself.`,
  blocked: `The ${name} is blocked. Allow it in the settings of this site, then try again.`,
  missing: `No ${name} was found. Connect one, then try again.`,
  busy: `The ${name} is in use by another app. Close that app, then try again.`,
});

/** Contains the English texts, which are the default. */
export const en: Messages = {
  nameless: "Guest",
  self: (name) => `${name} (you)`,
  screenOf: (name) => `${name}: screen`,
  list: (parts) => parts.join(", "),
  people: (names, others) =>
    others > 0
      ? `${names.join(", ")} and ${others} others`
      : [names.slice(0, -1).join(", "), ...names.slice(-1)].filter(Boolean).join(" and "),
  microphoneOff: "microphone off",
  cameraOff: "camera off",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  failed: "Could not connect",
  joining: "Joining…",
  waiting: "Waiting for others to join…",
  left: "You have left the call.",
  participants: "Participants",
  playSound: "Turn on the sound",
  microphone: deviceTexts("Microphone", "microphone"),
  camera: deviceTexts("Camera", "camera"),
  screen: {
    label: "Share screen",
    start: "Share your screen",
    stop: "Stop sharing your screen",
    starting: "Choose what to share.",
    blocked:
      "This browser may not record the screen. Allow it in the settings of the system, then restart the browser.",
    framed: "This page may not share the screen here. Open the call in a separate tab.",
    missing: "There is no screen or window to share.",
    failed: "This screen or window could not be shared. Try again, or choose another one.",
    unsupported: "This browser cannot share the screen. Use a browser on a computer.",
  },
  leave: "Leave the call",
  leaving: "Leaving…",
  videoTile: { fair: "unstable connection", poor: "poor connection" },
  videoGrid: {
    pages: "Pages of participants",
    page: (page, pages) => `Page ${page} of ${pages}`,
    previous: "Previous page",
    next: "Next page",
  },
  banner: {
    offline: "You are offline. The call comes back with your network.",
    reconnecting: "The connection was lost. Reconnecting…",
    reconnectingTo: (people) => `Reconnecting to ${people}…`,
    signaling: "The call goes on, but no one can join until the call service is back.",
    unanswered: "The call service is not answering yet. Still trying…",
    unreachable: "Can’t reach the call service. Trying again…",
    retry: "Try again",
    dismiss: "Dismiss",
  },
  badge: {
    label: "Connection",
    connected: "Connected",
    quality: { good: "Good", fair: "Fair", poor: "Poor" },
    route: "Route",
    routes: { direct: "direct", stun: "direct, through STUN", relay: "relayed by TURN" },
    delay: "Delay",
    loss: "Loss",
  },
  announcer: {
    joined: (people) => `${people} joined`,
    left: (people) => `${people} left`,
    muted: (people) => `${people} muted`,
    unmuted: (people) => `${people} unmuted`,
    sharing: (people) => `Screen shared by ${people}`,
    sharingEnded: (people) => `Screen no longer shared by ${people}`,
    recovered: "Connected again",
  },
  timeline: {
    title: "How this connection is made",
    choose: "Connection with",
    caller: "Caller",
    callee: "Callee",
    otherSide: "the other side",
    names: {
      "caller-captures": "Turns on camera and microphone",
      "caller-adds-tracks": "Prepares a connection and puts sound and picture in",
      "caller-creates-offer": "Writes an offer: what it can send and receive",
      "caller-sets-local-offer": "Settles on this offer",
      "caller-gathers": "Looks for addresses where it can be reached",
      "caller-sends-offer": "Sends the offer",
      "callee-sets-remote-offer": "Takes the offer",
      "callee-adds-tracks": "Puts its own sound and picture in",
      "callee-creates-answer": "Writes an answer: what both can do",
      "callee-sets-local-answer": "Settles on this answer",
      "callee-sends-answer": "Sends the answer",
      "caller-receives-answer": "Receives the answer",
      "caller-sets-remote-answer": "Takes the answer: now both agree",
      "negotiation-asked": "Asks the caller for a new offer",
      "offer-discarded": "Both called at once: one offer is dropped",
      "rolled-back": "The change could not be agreed and is taken back",
      "ice-restarted": "Looks for a new way through the network (ICE restart)",
      rebuilt: "Replaces the connection with a new one",
    },
    round: (round) => `Round ${round}`,
    rounds: {
      first: "setting up",
      change: "changing the running call",
      restart: "finding a new way",
      rebuilt: "a new connection",
      discarded: "dropped",
    },
    offer: "offer",
    answer: "answer",
    candidates: "addresses (ICE candidates)",
    waiting: (seconds) => (seconds ? `waiting for this, ${seconds} s` : "waiting for this"),
    inferred: "done, on the other side",
    pending: "not yet",
    duration: (ms) =>
      ms < 1_000
        ? `${ms} ms`
        : ms < 60_000
          ? `${(ms / 1_000).toFixed(1)} s`
          : `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`,
    at: (duration) => `at ${duration}`,
    after: (duration) => `took ${duration}`,
    result: {
      connecting: "Both try each other’s addresses to find a way that works",
      connected: "Connected",
      direct: "Connected directly, from one to the other",
      stun: "Connected directly, with addresses that a STUN server found",
      relay: "Connected through a TURN server, which relays everything",
      failed: "No way between the two networks was found",
    },
  },
  controlBar: {
    label: "Call controls",
    microphone: "Microphone settings",
    camera: "Camera settings",
    pushToTalk: "You are on air while you hold Space",
    shortcuts: "Keys: hold Space to talk, M for the microphone, V for the camera",
  },
  audioOutputSelect: { label: "Speaker", system: "System default" },
  deviceSelect: {
    numbered: (label, number) => `${label} ${number}`,
    unknown: "Shown once access is allowed",
    none: "None found",
    choose: "Choose…",
    gone: (device) => `“${device}” was disconnected.`,
  },
  levelMeter: {
    listening: "Say something to test the microphone.",
    heard: "We can hear you.",
  },
  preJoin: {
    title: "Ready to join?",
    name: "Your name",
    idle: "So that the others see and hear you, the browser will ask for your camera and microphone. Nothing is sent before you join.",
    prompting: "Choose “Allow” in the browser’s question.",
    allow: "Allow camera and microphone",
    again: "Try again",
    voiceOnly: "You can join with your voice only.",
    listenOnly: "You can also join without them.",
    join: "Join",
    joinWithout: "Join to watch and listen",
    nameCut: "The name was too long and has been shortened.",
  },
  permissionHelp: {
    chrome:
      "In Chrome and Edge: click “View site information”, left of the address, and allow Camera and Microphone (in Edge under “Permissions for this site”).",
    firefox:
      "In Firefox: click the crossed-out camera or microphone left of the address, and remove “Blocked” with the ✕ beside it.",
    safari:
      "In Safari: choose “Settings for this website” in the Safari menu, and allow Camera and Microphone.",
    ios: "On iPhone and iPad: tap the page menu beside the address (“AA” in older versions), then “Website Settings”, and allow Camera and Microphone. In another browser than Safari: open the Settings app, choose the browser, and allow Camera and Microphone.",
    android:
      "On Android: tap the icon left of the address, then “Permissions”, and allow Camera and Microphone.",
  },
  speakerLayout: { pin: (name) => `Pin ${name}` },
  oneToOneLayout: {
    small: (name) => `Small picture: ${name}`,
    help: "Press to swap it with the large picture. Drag it, or use the arrow keys, to move it.",
  },
  callRoom: { speakerView: "Speaker view", rejoin: "Join again", again: "Try again" },
  errors: {
    "permission-denied":
      "Access is blocked. Allow the camera and the microphone in the settings of this site, then try again.",
    "permission-dismissed": "Nothing was chosen. Try again and choose “Allow”.",
    "activation-required":
      "The browser allows this only right after a click. Press the button again.",
    "device-missing": "No camera or microphone was found. Connect one, then try again.",
    "device-busy": "The device is in use by another app. Close that app, then try again.",
    "constraints-unsatisfied": "The device cannot do what was asked of it. Choose another one.",
    "insecure-context": "Calls need a secure page. Open this page over https.",
    unsupported: "This browser cannot do that. Use a recent Chrome, Edge, Firefox or Safari.",
    "signaling-unavailable":
      "The call service cannot be reached. Check the connection, then try again.",
    "signaling-denied": "The call service refused. Sign in, or ask for an invitation to this call.",
    "adapter-failed":
      "The app’s connection to the call service has a bug. Tell the people who made this app.",
    "room-full": "This call is full. Try again when someone has left.",
    "room-invalid": "This link does not lead to a call. Ask for a new link.",
    "negotiation-failed": "The call could not be set up. Leave and join again.",
    "ice-failed":
      "No connection could be made between the two networks. Try another network; the app may need a TURN server.",
    "ice-servers-invalid":
      "Calls aren't set up correctly in this app. Try again later, or tell the people who run it.",
    "message-invalid": "A message could not be understood. Reload the page on both sides.",
    "no-signaling": "No call service is set up. Give the app a signaling to use.",
    aborted: "It was stopped before it was done. Try again.",
  },
};
