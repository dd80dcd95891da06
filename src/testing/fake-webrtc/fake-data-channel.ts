/** Owns played data channels: one that is open delivers everything in order (WebRTC 1.0, section 6.2). */
import type { DataPacket } from "./network.ts";
import {
  failure,
  FakeEventTarget,
  fire,
  queueTask,
  type Handler,
} from "../fake-devices/fake-events.ts";

/** What a channel needs of the association that carries it. */
export interface ChannelOptions {
  readonly label: string;
  readonly init: RTCDataChannelInit;
  /** Hands a packet over, in order; `sent` is called once it has gone out. */
  carry(packet: DataPacket, sent?: () => void): void;
  /** The other side announced it, so it is open already. */
  readonly announced?: boolean;
}

/** As large as browsers take (RFC 8831, section 6.6, and `a=max-message-size`). */
const MAX_MESSAGE = 262_144;

/** Plays an `RTCDataChannel`. */
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
    if (size > MAX_MESSAGE) throw new TypeError(`A message has at most ${MAX_MESSAGE} bytes.`);
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

  /** For the association alone: it is up, and this is the channel's number. */
  static open(channel: FakeDataChannel, id: number): void {
    if (channel.#state !== "connecting" && channel.#id === id) {
      // Announced by the other side: open all along, and now said so.
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

  /** For the association alone. */
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

  /** For the association alone: closed for good, and `close` is fired. */
  static end(channel: FakeDataChannel): void {
    if (channel.#state === "closed") return;
    channel.#state = "closed";
    fire(channel, "close");
  }

  /** For the association alone: its connection was closed, so it is at once; the event follows. */
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

/** What the other side gets is its own. */
function copyOf(data: Message): string | Blob | ArrayBuffer {
  if (typeof data === "string" || data instanceof Blob) return data;
  if (!ArrayBuffer.isView(data)) return data.slice(0);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
}
