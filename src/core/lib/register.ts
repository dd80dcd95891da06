/**
 * Carries the types that an application registers, once for the whole library. Register `metadata`, and
 * `CallOptions.metadata`, `Participant.metadata` and `PeerInfo.metadata` have that type.
 *
 * @example
 * declare module "twocan" {
 *   interface Register {
 *     metadata: { role: "host" | "guest" };
 *   }
 * }
 */
export interface Register {}

/**
 * The application's data about a participant, which the others see: an object of strings, typed by
 * {@link Register}. The library checks received metadata for being strings, not for the registered type.
 *
 * @default Readonly<Record<string, string>>
 */
export type Metadata = Register extends { metadata: infer Registered }
  ? Readonly<Registered>
  : Readonly<Record<string, string>>;
