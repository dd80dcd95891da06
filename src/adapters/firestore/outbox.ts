/** Owns this peer's mail: one write in flight per addressee, and only the newest packet waits for it. */
import type { CollectionReference, DocumentReference } from "firebase/firestore";
import type { SignalMessage } from "../../core/signaling/signaling.ts";
import { packetText } from "../../core/signaling/wire-format.ts";
import { refusal, refusedMail, type Backend } from "./firestore-sdk.ts";
import { stamps } from "./documents.ts";

/** The mail of one stay. */
export interface Outbox {
  send(to: string, packet: SignalMessage): Promise<void>;
  /** The mailboxes that may hold something of this peer. */
  written(): DocumentReference[];
}

/** What is under way to one addressee. */
interface Line {
  mailbox: DocumentReference;
  /** How often it was tried to write. */
  n: number;
  /** The newest packet, as JSON. */
  m: string;
  /** Whether the last try was refused by the rules. */
  refused: boolean;
  /** Settles when the next write may start. */
  idle: Promise<void>;
  /** What everybody gets whose packet waits. */
  waiting?: Promise<void> | undefined;
}

/** How long the first packet waits for a newer one, in ms: candidates follow their description at once. */
const FIRST_PAUSE = 50;
/** How long after the answer to a write the next may start, in ms. Every write saved is paid by nobody. */
const PAUSE = 250;

/** Makes the outbox of `me`. Nothing is written once `signal` is aborted. */
export function createOutbox(
  backend: Backend,
  peers: CollectionReference,
  me: string,
  signal: AbortSignal,
): Outbox {
  const { sdk, user, bill } = backend;
  const lines = new Map<string, Line>();

  function lineTo(to: string): Line {
    const mailbox = sdk.doc(peers, to, "inbox", me);
    const line = { mailbox, n: 0, m: "", refused: false, idle: pause(FIRST_PAUSE) };
    lines.set(to, line);
    return line;
  }

  async function writeNext(line: Line): Promise<void> {
    await line.idle;
    signal.throwIfAborted();
    line.waiting = undefined;
    const written = write(line);
    const rest = () => pause(PAUSE);
    line.idle = written.then(rest, rest);
    return written;
  }

  async function write(line: Line): Promise<void> {
    // A rejected write may have been applied all the same, so every try counts.
    line.n += 1;
    bill.writes += 1;
    try {
      await sdk.setDoc(line.mailbox, { n: line.n, m: line.m, ...stamps(backend) });
      line.refused = false;
    } catch (cause) {
      const error = refusal(cause, user);
      const denied = error.code === "signaling-denied";
      // Who has just left cannot be written to, and the roster may tell of it only after this. Whoever
      // sends to them again has had the time to hear of it.
      const first = denied && !line.refused;
      line.refused = denied;
      throw first ? refusedMail(cause) : error;
    }
  }

  return {
    async send(to, packet) {
      const text = packetText(packet);
      const line = lines.get(to) ?? lineTo(to);
      // A packet holds all that the one before it held, so it takes that one's place.
      line.m = text;
      line.waiting ??= writeNext(line);
      return line.waiting;
    },
    written: () => [...lines.values()].filter(({ n }) => n > 0).map(({ mailbox }) => mailbox),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
