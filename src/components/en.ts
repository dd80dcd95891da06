/** Owns the English texts. */
import type { Messages } from "./messages.ts";

/** English. */
export const en: Messages = {
  nameless: "Guest",
  self: (name) => `${name} (you)`,
  screenOf: (name) => `${name}: screen`,
  list: (parts) => parts.join(", "),
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
  microphone: {
    label: "Microphone",
    turnOn: "Turn on the microphone",
    turnOff: "Turn off the microphone",
    starting: "The microphone is starting. If the browser asks, choose “Allow”.",
    interrupted: "The microphone is in use elsewhere and comes back by itself.",
    blocked: "The microphone is blocked. Allow it in the settings of this site, then try again.",
    missing: "No microphone was found. Connect one, then try again.",
    busy: "The microphone is in use by another app. Close that app, then try again.",
  },
  camera: {
    label: "Camera",
    turnOn: "Turn on the camera",
    turnOff: "Turn off the camera",
    starting: "The camera is starting. If the browser asks, choose “Allow”.",
    interrupted: "The camera is in use elsewhere and comes back by itself.",
    blocked: "The camera is blocked. Allow it in the settings of this site, then try again.",
    missing: "No camera was found. Connect one, then try again.",
    busy: "The camera is in use by another app. Close that app, then try again.",
  },
  screen: {
    label: "Share screen",
    start: "Share your screen",
    stop: "Stop sharing your screen",
    starting: "Choose what to share.",
    unsupported: "This browser cannot share the screen. Use a browser on a computer.",
  },
  leave: "Leave the call",
  leaving: "Leaving…",
  errors: {
    "permission-denied":
      "Access is blocked. Allow the camera and the microphone in the settings of this site, then try again.",
    "permission-dismissed": "Nothing was chosen. Try again and choose “Allow”.",
    "device-missing": "No camera or microphone was found. Connect one, then try again.",
    "device-busy": "The device is in use by another app. Close that app, then try again.",
    "constraints-unsatisfied": "The device cannot do what was asked of it. Choose another one.",
    "insecure-context": "Calls need a secure page. Open this page over https.",
    unsupported: "This browser cannot do that. Use a recent Chrome, Edge, Firefox or Safari.",
    "signaling-unavailable":
      "The call service cannot be reached. Check the connection, then try again.",
    "signaling-denied": "The call service refused. Sign in, or ask for an invitation to this call.",
    "room-full": "This call is full. Try again when somebody has left.",
    "negotiation-failed": "The call could not be set up. Leave and join again.",
    "ice-failed":
      "No connection could be made between the two networks. Try another network; the app may need a TURN server.",
    "message-invalid": "A message could not be understood. Reload the page on both sides.",
    "no-signaling": "No call service is set up. Give the app a signaling to use.",
    aborted: "It was stopped before it was done. Try again.",
  },
};
