import { failure } from "../fake-devices/fake-events.ts";

/** The ICE credentials of a description (RFC 8839, section 5.4). */
export interface Credentials {
  readonly ufrag: string;
  readonly pwd: string;
}

/** A media section (RFC 9429, section 5.2.1). */
export interface Section {
  readonly kind: "audio" | "video" | "application";
  readonly mid: string;
  /** Whether the port is 0, so that the section is not used any more. */
  readonly rejected: boolean;
  readonly direction: RTCRtpTransceiverDirection;
  /** The ids of the streams that the track belongs to. */
  readonly streams: readonly string[];
  /** The id of the track. */
  readonly track: string;
}

/** The content of a description. */
export interface Session {
  readonly id: string;
  readonly version: number;
  readonly sections: readonly Section[];
  readonly credentials: Credentials;
  readonly fingerprint: string;
  readonly setup: "actpass" | "active" | "passive";
}

/** A description that was created or set: the text and its content. */
export interface Description {
  readonly type: "offer" | "answer";
  readonly text: string;
  readonly session: Session;
  /** The candidates that were added later, by the mid of their section. */
  readonly candidates: Map<string, string[]>;
}

const CODECS = {
  audio: ["111", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"],
  video: ["96 97", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli"],
} as const;

/** Creates a description, with the text that a browser would write. */
export function describe(type: Description["type"], session: Session): Description {
  const { id, version, sections } = session;
  const bundled = sections.filter(({ rejected }) => !rejected).map(({ mid }) => mid);
  const lines = [
    "v=0",
    `o=- ${id} ${version} IN IP4 127.0.0.1`,
    "s=-",
    "t=0 0",
    `a=group:${["BUNDLE", ...bundled].join(" ")}`,
    "a=extmap-allow-mixed",
    "a=msid-semantic: WMS *",
    ...sections.flatMap((section) => linesOf(section, session)),
  ];
  return { type, session, text: `${lines.join("\r\n")}\r\n`, candidates: new Map() };
}

function linesOf(section: Section, session: Session): string[] {
  const { kind, mid, rejected, direction, streams, track } = section;
  const port = rejected ? 0 : 9;
  const transport = [
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${session.credentials.ufrag}`,
    `a=ice-pwd:${session.credentials.pwd}`,
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${session.fingerprint}`,
    `a=setup:${session.setup}`,
    `a=mid:${mid}`,
  ];
  if (kind === "application")
    return [
      `m=application ${port} UDP/DTLS/SCTP webrtc-datachannel`,
      ...transport,
      "a=sctp-port:5000",
      "a=max-message-size:262144",
    ];
  const [formats, ...codecs] = CODECS[kind];
  const sends = direction === "sendrecv" || direction === "sendonly";
  const names = streams.length > 0 ? streams : ["-"];
  return [
    `m=${kind} ${port} UDP/TLS/RTP/SAVPF ${formats}`,
    ...transport,
    "a=rtcp:9 IN IP4 0.0.0.0",
    `a=${rejected ? "inactive" : direction}`,
    ...(sends && !rejected ? names.map((name) => `a=msid:${name} ${track}`) : []),
    "a=rtcp-mux",
    ...codecs,
  ];
}

/** Parses a description. @throws {DOMException} `OperationError` if it is malformed. */
export function parse(type: Description["type"], text: string): Description {
  const [head = "", ...media] = text.split(/\r?\n(?=m=)/);
  const sections = media.map((part) => sectionOf(part));
  const first = media[0] ?? "";
  const find = (name: string) => attribute(first, name) ?? attribute(head, name);
  const [ufrag, pwd, fingerprint] = [find("ice-ufrag"), find("ice-pwd"), find("fingerprint")];
  const setup = find("setup");
  if (!head.startsWith("v=0") || !ufrag || !pwd || !fingerprint)
    throw failure(
      "OperationError",
      "The description is not SDP, or has no ICE credentials or no fingerprint.",
    );
  const [, id = "", version = "0"] = /^o=\S+ (\S+) (\d+)/m.exec(head) ?? [];
  const session: Session = {
    id,
    version: Number(version),
    sections,
    credentials: { ufrag, pwd },
    fingerprint: fingerprint.replace(/^\S+ /, ""),
    setup: setup === "active" || setup === "passive" ? setup : "actpass",
  };
  const candidates = new Map(
    media.map((part, at) => [
      sections[at]?.mid ?? "",
      [...part.matchAll(/^a=(candidate:.*?)\r?$/gm)].map(([, line = ""]) => line),
    ]),
  );
  return { type, text, session, candidates };
}

function sectionOf(part: string): Section {
  const [, kind, port] = /^m=(\w+) (\d+)/.exec(part) ?? [];
  const mid = attribute(part, "mid");
  if ((kind !== "audio" && kind !== "video" && kind !== "application") || mid === undefined)
    throw failure("OperationError", "A section of the description has an unknown kind or no mid.");
  const msids = [...part.matchAll(/^a=msid:(\S+) ?(\S*)/gm)];
  return {
    kind,
    mid,
    // Firefox offers a bundled section with port 0 and `bundle-only` (RFC 9143, section 7.2.1).
    rejected: port === "0" && !/^a=bundle-only\r?$/m.test(part),
    direction: directionOf(part),
    streams: msids.flatMap(([, stream = "-"]) => (stream === "-" ? [] : [stream])),
    track: msids[0]?.[2] ?? "",
  };
}

function directionOf(part: string): RTCRtpTransceiverDirection {
  for (const direction of ["sendonly", "recvonly", "inactive"] as const)
    if (new RegExp(`^a=${direction}\\r?$`, "m").test(part)) return direction;
  return "sendrecv";
}

function attribute(part: string, name: string): string | undefined {
  return new RegExp(`^a=${name}:(.*?)\\r?$`, "m").exec(part)?.[1];
}

/** The text with the candidates that were added later. */
export function textOf({ text, session, candidates }: Description): string {
  const [head = "", ...media] = text.split(/(?<=\r?\n)(?=m=)/);
  const parts = media.map((part, at) => {
    const found = candidates.get(session.sections[at]?.mid ?? "") ?? [];
    const fresh = found.filter((line) => !part.includes(line)).map((line) => `a=${line}\r\n`);
    return part + fresh.join("");
  });
  return head + parts.join("");
}

/** The direction from the point of view of the remote peer. */
export function reversed(direction: RTCRtpTransceiverDirection): RTCRtpTransceiverDirection {
  if (direction === "sendonly") return "recvonly";
  return direction === "recvonly" ? "sendonly" : direction;
}

/** The part of a direction that the remote peer allows. */
export function narrowed(
  requested: RTCRtpTransceiverDirection,
  allowed: RTCRtpTransceiverDirection,
): RTCRtpTransceiverDirection {
  const send = sends(requested) && sends(allowed);
  const receive = receives(requested) && receives(allowed);
  if (send && receive) return "sendrecv";
  if (send) return "sendonly";
  return receive ? "recvonly" : "inactive";
}

export const sends = (direction: RTCRtpTransceiverDirection | null) =>
  direction === "sendrecv" || direction === "sendonly";
export const receives = (direction: RTCRtpTransceiverDirection | null) =>
  direction === "sendrecv" || direction === "recvonly";
