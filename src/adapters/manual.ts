/**
 * Owns the signaling by hand: two people, no server. One invites and gets a text to hand over, by chat,
 * mail or QR code; the other takes it, and gets the answer to hand back. Everything else goes directly.
 *
 * A text holds who somebody is and their newest packet, which holds all that was said before: deflated
 * JSON in base64url, some 2,900 characters for a call (a QR code holds 2,953).
 */
import { CallError } from "../core/lib/errors.ts";
import { abortedError, abortable } from "../core/lib/abort.ts";
import {
  MAX_PACKET,
  MAX_PEER_INFO,
  type JoinOptions,
  type PeerInfo,
  type SignalMessage,
  type Signaling,
  type SignalingSession,
} from "../core/signaling/signaling.ts";
import { isRecord, packetText, readObject } from "../core/signaling/wire-format.ts";

/** Options of {@link manualSignaling}. */
export interface ManualSignalingOptions {
  /** The text of the person who invites. Without it this side is the one that does. */
  invitation?: string | undefined;
  /** After how long without anything new a text counts as complete, in ms. Default 1,000. */
  quiet?: number | undefined;
}

/** What {@link manualSignaling} returns: signaling for one call of two, operated by hand. */
export interface ManualSignaling extends Signaling {
  /**
   * The text to hand over: the invitation, or the answer to one. Waits until the call is joined and
   * the connection data are gathered. Asked again, it gives the newest.
   *
   * @throws {CallError} `aborted` when the call was left.
   */
  text(): Promise<string>;
  /**
   * Takes the text of the other person.
   *
   * @throws {CallError} `message-invalid` where it is none, or not whole.
   */
  accept(text: string): Promise<void>;
}

/** What is in a text. */
interface Note {
  peer: Record<string, unknown>;
  packet?: SignalMessage | undefined;
}

/** One's own side of the call. */
interface Stay {
  joining: JoinOptions;
  signal: AbortSignal;
  note: Note;
  changed: number;
}

/** The guest is known by this name from before anybody is: the invitation is written for it. */
const GUEST = "guest";
/** The longest text that is looked into, in bytes once inflated. */
const MAX_NOTE = 3 * (MAX_PACKET + MAX_PEER_INFO);

/**
 * Signaling without a server, for a call of two: copy and paste, or two QR codes.
 *
 * An invitation is good for one guest, and whoever holds it can answer: hand it over as you would a
 * key. Should the connection break for good, there is no way back but a new invitation.
 *
 * @throws {CallError} On joining: `message-invalid` for an invitation that is none, `signaling-denied` where
 * the same object serves another call, `unsupported`, `aborted`.
 * @example
 * // The one who invites:
 * const signaling = manualSignaling();
 * const call = createCall({ room: "us", signaling });
 * show(await signaling.text()); // and once the answer has come:
 * await signaling.accept(answer);
 * @example
 * // The guest:
 * const signaling = manualSignaling({ invitation });
 * const call = createCall({ room: "us", signaling });
 * show(await signaling.text());
 */
export function manualSignaling(options: ManualSignalingOptions = {}): ManualSignaling {
  const { invitation, quiet = 1_000 } = options;
  const isGuest = invitation !== undefined;
  let begin: (stay: Stay) => void = () => {};
  let stay = new Promise<Stay>((resolve) => (begin = resolve));
  let busy = false;
  let told: string | undefined;

  /** Both must agree on who came later and calls. It is the one who invites, whatever the clocks say. */
  function tell({ joining }: Stay, peer: Record<string, unknown>): PeerInfo {
    const seen = isGuest
      ? { ...peer, id: String(peer["id"]), joinedAt: (joining.self.joinedAt ?? 0) + 1 }
      : { ...peer, id: GUEST, joinedAt: 0 };
    const text = JSON.stringify(seen);
    if (text !== told) joining.onPeers([seen]);
    told = text;
    return seen;
  }

  async function accept(text: string): Promise<void> {
    const { peer, packet } = await readNote(text);
    const current = await stay;
    if (current.signal.aborted) throw abortedError("The call");
    const { id } = tell(current, peer);
    if (packet) current.joining.onMessage(id, packet);
  }

  function enter(joining: JoinOptions): SignalingSession {
    const scope = new AbortController();
    const { signal } = scope;
    const note: Note = { peer: { ...joining.self } };
    const own: Stay = { joining, signal, note, changed: Date.now() };
    const set = (change: Partial<Note>) => {
      if (signal.aborted) throw abortedError("The stay in the room");
      Object.assign(own.note, change);
      own.changed = Date.now();
    };
    joining.onStatus("connected");
    begin(own);
    return {
      id: isGuest ? GUEST : joining.self.id,
      responseTimeoutMs: Infinity,
      async send(_to, packet) {
        set({ packet: JSON.parse(packetText(packet)) as SignalMessage });
      },
      async update(peer) {
        set({ peer: { ...peer } });
      },
      async leave() {
        if (signal.aborted) return;
        scope.abort();
        busy = false;
        stay = new Promise((resolve) => (begin = resolve));
        told = undefined;
      },
    };
  }

  return {
    async join(joining) {
      if (joining.signal.aborted) throw abortedError("Joining");
      if (busy) throw taken();
      busy = true;
      try {
        // Looked at before anything begins, so that a bad invitation is said where it is used.
        const note = isGuest ? await abortable(joining.signal, readNote(invitation)) : undefined;
        const session = enter(joining);
        const own = await stay;
        // For the guest the host; for the host somebody to write the invitation to.
        const { id } = tell(own, note?.peer ?? {});
        if (note?.packet) joining.onMessage(id, note.packet);
        return session;
      } catch (error) {
        busy = false;
        throw error;
      }
    },
    accept,
    async text() {
      const own = await stay;
      for (;;) {
        if (own.signal.aborted) throw abortedError("The call");
        const rest = own.changed + quiet - Date.now();
        if (rest <= 0) return writeNote(own.note);
        // oxlint-disable-next-line no-await-in-loop -- until nothing has changed meanwhile
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
    const { peer, packet } = readObject(await textOf(inflated), Infinity) ?? {};
    if (isRecord(peer) && (packet === undefined || isRecord(packet))) return { peer, packet };
    throw new Error("no note");
  } catch (cause) {
    const message =
      "This is not the text of an invitation or an answer, or not all of it. Copy it again.";
    throw new CallError("message-invalid", message, { cause });
  }
}

/** The text in a stream, if it is not too long: a few bytes can be inflated to a great many. */
async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- piece by piece
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length > MAX_NOTE) {
      void reader.cancel();
      throw new Error("too long");
    }
  }
}

function taken(): CallError {
  return new CallError(
    "signaling-denied",
    "This manualSignaling() serves a call already. Make another one for another call.",
  );
}

/** Bytes as text that goes anywhere: into a chat, an address, a QR code. */
function base64url(bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes in such a text; throws where it is none. White space, as of a chat that wraps lines, does not count. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}
