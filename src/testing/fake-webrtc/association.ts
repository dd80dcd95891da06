import { FakeDataChannel, sizeOf } from "./fake-data-channel.ts";
import type { DataPacket } from "./network.ts";
import { failure, queueTask } from "../fake-devices/fake-events.ts";

export interface AssociationOptions {
  /** Whether a packet would arrive now. */
  isOpen(): boolean;
  /** Sends a packet to the remote peer. */
  transmit(packet: DataPacket): void;
  /** The remote peer has announced a channel. */
  onChannel(channel: FakeDataChannel): void;
}

/** The SCTP association of one connection, with its data channels (RFC 8831, RFC 8832). */
export interface Association {
  /** Whether there is or was a channel, so that a description needs a section for them. */
  isWanted(): boolean;
  state(): RTCSctpTransportState;
  channels(): readonly FakeDataChannel[];
  /** The sent and received bytes. */
  traffic(): { readonly sent: number; readonly received: number };
  /** Creates a channel. @throws {TypeError | DOMException} The errors of `createDataChannel`. */
  create(label: string, init: RTCDataChannelInit): FakeDataChannel;
  /** Opens all channels once DTLS is connected. The DTLS client uses even ids. */
  start(role: "client" | "server"): void;
  take(packet: DataPacket): void;
  /** Sends the queued packets after the route was restored. */
  pump(): void;
  /** Closes all channels because the connection was closed. */
  abandon(): void;
}

/** Creates the association. Its channels are `connecting` until `start()`. */
export function createAssociation({
  isOpen,
  transmit,
  onChannel,
}: AssociationOptions): Association {
  const channels = new Set<FakeDataChannel>();
  let outbox: { packet: DataPacket; sent: (() => void) | undefined }[] = [];
  let early: DataPacket[] = [];
  let state: RTCSctpTransportState = "connecting";
  let nextId = 0;
  let isUsed = false;
  let bytesSent = 0;
  let bytesReceived = 0;

  const byId = (id: number) =>
    [...channels].find((channel) => channel.id === id && channel.readyState !== "closed");

  function carry(packet: DataPacket, sent?: () => void): void {
    outbox.push({ packet, sent });
    queueTask(pump);
  }

  /** Packets wait while the route is cut. None is lost as long as the connection lives. */
  function pump(): void {
    if (state !== "connected" || !isOpen()) return;
    const leaving = outbox;
    outbox = [];
    for (const { packet, sent } of leaving) {
      bytesSent += lengthOf(packet);
      transmit(packet);
      sent?.();
    }
  }

  function add(channel: FakeDataChannel): FakeDataChannel {
    channels.add(channel);
    channel.addEventListener("close", () => channels.delete(channel), { once: true });
    return channel;
  }

  function open(channel: FakeDataChannel): void {
    let id = channel.id;
    if (id === null) {
      while (byId(nextId)) nextId += 2;
      id = nextId;
      nextId += 2;
    }
    FakeDataChannel.open(channel, id);
  }

  function take(packet: DataPacket): void {
    if (state === "closed") return;
    bytesReceived += lengthOf(packet);
    if (packet.what === "gone") {
      for (const channel of channels) FakeDataChannel.take(channel, packet);
    } else if (state === "connecting") early.push(packet);
    else if (packet.what === "open") announce(packet);
    else {
      const channel = byId(packet.id);
      if (channel) FakeDataChannel.take(channel, packet);
    }
  }

  function announce({ id, label = "", init = {} }: DataPacket): void {
    const channel = add(
      new FakeDataChannel({ label, init: { ...init, id }, carry, announced: true }),
    );
    isUsed = true;
    onChannel(channel);
    FakeDataChannel.open(channel, id);
  }

  return {
    isWanted: () => isUsed,
    state: () => state,
    channels: () => [...channels],
    traffic: () => ({ sent: bytesSent, received: bytesReceived }),
    create(label, init) {
      const { negotiated, id, maxPacketLifeTime, maxRetransmits } = init;
      if (negotiated && (id === undefined || id === null))
        throw new TypeError("A negotiated channel needs an id.");
      if (maxPacketLifeTime !== undefined && maxRetransmits !== undefined)
        throw new TypeError("Set maxPacketLifeTime or maxRetransmits, not both.");
      const { id: _, ...announced } = init;
      if (negotiated && byId(id ?? 0))
        throw failure("OperationError", `A channel with the id ${id} already exists.`);
      const channel = add(
        new FakeDataChannel({ label, init: negotiated ? init : announced, carry }),
      );
      isUsed = true;
      if (state === "connected") queueTask(() => open(channel));
      return channel;
    },
    start(role) {
      if (state !== "connecting") return;
      state = "connected";
      nextId = role === "client" ? 0 : 1;
      for (const channel of [...channels]) open(channel);
      for (const packet of early) take(packet);
      early = [];
      pump();
    },
    take,
    pump,
    abandon() {
      state = "closed";
      outbox = [];
      for (const channel of channels) FakeDataChannel.abandon(channel);
    },
  };
}

/** The length with the header of a DATA chunk (RFC 9260, section 3.3.1). */
function lengthOf({ data }: DataPacket): number {
  return 16 + (data === undefined ? 0 : sizeOf(data));
}
