/**
 * The content of the documents. Reading checks that a field is the JSON of an object and not too long;
 * the fields of that object are validated above the adapters (`protocol.ts`).
 */
import type { QueryDocumentSnapshot } from "firebase/firestore";
import {
  MAX_PEER_INFO,
  type PeerInfo,
  type SignalMessage,
} from "../../core/signaling/signaling.ts";
import { parseObject } from "../../core/signaling/adapter.ts";
import type { Backend } from "./firestore-sdk.ts";

/** A document that no client deletes expires this long after its last write. The rules allow up to 24 h. */
const LIFETIME_MS = 12 * 60 * 60 * 1_000;

/** The fields of every document: the server's time, and when the TTL policy may delete it. */
export function stamps({ sdk, clockIsWrong }: Backend) {
  const at = sdk.serverTimestamp();
  // The TTL policy may then delete it during the call, in practice hours later; presence is written again.
  return { at, expireAt: clockIsWrong ? at : new Date(Date.now() + LIFETIME_MS) };
}

/** Serializes a peer for its presence document, which has the id as its name. */
export function writePeer(peer: PeerInfo): string {
  return JSON.stringify({ ...peer, id: undefined });
}

/** Reads the peer in a presence document. Returns `undefined` if it is malformed. */
export function readPeer(document: QueryDocumentSnapshot): PeerInfo | undefined {
  const info: object | undefined = parseObject(document.get("info"), MAX_PEER_INFO);
  return info && { ...info, id: document.id };
}

/** Reads the packet in a mailbox. Returns `undefined` if it is malformed. */
export function readPacket(document: QueryDocumentSnapshot): SignalMessage | undefined {
  return parseObject(document.get("m"));
}
