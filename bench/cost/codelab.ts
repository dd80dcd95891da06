/**
 * The baseline: the scheme of the Firebase codelab (github.com/webrtc/FirebaseRTC), reimplemented. A
 * document for each pair contains offer and answer. Each side writes each candidate to a collection
 * below that document, and listens to the collection of the other side.
 *
 * The codelab supports two participants and one negotiation. This version extends it in the same style:
 * every two participants have a document, and a new offer replaces the previous one in the document, to
 * which the callee then listens too.
 */
import {
  collection,
  doc,
  documentId,
  type DocumentReference,
  getDoc,
  getDocs,
  onSnapshot,
  type Query,
  query,
  type QuerySnapshot,
  setDoc,
  deleteDoc,
  where,
} from "firebase/firestore";
import type { Scheme } from "./page.ts";

const CALLER = "callerCandidates";
const CALLEE = "calleeCandidates";

export const codelab: Scheme = ({ firestore, video }) => {
  const operations = window.firestoreOperations!;
  const rooms = collection(firestore, "rooms");
  const pairs: Pair[] = [];
  const stops: (() => void)[] = [];
  const listenToOffers: (() => void)[] = [];
  let stream: MediaStream;
  let receivedBytes = 0;

  function listen(source: Query, onDocument: (data: Record<string, unknown>) => void): void {
    const onNext = (snapshot: QuerySnapshot) => {
      for (const { type, doc: each } of snapshot.docChanges({ includeMetadataChanges: true })) {
        if (type === "removed" || each.metadata.hasPendingWrites) continue;
        receivedBytes += JSON.stringify(each.data()).length;
        onDocument(each.data());
      }
    };
    stops.push(onSnapshot(source, { includeMetadataChanges: true }, onNext, () => undefined));
  }

  const listenToRoom = (room: DocumentReference, onDocument: Parameters<typeof listen>[1]) =>
    listen(query(rooms, where(documentId(), "==", room.id)), onDocument);

  function connect(room: DocumentReference, own: string) {
    const pc = new RTCPeerConnection({ iceServers: [] });
    for (const track of stream.getTracks()) pc.addTrack(track, stream);
    pc.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate) void setDoc(doc(collection(room, own)), candidate.toJSON());
    });
    let described = () => {};
    const description = new Promise<void>((resolve) => {
      described = resolve;
    });
    /** The codelab does not wait, and drops candidates that arrive before the description. */
    const takeCandidate = (data: object) =>
      void description.then(() => pc.addIceCandidate(data)).catch(() => undefined);
    return { pc, described, takeCandidate };
  }

  return {
    async join() {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true, video });
    },

    async create(id) {
      const room = doc(rooms, id);
      const { pc, described, takeCandidate } = connect(room, CALLER);
      let asked: RTCSessionDescriptionInit | undefined;
      async function offer(): Promise<void> {
        await pc.setLocalDescription();
        const { type, sdp } = pc.localDescription!;
        asked = { type, sdp };
        await setDoc(room, { offer: asked });
      }
      await offer();
      listenToRoom(room, ({ answer, offer: answered }) => {
        if (!answer || pc.signalingState !== "have-local-offer") return;
        if ((answered as RTCSessionDescriptionInit).sdp !== asked?.sdp) return;
        void pc.setRemoteDescription(answer as RTCSessionDescriptionInit).then(described);
      });
      listen(collection(room, CALLEE), takeCandidate);
      pairs.push({ room, pc, offer });
    },

    async enter(id) {
      const room = doc(rooms, id);
      const found = await getDoc(room);
      operations.reads += 1;
      receivedBytes += JSON.stringify(found.data()).length;
      const { pc, described, takeCandidate } = connect(room, CALLEE);
      let taken: string | undefined;
      async function answer(offer: RTCSessionDescriptionInit): Promise<void> {
        if (offer.sdp === taken) return;
        taken = offer.sdp;
        await pc.setRemoteDescription(offer);
        described();
        await pc.setLocalDescription();
        const { type, sdp } = pc.localDescription!;
        await setDoc(room, { offer, answer: { type, sdp } });
      }
      await answer(found.get("offer") as RTCSessionDescriptionInit);
      listen(collection(room, CALLER), takeCandidate);
      pairs.push({ room, pc, offer: async () => {} });
      // Not in the codelab, which has no second offer. Starts listening before one is sent.
      listenToOffers.push(() =>
        listenToRoom(room, ({ offer }) => void answer(offer as RTCSessionDescriptionInit)),
      );
    },

    connected: () => pairs.filter(({ pc }) => pc.connectionState === "connected").length,

    acts: createActs({ pairs, listenToOffers, stream: () => stream, video }),

    /** The same as the hang-up button of the codelab. Closing the tab there deletes nothing. */
    async leave() {
      for (const stop of stops) stop();
      for (const { room, pc } of pairs) {
        pc.close();
        for (const name of [CALLEE, CALLER]) {
          const { docs } = await getDocs(collection(room, name));
          operations.reads += Math.max(1, docs.length);
          await Promise.all(docs.map(({ ref }) => deleteDoc(ref)));
        }
        await deleteDoc(room);
      }
    },

    receivedBytes: () => receivedBytes,
    readsOfRules: () => 0,
    own: () => undefined,
  };
};

interface Pair {
  readonly room: DocumentReference;
  readonly pc: RTCPeerConnection;
  offer(): Promise<void>;
}

/** Creates the actions during a call. Each applies to all pairs. */
function createActs({
  pairs,
  listenToOffers,
  stream,
  video,
}: {
  pairs: readonly Pair[];
  listenToOffers: readonly (() => void)[];
  stream: () => MediaStream;
  video: MediaTrackConstraints;
}): ReturnType<Scheme>["acts"] {
  let screen: MediaStreamTrack | undefined;

  async function negotiate(): Promise<void> {
    for (const { offer } of pairs) await offer();
  }

  return {
    async "expect more offers"() {
      for (const begin of listenToOffers) begin();
    },
    async mute() {
      for (const track of stream().getAudioTracks()) track.enabled = false;
    },
    async unmute() {
      for (const track of stream().getAudioTracks()) track.enabled = true;
    },
    async "other camera"() {
      const other = await navigator.mediaDevices.getUserMedia({ video });
      for (const { pc } of pairs)
        for (const sender of pc.getSenders())
          if (sender.track?.kind === "video") await sender.replaceTrack(other.getVideoTracks()[0]!);
    },
    async "share a screen"() {
      [screen] = (await navigator.mediaDevices.getDisplayMedia()).getVideoTracks();
      for (const { pc } of pairs) pc.addTrack(screen!, stream());
      await negotiate();
    },
    async "stop sharing"() {
      for (const { pc } of pairs)
        for (const sender of pc.getSenders()) if (sender.track === screen) pc.removeTrack(sender);
      screen?.stop();
      await negotiate();
    },
    async renegotiate() {
      for (const { pc } of pairs) pc.addTransceiver("audio", { direction: "inactive" });
      await negotiate();
    },
    async "restart ICE"() {
      for (const { pc } of pairs) pc.restartIce();
      await negotiate();
    },
  };
}
