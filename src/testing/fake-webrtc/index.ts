export type { FakeDevice } from "../fake-devices/fake-devices.ts";
export type { FakeAnswer } from "../fake-devices/fake-permissions.ts";
export type { Reach } from "./fake-candidates.ts";
export { createFakeNetwork } from "./fake-network.ts";
export type {
  FakeConnection,
  FakeNetwork,
  FakeNetworkOptions,
  FakeTarget,
} from "./fake-network.ts";
export type { FakePeer, FakePeerOptions } from "./fake-peer.ts";
