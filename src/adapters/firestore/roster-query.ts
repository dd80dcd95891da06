/** Owns the list of who is in the room, as confirmed by the backend. */
import type { QueryDocumentSnapshot, QuerySnapshot } from "firebase/firestore";
import type { PeerInfo } from "../../core/signaling/signaling.ts";
import { byJoinTime } from "../../core/signaling/wire-format.ts";
import { readPeer } from "./documents.ts";

/** The others in a room. */
export interface Roster {
  /** Takes the backend's word on who is there. */
  read(snapshot: QuerySnapshot): void;
  has(id: string): boolean;
}

/** Makes the list, without `me`; `onPeers` hears of every change and of the first answer. */
export function createRoster(
  me: string,
  onPeers: (peers: readonly PeerInfo[]) => void,
  onMalformed: (document: QueryDocumentSnapshot) => void,
): Roster {
  let known = new Map<string, PeerInfo>();
  let told: string | undefined;

  function peerIn(document: QueryDocumentSnapshot): PeerInfo | undefined {
    // Written by a peer on this very Firestore instance; the rules may still refuse it.
    if (document.metadata.hasPendingWrites) return known.get(document.id);
    const peer = readPeer(document);
    if (!peer) onMalformed(document);
    return peer;
  }

  return {
    read(snapshot) {
      const others = snapshot.docs.filter(({ id }) => id !== me);
      const peers = others.map(peerIn).filter((peer) => peer !== undefined);
      peers.sort(byJoinTime);
      known = new Map(peers.map((peer) => [peer.id, peer]));
      // Snapshots also come for changes of metadata, and for one's own document.
      const now = JSON.stringify(peers);
      if (now === told) return;
      told = now;
      onPeers(peers);
    },
    has: (id) => known.has(id),
  };
}
