/**
 * Signaling by hand, between two people and without a server. The host hands over a text, by chat, mail
 * or QR code; the guest pastes it and hands back an answer. Everything else is sent over the connection.
 *
 * A text contains the description of a peer and its newest packet, which contains every message sent
 * before: deflated JSON in base64url, about 2,900 characters for a call (a QR code holds 2,953).
 */
import { abortedError } from "../core/lib/abort.ts";
import { monotonicNow } from "../core/lib/clock.ts";
import { CallError } from "../core/lib/errors.ts";
import {
  createSignaling,
  isObject,
  parseObject,
  type AdapterContext,
  type AdapterSession,
} from "../core/signaling/adapter.ts";
import {
  MAX_PACKET,
  MAX_PEER_INFO,
  type SignalMessage,
  type Signaling,
} from "../core/signaling/signaling.ts";

/** Which side of the call {@link manualSignaling} is for. */
export interface ManualSignalingOptions {
  /** The text of the host, on the guest's side. Without it, this side is the host. */
  invitation?: string | undefined;
  /**
   * A text is complete when it has not changed for this time, in ms.
   *
   * @default 1,000
   */
  quiet?: number | undefined;
}

/** Signaling for one call between two people, operated by hand; see {@link manualSignaling}. */
export interface ManualSignaling extends Signaling {
  /**
   * Returns the text to hand over: the invitation, or the answer to one. Waits until the call is joined
   * and the connection data are gathered. Called again, it returns the newest text.
   *
   * @throws {CallError} `aborted` if the call was left.
   */
  text(): Promise<string>;
  /**
   * Accepts the text of the other participant.
   *
   * @throws {CallError} `message-invalid` if it is not such a text, or incomplete; `aborted` if the call
   * was left.
   */
  accept(text: string): Promise<void>;
}

/** The content of a text. */
interface Note {
  peer: Record<string, unknown>;
  packet?: SignalMessage | undefined;
}

/** This side of the call. */
interface OwnSide {
  context: AdapterContext;
  note: Note;
  changedAt: number;
}

/** The id of the guest, known before the guest joins: the host writes its packets for it. */
const GUEST = "guest";
/** The longest text that is read, in characters once inflated. */
const MAX_NOTE = 3 * (MAX_PACKET + MAX_PEER_INFO);

/**
 * Creates signaling without a server, for a call between two people: copy and paste, or two QR codes.
 *
 * An invitation is for one guest, and anyone who has it can answer, so keep it secret. If the connection
 * fails for good, the call needs a new invitation.
 *
 * @throws {CallError} On joining: `message-invalid` for a malformed invitation, `signaling-denied` if the
 * same object is in use by another call, `unsupported`, `aborted`.
 * @example
 * // The host:
 * const signaling = manualSignaling();
 * const call = createCall({ room: "us", signaling });
 * show(await signaling.text()); // and once the answer is there:
 * await signaling.accept(answer);
 * @example
 * // The guest:
 * const signaling = manualSignaling({ invitation });
 * const call = createCall({ room: "us", signaling });
 * show(await signaling.text());
 */
export function manualSignaling(options: ManualSignalingOptions = {}): ManualSignaling {
  const { invitation, quiet = 1_000 } = options;
  let setOwnSide: (side: OwnSide) => void = () => {};
  let ownSide = new Promise<OwnSide>((resolve) => (setOwnSide = resolve));
  let inUse = false;
  let reported: string | undefined;

  /** Returns the id of the other side. Both must agree on who joined later and makes the offer. It is the host, even if the clocks differ. */
  function reportPeer({ context }: OwnSide, peer: Record<string, unknown>): string {
    const id = invitation === undefined ? GUEST : String(peer["id"]);
    const joinedAt = invitation === undefined ? 0 : (context.self.joinedAt ?? 0) + 1;
    const json = JSON.stringify({ ...peer, id, joinedAt });
    if (json !== reported) context.setPeers([{ ...peer, id, joinedAt }]);
    reported = json;
    return id;
  }

  async function join(context: AdapterContext): Promise<AdapterSession> {
    if (inUse) throw alreadyInUse();
    inUse = true;
    context.onLeave(() => {
      inUse = false;
      ownSide = new Promise((resolve) => (setOwnSide = resolve));
      reported = undefined;
    });
    const theirs = invitation === undefined ? { peer: {} } : await readNote(invitation);
    context.signal.throwIfAborted();
    const side: OwnSide = {
      context,
      note: { peer: { ...context.self } },
      changedAt: monotonicNow(),
    };
    const change = (next: Partial<Note>) => {
      Object.assign(side.note, next);
      side.changedAt = monotonicNow();
    };
    setOwnSide(side);
    const id = reportPeer(side, theirs.peer);
    if (theirs.packet) context.deliver(id, theirs.packet);
    return {
      id: invitation === undefined ? context.self.id : GUEST,
      responseTimeoutMs: Infinity,
      send: (_to, _packet, json) => change({ packet: JSON.parse(json) as SignalMessage }),
      update: (peer) => change({ peer: { ...peer } }),
    };
  }

  return {
    ...createSignaling({
      name: "manualSignaling()",
      unavailable: "The text could not be read or written. Try again.",
      join,
    }),
    async accept(text) {
      const { peer, packet } = await readNote(text);
      const side = await ownSide;
      if (side.context.signal.aborted) throw abortedError("The call");
      const id = reportPeer(side, peer);
      if (packet) side.context.deliver(id, packet);
    },
    async text() {
      const side = await ownSide;
      for (;;) {
        if (side.context.signal.aborted) throw abortedError("The call");
        const rest = side.changedAt + quiet - monotonicNow();
        if (rest <= 0) return writeNote(side.note);
        // oxlint-disable-next-line no-await-in-loop -- it may change again while this waits
        await new Promise((resolve) => {
          setTimeout(resolve, rest);
        });
      }
    },
  };
}

async function writeNote(note: Note): Promise<string> {
  const deflated = new Blob([JSON.stringify(note)])
    .stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  return base64url(new Uint8Array(await new Response(deflated).arrayBuffer()));
}

async function readNote(text: string): Promise<Note> {
  try {
    const inflated = new Blob([fromBase64url(text)])
      .stream()
      .pipeThrough(new DecompressionStream("deflate-raw"));
    const { peer, packet } = parseObject(await textOf(inflated), Infinity) ?? {};
    if (isObject(peer) && (packet === undefined || isObject(packet))) return { peer, packet };
    throw new Error("not a note");
  } catch (cause) {
    const message =
      "This is not the text of an invitation or an answer, or a part is missing. Copy it again.";
    throw new CallError("message-invalid", message, { cause });
  }
}

/** Reads a stream up to a limit, because a short text can inflate to a very long one. */
async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- chunk by chunk
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length > MAX_NOTE) {
      void reader.cancel();
      throw new Error("too long");
    }
  }
}

function alreadyInUse(): CallError {
  return new CallError(
    "signaling-denied",
    "This manualSignaling() is in use by another call. Create one for each call.",
  );
}

/** Encodes bytes as text that is safe in a chat, a URL and a QR code. */
function base64url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Decodes such a text, and throws if it is malformed. `atob` ignores white space, for example of a chat that wraps lines. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
