/**
 * Owns what stands in the documents. Reading checks that something is the JSON of an object and not
 * too long; what its fields may be is checked above the adapters, once for all (`messages.ts`).
 */
import type { QueryDocumentSnapshot } from "firebase/firestore";
import {
  MAX_PEER_INFO,
  type PeerInfo,
  type SignalMessage,
} from "../../core/signaling/signaling.ts";
import { readObject } from "../../core/signaling/wire-format.ts";
import type { Backend } from "./firestore-sdk.ts";

/** A document that no client deletes expires so long after its last write. The rules allow up to 24 h. */
const LIFETIME_MS = 12 * 60 * 60 * 1_000;

/** The fields of every document: the server's time, and when the TTL policy may delete it. */
export function stamps({ sdk, clockIsWrong }: Backend) {
  const at = sdk.serverTimestamp();
  // The TTL policy may delete it during the call then, in practice hours later; presence is written again.
  return { at, expireAt: clockIsWrong ? at : new Date(Date.now() + LIFETIME_MS) };
}

/** A peer as its presence document holds it. The id is the document's own. */
export function writePeer(peer: PeerInfo): string {
  return JSON.stringify({ ...peer, id: undefined });
}

/** The peer in a presence document; undefined where it is malformed. */
export function readPeer(document: QueryDocumentSnapshot): PeerInfo | undefined {
  const info: object | undefined = readObject(document.get("info"), MAX_PEER_INFO);
  return info && { ...info, id: document.id };
}

/** The packet in a mailbox; undefined where it is malformed. */
export function readPacket(document: QueryDocumentSnapshot): SignalMessage | undefined {
  return readObject(document.get("m"));
}
