/** Owns this peer's presence document: that it stands, and stands again after somebody removed it. */
import type { DocumentReference, QuerySnapshot } from "firebase/firestore";
import { toCallError, type CallError } from "../../core/lib/errors.ts";
import type { PeerInfo } from "../../core/signaling/signaling.ts";
import { isDenied, refusal, type Backend } from "./firestore-sdk.ts";
import { stamps, writePeer } from "./documents.ts";
import { createBackOff } from "./watch.ts";

/** What {@link createPresence} needs. */
export interface PresenceOptions {
  backend: Backend;
  document: DocumentReference;
  self: PeerInfo;
  signal: AbortSignal;
  /** The document had been removed and was accepted again. */
  onBack(): void;
  /** It could not be written again yet; another try follows. */
  onError(error: CallError): void;
}

/** One's own presence in a room. */
export interface Presence {
  /** Resolves when the backend has accepted it. @throws {CallError} */
  announce(self?: PeerInfo): Promise<void>;
  /** Looks for itself in the backend's word on who is there. */
  check(roster: QuerySnapshot): void;
}

/** Makes the presence; nothing is written before `announce`. */
export function createPresence(options: PresenceOptions): Presence {
  const { backend, document, signal } = options;
  const { sdk, user, bill } = backend;
  const backOff = createBackOff(signal);
  let { self } = options;
  // Not while it is written for the first time: a document that the rules refuse shows in the own
  // roster and vanishes again, exactly like one that somebody else has removed.
  let standing = false;

  async function announce(next = self): Promise<void> {
    signal.throwIfAborted();
    self = next;
    try {
      await write();
    } catch (cause) {
      throw refusal(cause, user);
    }
    standing = true;
  }

  /** The rules do not say what they refuse, so a refused write is repeated as if the clock were wrong. */
  async function write(): Promise<void> {
    try {
      bill.writes += 1;
      await sdk.setDoc(document, { info: writePeer(self), ...stamps(backend) });
    } catch (cause) {
      if (!isDenied(cause) || signal.aborted) throw cause;
      backend.clockIsWrong = !backend.clockIsWrong;
      if (!backend.clockIsWrong) throw cause;
      await write();
    }
  }

  async function announceAgain(): Promise<void> {
    try {
      await announce();
      if (signal.aborted) return;
      backOff.reset();
      options.onBack();
    } catch (cause) {
      if (signal.aborted) return;
      options.onError(
        toCallError(cause, "signaling-unavailable", "The presence was not accepted."),
      );
      backOff.retry(() => void announceAgain());
    }
  }

  return {
    announce,
    check(roster) {
      if (!standing || roster.docs.some(({ id }) => id === document.id)) return;
      standing = false;
      void announceAgain();
    },
  };
}
