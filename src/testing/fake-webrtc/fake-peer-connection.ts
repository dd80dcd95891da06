import { assertConfiguration, withDefaults } from "./fake-configuration.ts";
import type { FakeDataChannel } from "./fake-data-channel.ts";
import { FakeSessionDescription } from "./fake-descriptions.ts";
import type { Network } from "./network.ts";
import { failure, FakeEventTarget, type Handler } from "../fake-devices/fake-events.ts";
import { textOf, type Description } from "./sdp.ts";
import { createWiring, type Wiring } from "./wiring.ts";

/** The browser that creates connections. */
export interface Host {
  readonly network: Network;
  /** The number of the browser: the last part of its address. */
  readonly number: number;
  onCreated(connection: FakePeerConnection, wiring: Wiring): void;
}

/** A fake `RTCPeerConnection` (WebRTC 1.0, section 4.4) with `bundlePolicy: "max-bundle"`. */
export class FakePeerConnection extends FakeEventTarget {
  onnegotiationneeded: Handler = null;
  onsignalingstatechange: Handler = null;
  onicecandidate: Handler = null;
  onicecandidateerror: Handler = null;
  oniceconnectionstatechange: Handler = null;
  onicegatheringstatechange: Handler = null;
  onconnectionstatechange: Handler = null;
  ondatachannel: Handler = null;
  ontrack: Handler = null;
  readonly canTrickleIceCandidates = true;
  readonly #wiring: Wiring;

  constructor({ network, number, onCreated }: Host, configuration: RTCConfiguration = {}) {
    super();
    assertConfiguration(configuration);
    this.#wiring = createWiring({ target: this, network, host: number, configuration });
    onCreated(this, this.#wiring);
  }

  get signalingState(): RTCSignalingState {
    return this.#wiring.isClosed() ? "closed" : this.#wiring.signalingState();
  }
  get iceGatheringState(): RTCIceGatheringState {
    return this.#wiring.transport.ice.gathering();
  }
  get iceConnectionState(): RTCIceConnectionState {
    return this.#wiring.transport.ice.state();
  }
  get connectionState(): RTCPeerConnectionState {
    return this.#wiring.transport.state();
  }
  get localDescription(): RTCSessionDescription | null {
    return this.pendingLocalDescription ?? this.currentLocalDescription;
  }
  get currentLocalDescription(): RTCSessionDescription | null {
    return descriptionOf(this.#wiring.negotiation.local("current"));
  }
  get pendingLocalDescription(): RTCSessionDescription | null {
    return descriptionOf(this.#wiring.negotiation.local("pending"));
  }
  get remoteDescription(): RTCSessionDescription | null {
    return this.pendingRemoteDescription ?? this.currentRemoteDescription;
  }
  get currentRemoteDescription(): RTCSessionDescription | null {
    return descriptionOf(this.#wiring.negotiation.remote("current"));
  }
  get pendingRemoteDescription(): RTCSessionDescription | null {
    return descriptionOf(this.#wiring.negotiation.remote("pending"));
  }
  get sctp(): { readonly state: RTCSctpTransportState; readonly maxMessageSize: number } | null {
    const { association } = this.#wiring.transport;
    if (!association.isWanted() || !this.#wiring.negotiation.local("current")) return null;
    return { state: association.state(), maxMessageSize: 262_144 };
  }

  getConfiguration(): RTCConfiguration {
    return withDefaults(this.#wiring.configuration);
  }
  setConfiguration(configuration: RTCConfiguration = {}): void {
    this.#assertOpen();
    assertConfiguration(configuration, this.#wiring.configuration);
    this.#wiring.configuration = configuration;
  }

  getTransceivers(): RTCRtpTransceiver[] {
    return this.#wiring.slots().map(({ transceiver }) => transceiver);
  }
  getSenders(): RTCRtpSender[] {
    return this.getTransceivers().map(({ sender }) => sender);
  }
  getReceivers(): RTCRtpReceiver[] {
    return this.getTransceivers().map(({ receiver }) => receiver);
  }

  addTransceiver(
    what: MediaStreamTrack | string,
    { direction = "sendrecv", streams = [] }: RTCRtpTransceiverInit = {},
  ): RTCRtpTransceiver {
    this.#assertOpen();
    const track = typeof what === "string" ? null : what;
    const kind = typeof what === "string" ? what : what.kind;
    if (kind !== "audio" && kind !== "video")
      throw new TypeError(`addTransceiver() takes "audio" or "video", not "${kind}".`);
    const streamIds = streams.map(({ id }) => id);
    const { transceiver } = this.#wiring.addSlot({ kind, direction, track, streamIds });
    this.#wiring.operations.check();
    return transceiver;
  }

  addTrack(track: MediaStreamTrack, ...streams: MediaStream[]): RTCRtpSender {
    this.#assertOpen();
    const slots = this.#wiring.slots();
    if (slots.some((slot) => slot.track === track))
      throw failure("InvalidAccessError", "A sender of this connection already has the track.");
    const kind = track.kind === "audio" ? "audio" : "video";
    // A transceiver that has sent media is not reused for another track.
    const slot =
      slots.find((free) => free.kind === kind && !free.track && !free.hasSent && !free.stopping) ??
      this.#wiring.addSlot({ kind, direction: "sendrecv" });
    slot.fromAddTrack = true;
    slot.streamIds = streams.map(({ id }) => id);
    slot.setTrack(track);
    if (slot.direction === "recvonly") slot.direction = "sendrecv";
    if (slot.direction === "inactive") slot.direction = "sendonly";
    this.#wiring.operations.check();
    return slot.transceiver.sender;
  }

  removeTrack(sender: RTCRtpSender): void {
    this.#assertOpen();
    const slot = this.#wiring.slots().find(({ transceiver }) => transceiver.sender === sender);
    if (!slot?.track) return;
    slot.setTrack(null);
    if (slot.direction === "sendrecv") slot.direction = "recvonly";
    if (slot.direction === "sendonly") slot.direction = "inactive";
    this.#wiring.operations.check();
  }

  createDataChannel(label: string, init: RTCDataChannelInit = {}): FakeDataChannel {
    this.#assertOpen();
    const channel = this.#wiring.transport.association.create(label, init);
    this.#wiring.operations.check();
    return channel;
  }

  async createOffer({ iceRestart = false } = {}): Promise<RTCSessionDescriptionInit> {
    const { operations, negotiation } = this.#wiring;
    return operations.chain(async () => {
      const { text } = negotiation.offer(iceRestart);
      await operations.task();
      return { type: "offer", sdp: text };
    });
  }

  async createAnswer(): Promise<RTCSessionDescriptionInit> {
    const { operations, negotiation } = this.#wiring;
    return operations.chain(async () => {
      const { text } = negotiation.answer();
      await operations.task();
      return { type: "answer", sdp: text };
    });
  }

  async setLocalDescription(given: RTCLocalSessionDescriptionInit = {}): Promise<void> {
    const { operations, negotiation, apply } = this.#wiring;
    return operations.chain(async () => {
      await operations.task();
      const next = negotiation.state() === "have-remote-offer" ? "answer" : "offer";
      apply("setLocal", { type: given.type ?? next, sdp: given.sdp ?? "" });
    });
  }

  async setRemoteDescription({ type, sdp = "" }: RTCSessionDescriptionInit): Promise<void> {
    const { operations, apply } = this.#wiring;
    return operations.chain(async () => {
      await operations.task();
      apply("setRemote", { type, sdp });
    });
  }

  async addIceCandidate(given?: RTCIceCandidateInit | null): Promise<void> {
    const { candidate = "", sdpMid = null, sdpMLineIndex = null } = given ?? {};
    if (candidate !== "" && sdpMid === null && sdpMLineIndex === null)
      throw new TypeError("A candidate needs sdpMid or sdpMLineIndex.");
    const { operations, addCandidate } = this.#wiring;
    return operations.chain(() => addCandidate(given ?? {}));
  }

  restartIce(): void {
    if (this.#wiring.isClosed()) return;
    this.#wiring.negotiation.restartIce();
    this.#wiring.operations.check();
  }

  getStats(): Promise<RTCStatsReport> {
    return this.#wiring.getStats();
  }

  close(): void {
    if (!this.#wiring.isClosed()) this.#wiring.close("closed");
  }

  #assertOpen(): void {
    if (this.#wiring.isClosed()) throw failure("InvalidStateError", "The connection is closed.");
  }
}

function descriptionOf(description: Description | null): RTCSessionDescription | null {
  if (!description) return null;
  return new FakeSessionDescription({ type: description.type, sdp: textOf(description) });
}
