import { parseCandidate } from "./fake-candidates.ts";

/** A fake `RTCSessionDescription`. */
export class FakeSessionDescription implements RTCSessionDescription {
  readonly type: RTCSdpType;
  readonly sdp: string;

  constructor({ type, sdp = "" }: RTCSessionDescriptionInit) {
    this.type = type;
    this.sdp = sdp;
  }

  toJSON(): RTCSessionDescriptionInit & { sdp: string } {
    return { type: this.type, sdp: this.sdp };
  }
}

/** A fake `RTCIceCandidate`. */
export class FakeIceCandidate implements RTCIceCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
  readonly usernameFragment: string | null;
  readonly component = "rtp";
  readonly protocol = "udp";
  readonly tcpType = null;
  readonly relayProtocol = null;
  readonly url = null;
  readonly foundation: string | null = null;
  readonly priority: number | null = null;
  readonly address: string | null = null;
  readonly port: number | null = null;
  readonly type: RTCIceCandidateType | null = null;
  readonly relatedAddress: string | null = null;
  readonly relatedPort: number | null = null;

  constructor(init: RTCLocalIceCandidateInit) {
    const { candidate = "", sdpMid = null, sdpMLineIndex = null, usernameFragment = null } = init;
    if (sdpMid === null && sdpMLineIndex === null)
      throw new TypeError("A candidate needs sdpMid or sdpMLineIndex.");
    this.candidate = candidate;
    this.sdpMid = sdpMid;
    this.sdpMLineIndex = sdpMLineIndex;
    this.usernameFragment = usernameFragment;
    if (candidate === "") return;
    const read = parseCandidate(candidate);
    this.usernameFragment ??= read.ufrag ?? null;
    this.foundation = read.foundation;
    this.priority = read.priority;
    this.address = read.address;
    this.port = read.port;
    this.type = read.type;
    const [, raddr, rport] = /raddr (\S+) rport (\d+)/.exec(candidate) ?? [];
    this.relatedAddress = raddr ?? null;
    this.relatedPort = rport === undefined ? null : Number(rport);
  }

  toJSON(): RTCIceCandidateInit {
    const { candidate, sdpMid, sdpMLineIndex, usernameFragment } = this;
    return { candidate, sdpMid, sdpMLineIndex, usernameFragment };
  }
}
