/** An application that imports each entry and passes it the client library of the peer. It is type-checked and built. */
import { wsconnect } from "@nats-io/nats-core";
import type { IClientOptions, MqttClient } from "mqtt";
import { createRoot } from "react-dom/client";
import { io } from "socket.io-client";
import { CallProvider, CallRoom, useCall, useLocalMedia, VideoGrid, type Signaling } from "twocan";
import { broadcastChannelSignaling } from "twocan/broadcast-channel";
import { fallback, swappable } from "twocan/compose";
import { createCall, createRoomId } from "twocan/core";
import { manualSignaling } from "twocan/manual";
import { mqttSignaling } from "twocan/mqtt";
import { natsSignaling } from "twocan/nats";
import { socketIoSignaling } from "twocan/socket-io";
import { simulateCall } from "twocan/testing";
import { webSocketSignaling } from "twocan/websocket";
import "twocan/styles.css";

/** `connect` of mqtt is declared here, because mqtt 4 and 5 export it differently. */
declare const connect: (url: string, options: IClientOptions) => MqttClient;

const signalings: Signaling[] = [
  broadcastChannelSignaling(),
  manualSignaling(),
  mqttSignaling("ws://localhost"),
  mqttSignaling((options) => connect("ws://localhost", options)),
  natsSignaling(await wsconnect({ servers: "ws://localhost" })),
  socketIoSignaling(io("http://localhost")),
  webSocketSignaling("ws://localhost"),
];

function Page({ room }: { room: string }) {
  const media = useLocalMedia({ audio: true, video: true });
  const call = useCall({ room, media, name: "Mina" });
  return <VideoGrid call={call} />;
}

const room = createRoomId();
const signaling = swappable(fallback(signalings));
createCall({ room, signaling });
createRoot(document.body).render(
  <CallProvider signaling={signaling}>
    <CallRoom room={room} />
    <Page room={room} />
    <VideoGrid call={simulateCall().call.getSnapshot()} />
  </CallProvider>,
);
