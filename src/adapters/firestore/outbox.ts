import type { CollectionReference, DocumentReference } from "firebase/firestore";
import { refusal, refusedMail, type Backend } from "./firestore-sdk.ts";
import { stamps } from "./documents.ts";

/** Writes the packets of one session: one write in flight per recipient, and only the newest packet waits for it. */
export interface Outbox {
  /** Resolves when the backend has accepted this packet, or a newer one that superseded it. */
  send(to: string, json: string): Promise<void>;
  /** The mailboxes that may contain a packet of this peer. */
  written(): DocumentReference[];
}

/** The writes to one recipient. */
interface Mailbox {
  document: DocumentReference;
  /** How many writes were attempted. */
  n: number;
  /** The newest packet, as JSON. */
  m: string;
  /** Whether the rules refused the last write. */
  refused: boolean;
  /** Settles when the next write may start. */
  idle: Promise<void>;
  /** The result for every packet that waits for the next write. */
  waiting?: Promise<void> | undefined;
}

/** How long the first packet waits for a newer one: candidates follow their description within ms. */
const FIRST_PAUSE_MS = 50;
/** How long after a write has settled the next one may start. Fewer writes cost less. */
const PAUSE_MS = 250;

/** Creates the outbox of the peer `ownId`. Nothing is written once `signal` is aborted. */
export function createOutbox(
  backend: Backend,
  peers: CollectionReference,
  ownId: string,
  signal: AbortSignal,
): Outbox {
  const { sdk, user, usage } = backend;
  const mailboxes = new Map<string, Mailbox>();

  function mailboxOf(to: string): Mailbox {
    const document = sdk.doc(peers, to, "inbox", ownId);
    const mailbox = { document, n: 0, m: "", refused: false, idle: pause(FIRST_PAUSE_MS) };
    mailboxes.set(to, mailbox);
    return mailbox;
  }

  async function writeNext(mailbox: Mailbox): Promise<void> {
    await mailbox.idle;
    signal.throwIfAborted();
    mailbox.waiting = undefined;
    const written = write(mailbox);
    const rest = () => pause(PAUSE_MS);
    mailbox.idle = written.then(rest, rest);
    return written;
  }

  async function write(mailbox: Mailbox): Promise<void> {
    // A rejected write may have been applied, so every attempt counts.
    mailbox.n += 1;
    usage.writes += 1;
    try {
      await sdk.setDoc(mailbox.document, { n: mailbox.n, m: mailbox.m, ...stamps(backend) });
      mailbox.refused = false;
    } catch (cause) {
      const error = refusal(cause, user);
      const denied = error.code === "signaling-denied";
      // The rules refuse a packet to a peer that has left, and the roster may show that later than
      // this. By the next packet to that peer, it has.
      const first = denied && !mailbox.refused;
      mailbox.refused = denied;
      throw first ? refusedMail(cause) : error;
    }
  }

  return {
    async send(to, json) {
      const mailbox = mailboxes.get(to) ?? mailboxOf(to);
      // A packet contains everything the previous one contained, so it supersedes that one.
      mailbox.m = json;
      mailbox.waiting ??= writeNext(mailbox);
      return mailbox.waiting;
    },
    written: () => [...mailboxes.values()].filter(({ n }) => n > 0).map(({ document }) => document),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
