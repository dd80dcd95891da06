import type { QueryDocumentSnapshot, QuerySnapshot } from "firebase/firestore";
import type { PeerInfo } from "../../core/signaling/signaling.ts";
import { byJoinTime } from "../../core/signaling/adapter.ts";
import { readPeer } from "./documents.ts";

/** The other peers of a room, as confirmed by the backend. */
export interface Roster {
  /** Reads the presence documents of the room. */
  read(snapshot: QuerySnapshot): void;
  has(id: string): boolean;
}

/** Creates the roster without the peer `ownId`. Calls `onPeers` for the first snapshot and on each change. */
export function createRoster(
  ownId: string,
  onPeers: (peers: readonly PeerInfo[]) => void,
  onMalformed: (document: QueryDocumentSnapshot) => void,
): Roster {
  let known = new Map<string, PeerInfo>();
  let reported: string | undefined;

  function peerIn(document: QueryDocumentSnapshot): PeerInfo | undefined {
    // Written by a peer on this Firestore instance; the rules may still refuse it.
    if (document.metadata.hasPendingWrites) return known.get(document.id);
    const peer = readPeer(document);
    if (!peer) onMalformed(document);
    return peer;
  }

  return {
    read(snapshot) {
      const others = snapshot.docs.filter(({ id }) => id !== ownId);
      const peers = others.map(peerIn).filter((peer) => peer !== undefined);
      peers.sort(byJoinTime);
      known = new Map(peers.map((peer) => [peer.id, peer]));
      // Changes of metadata and of this peer's own document cause snapshots too.
      const json = JSON.stringify(peers);
      if (json === reported) return;
      reported = json;
      onPeers(peers);
    },
    has: (id) => known.has(id),
  };
}
