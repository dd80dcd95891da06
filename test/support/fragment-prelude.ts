// A `fragment` code block in the guides may use these names without declaring them.
import type { ReactNode } from "react";
import type { Call, LocalMedia, Participant, PeerChannel, Signaling } from "twocan";

export declare const room: string;
export declare const url: string;
export declare const uid: string;
export declare const call: Call;
export declare const media: LocalMedia;
export declare const participant: Participant;
export declare const signaling: Signaling;
export declare const channel: PeerChannel;
export declare function App(): ReactNode;
export declare function showLobby(): void;
export declare function report(error: Error): void;
