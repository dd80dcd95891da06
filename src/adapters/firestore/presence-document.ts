import type { DocumentReference, QuerySnapshot } from "firebase/firestore";
import { toCallError } from "../../core/lib/errors.ts";
import type { AdapterContext } from "../../core/signaling/adapter.ts";
import { isDenied, refusal, type Backend } from "./firestore-sdk.ts";
import { stamps, writePeer } from "./documents.ts";
import { createBackOff } from "./watch.ts";

/** The presence document of this peer. It is written again if another client removes it. */
export interface Presence {
  /** Writes the current description. Resolves when the backend has accepted it. @throws {CallError} */
  announce(): Promise<void>;
  /** Checks that the roster contains this peer. */
  check(roster: QuerySnapshot): void;
}

/** Creates the presence; nothing is written before `announce()`. */
export function createPresence(
  backend: Backend,
  document: DocumentReference,
  context: AdapterContext,
): Presence {
  const { sdk, user, usage } = backend;
  const { signal } = context;
  const backOff = createBackOff(signal);
  // False during the first write: a document that the rules refuse is in this client's roster until
  // then, and its removal looks like a removal by another client.
  let accepted = false;

  async function announce(): Promise<void> {
    signal.throwIfAborted();
    try {
      await write();
    } catch (cause) {
      throw refusal(cause, user);
    }
    accepted = true;
  }

  /** The rules do not report what they refuse, so a refused write is repeated as if the clock were wrong. */
  async function write(): Promise<void> {
    try {
      usage.writes += 1;
      await sdk.setDoc(document, { info: writePeer(context.self), ...stamps(backend) });
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
      // While the document was missing, the rules refused packets to this peer.
      context.retransmit();
    } catch (cause) {
      if (signal.aborted) return;
      context.fail(toCallError(cause, "signaling-unavailable", NOT_ACCEPTED));
      backOff.retry(() => void announceAgain());
    }
  }

  return {
    announce,
    check(roster) {
      if (!accepted || roster.docs.some(({ id }) => id === document.id)) return;
      accepted = false;
      void announceAgain();
    },
  };
}

const NOT_ACCEPTED = "Firestore did not accept the presence of this peer. The write is retried.";
