import { createMockUserToken } from "@firebase/util";
import { withUsage } from "twocan/compose";
import { createCall, createLocalMedia, type Signaling } from "twocan/core";
import { firestoreSignaling } from "twocan/firestore";
import type { Scheme } from "./page.ts";

export const twocan: Scheme = ({ firestore, project, name, room, video }) => {
  const recipients = new Set<string>();
  const signaling = withUsage(
    recordRecipients(firestoreSignaling({ firestore, auth: signedIn(name, project) }), recipients),
  );
  const media = createLocalMedia({ audio: true, video });
  const release = media.retain();
  const live = () => media.getSnapshot();
  const settings = () => ({ media: live(), name, iceServers: [] });
  const call = createCall({ room, signaling, autoJoin: false, ...settings() });
  media.subscribe(() => call.configure(settings()));
  const connections = () =>
    call.getSnapshot().participants.flatMap(({ connection }) => connection ?? []);

  return {
    join: () => call.getSnapshot().join(),
    connected: () =>
      call.getSnapshot().participants.filter(({ status }) => status === "connected").length,
    acts: {
      mute: () => live().microphone.toggle(),
      unmute: () => live().microphone.toggle(),
      async "other camera"() {
        const { camera } = live();
        await camera.select(camera.devices.at(-1)!.deviceId);
      },
      "share a screen": () => live().startScreenShare(),
      async "stop sharing"() {
        live().stopScreenShare();
      },
      async renegotiate() {
        for (const pc of connections()) pc.addTransceiver("audio", { direction: "inactive" });
      },
      async "restart ICE"() {
        for (const pc of connections()) pc.restartIce();
      },
    },
    async leave() {
      await call.getSnapshot().leave();
      release();
    },
    receivedBytes: () => signaling.usage().receivedBytes ?? 0,
    // With the first packet to a peer, the rules read its presence document once.
    readsOfRules: () => recipients.size,
    own: () => signaling.usage(),
  };
};

function signedIn(uid: string, project: string) {
  const getIdToken = async () => createMockUserToken({ sub: uid, user_id: uid }, project);
  return { authStateReady: async () => {}, currentUser: { uid, getIdToken } };
}

function recordRecipients(signaling: Signaling, recipients: Set<string>): Signaling {
  return {
    async join(joining) {
      const session = await signaling.join(joining);
      return {
        ...session,
        send(to, message) {
          recipients.add(to);
          return session.send(to, message);
        },
      };
    },
  };
}
