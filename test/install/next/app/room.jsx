"use client";

import { CallRoom } from "twocan";
import { webSocketSignaling } from "twocan/websocket";
import "twocan/styles.css";

const signaling = webSocketSignaling(() => `ws://${location.hostname}:8787`);

export function Room({ room }) {
  return <CallRoom room={room} signaling={signaling} />;
}
