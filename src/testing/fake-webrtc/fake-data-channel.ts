import type { DataPacket } from "./network.ts";
import {
  failure,
  FakeEventTarget,
  fire,
  queueTask,
  type Handler,
} from "../fake-devices/fake-events.ts";

export interface ChannelOptions {
  readonly label: string;
  readonly init: RTCDataChannelInit;
  /** Sends a packet in order. `sent` is called once it has left. */
  carry(packet: DataPacket, sent?: () => void): void;
  /** Whether the remote peer announced the channel, so that it is open already. */
  readonly announced?: boolean;
}

/** The message size limit of browsers (RFC 8831, section 6.6, and `a=max-message-size`). */
const MAX_MESSAGE_BYTES = 262_144;

/** A fake `RTCDataChannel` (WebRTC 1.0, section 6.2). An open channel delivers everything in order. */
export class FakeDataChannel extends FakeEventTarget implements RTCDataChannel {
  binaryType: BinaryType = "arraybuffer";
  bufferedAmountLowThreshold = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onbufferedamountlow: Handler = null;
  onclosing: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  readonly label: string;
  readonly ordered: boolean;
  readonly maxPacketLifeTime: number | null;
  readonly maxRetransmits: number | null;
  readonly protocol: string;
  readonly negotiated: boolean;
  readonly #carry: ChannelOptions["carry"];
  #id: number | null;
  #state: RTCDataChannelState;
  #buffered = 0;

  constructor({ label, init, carry, announced = false }: ChannelOptions) {
    super();
    this.label = label;
    this.ordered = init.ordered ?? true;
    this.maxPacketLifeTime = init.maxPacketLifeTime ?? null;
    this.maxRetransmits = init.maxRetransmits ?? null;
    this.protocol = init.protocol ?? "";
    this.negotiated = init.negotiated ?? false;
    this.#id = init.id ?? null;
    this.#state = announced ? "open" : "connecting";
    this.#carry = carry;
  }

  get id(): number | null {
    return this.#id;
  }
  get readyState(): RTCDataChannelState {
    return this.#state;
  }
  get bufferedAmount(): number {
    return this.#buffered;
  }

  send(data: string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>): void {
    if (this.#state !== "open" || this.#id === null)
      throw failure("InvalidStateError", `The channel "${this.label}" is ${this.#state}.`);
    const size = sizeOf(data);
    if (size > MAX_MESSAGE_BYTES)
      throw new TypeError(`The message is longer than ${MAX_MESSAGE_BYTES} bytes.`);
    this.#buffered += size;
    this.#carry({ id: this.#id, what: "message", data: copyOf(data) }, () => this.#drain(size));
  }

  close(): void {
    if (this.#state === "closing" || this.#state === "closed") return;
    const wasOpen = this.#state === "open";
    this.#state = "closing";
    if (wasOpen && this.#id !== null) this.#carry({ id: this.#id, what: "close" });
    else queueTask(() => FakeDataChannel.end(this));
  }

  /** For the association only: opens the channel with its id. */
  static open(channel: FakeDataChannel, id: number): void {
    if (channel.#state !== "connecting" && channel.#id === id) {
      // The remote peer announced the channel. It is open already; only the event is missing.
      if (channel.#state === "open") fire(channel, "open");
      return;
    }
    channel.#id = id;
    if (channel.#state !== "connecting") return;
    channel.#state = "open";
    const { label, ordered, protocol, maxPacketLifeTime, maxRetransmits } = channel;
    const init: RTCDataChannelInit = {
      ordered,
      protocol,
      ...(maxPacketLifeTime !== null && { maxPacketLifeTime }),
      ...(maxRetransmits !== null && { maxRetransmits }),
    };
    if (!channel.negotiated) channel.#carry({ id, what: "open", label, init });
    fire(channel, "open");
  }

  /** For the association only: receives a packet. */
  static take(channel: FakeDataChannel, { what, data, id }: DataPacket): void {
    if (what === "message") {
      if (channel.#state === "open") fire(channel, "message", { data, origin: "" });
    } else if (what === "closed") FakeDataChannel.end(channel);
    else if (channel.#state !== "closed") {
      if (channel.#state === "open") {
        channel.#state = "closing";
        fire(channel, "closing");
      }
      if (what === "close") channel.#carry({ id, what: "closed" });
      queueTask(() => FakeDataChannel.end(channel));
    }
  }

  /** For the association only: closes the channel and fires `close`. */
  static end(channel: FakeDataChannel): void {
    if (channel.#state === "closed") return;
    channel.#state = "closed";
    fire(channel, "close");
  }

  /** For the association only: closes the channel at once because its connection was closed. The event follows. */
  static abandon(channel: FakeDataChannel): void {
    if (channel.#state === "closed") return;
    channel.#state = "closed";
    queueTask(() => fire(channel, "close"));
  }

  #drain(size: number): void {
    const before = this.#buffered;
    this.#buffered -= size;
    const low = this.bufferedAmountLowThreshold;
    if (before > low && this.#buffered <= low) fire(this, "bufferedamountlow");
  }
}

type Message = string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>;

export function sizeOf(data: Message): number {
  if (typeof data === "string") return new Blob([data]).size;
  return data instanceof Blob ? data.size : data.byteLength;
}

/** A copy, so that later changes do not reach the recipient. */
function copyOf(data: Message): string | Blob | ArrayBuffer {
  if (typeof data === "string" || data instanceof Blob) return data;
  if (!ArrayBuffer.isView(data)) return data.slice(0);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
}
