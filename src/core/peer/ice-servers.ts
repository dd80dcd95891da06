/**
 * The boundary between the application's ICE servers and the connections. An application's function may
 * throw, hang or return what browsers refuse: then it is reported once, and the last servers that
 * worked (or the default) are used, because most connections need no TURN server.
 */
import { CallError } from "../lib/errors.ts";
import { after, abortable } from "../lib/abort.ts";

/**
 * Lists the public STUN servers that a call or peer uses if the application gives no `iceServers`.
 *
 * A STUN server tells a browser its public address, so that two browsers behind ordinary home routers
 * connect directly. A TURN server relays the media where the network allows no direct connection
 * (many company and mobile networks). Without a TURN server, participants in such networks fail to
 * connect, with the error code `ice-failed`.
 *
 * @example
 * const iceServers = [...DEFAULT_ICE_SERVERS, { urls: "turn:turn.example.org", username, credential }];
 */
export const DEFAULT_ICE_SERVERS: readonly RTCIceServer[] = [
  { urls: ["stun:stun.cloudflare.com:3478", "stun:stun.l.google.com:19302"] },
];

/** A list of servers, or the object around one that TURN providers such as Twilio and Cloudflare return. */
export type IceServerList =
  | readonly RTCIceServer[]
  | { readonly iceServers: RTCIceServer | readonly RTCIceServer[] };

/** STUN and TURN servers, or a function that fetches them with fresh credentials. */
export type IceServers = IceServerList | (() => IceServerList | Promise<IceServerList>);

/** Supplies the configuration of each new connection and each ICE restart. */
export interface ConfigurationSource {
  /**
   * Returns a configuration that the browser accepts. Returns no promise if the application's own
   * value is not a promise, so that a changed value is never read too early. Calls while a promise
   * is pending share it: peers that connect at the same moment cause one request.
   */
  get(): RTCConfiguration | Promise<RTCConfiguration>;
  /** Why other servers than the application's are in use; undefined while its own are. */
  error(): CallError | undefined;
}

export interface ConfigurationSourceOptions {
  /** The option that an error names. */
  name: "iceServers" | "configuration";
  /** Runs the application's function, or reads its value. May throw, reject, hang or return anything. */
  read(): unknown;
  /** The configuration apart from `iceServers`; undefined if it is unknown because `read` has failed. */
  rest(): RTCConfiguration | undefined;
  signal: AbortSignal;
  /** Called once per kind of failure, until the application's servers work again. */
  onError(error: CallError): void;
}

/** How long one request for servers may take. Then a second one starts, and the first to answer counts. */
const REQUEST_TIMEOUT_MS = 4_000;
/** The delay before the second request. */
const RETRY_DELAY_MS = 300;

/** Creates the boundary around the application's `iceServers` or `configuration`. */
export function createConfigurationSource(
  options: ConfigurationSourceOptions,
): ConfigurationSource {
  const { name, read, signal } = options;
  let known: RTCIceServer[] | undefined;
  let failure: CallError | undefined;
  let pending: Promise<RTCConfiguration> | undefined;

  function use(given: unknown): RTCIceServer[] {
    known = parseIceServers(given);
    failure = undefined;
    return known;
  }

  function fallBack(error: CallError): RTCIceServer[] {
    const reported = failure?.message === error.message;
    // The same object while the failure lasts: a peer that cannot connect gives it as its reason.
    failure = reported ? failure : error;
    if (!reported) options.onError(error);
    return known ?? [...DEFAULT_ICE_SERVERS];
  }

  function complete(iceServers: RTCIceServer[]): RTCConfiguration {
    const rest = options.rest();
    // `iceTransportPolicy: "relay"` may be in the part that is missing, so there is no safe default.
    if (!rest) throw failure as CallError;
    return { ...rest, iceServers };
  }

  /** `promise`, or a rejection after {@link REQUEST_TIMEOUT_MS}. */
  function inTime<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`No answer within ${REQUEST_TIMEOUT_MS / 1_000} s.`));
      const stop = after(signal, REQUEST_TIMEOUT_MS, late);
      abortable(signal, promise).then(resolve, reject).finally(stop);
    });
  }

  async function request(first: unknown): Promise<RTCConfiguration> {
    // An answer that arrives after its timeout is still used, now or for the next connection.
    const answers = [Promise.resolve(first).then(use)];
    let servers: RTCIceServer[] | undefined;
    while (!servers)
      try {
        servers = await inTime(Promise.any(answers));
      } catch (thrown) {
        signal.throwIfAborted();
        const cause: unknown = thrown instanceof AggregateError ? thrown.errors.at(-1) : thrown;
        if (isRefusal(cause)) servers = fallBack(cause);
        // While the failure lasts, one request is enough: each one delays a connection.
        else if (failure || answers.length > 1)
          servers = fallBack(new CallError("ice-servers-invalid", unavailable(name), { cause }));
        else answers.push(pause(signal).then(read).then(use));
      }
    return complete(servers);
  }

  return {
    get() {
      if (pending) return pending;
      let given: unknown;
      try {
        given = read();
        if (!isPromise(given)) return complete(use(given));
      } catch (error) {
        given = Promise.reject(error);
      }
      pending = request(given).finally(() => {
        pending = undefined;
      });
      return pending;
    },
    error: () => failure,
  };
}

/** The last list that the browser accepted, as JSON: a fixed list is checked once, not per connection. */
let accepted = JSON.stringify(DEFAULT_ICE_SERVERS);

/**
 * Returns the servers as a list that the browser accepts. The browser itself is asked, by a connection
 * that is closed at once: browsers differ in what they accept (Firefox refuses some ports), and a
 * connection that was never negotiated sends nothing.
 *
 * @throws {CallError} `ice-servers-invalid`, naming the entry without its credentials.
 */
export function parseIceServers(given: unknown): RTCIceServer[] {
  const { iceServers = given } = (given ?? {}) as { iceServers?: unknown };
  const list = [iceServers].flat().map(withUrls);
  const text = JSON.stringify(list);
  if (list.length === 0 || text === accepted) return list;
  const cause = refusalOf(list);
  // A browser that makes no connection at all (too many are open) does not refuse the servers.
  if (cause && !refusalOf([])) {
    const at = list.findIndex((server) => refusalOf([server]));
    throw new CallError("ice-servers-invalid", refused(at, list[at], cause));
  }
  accepted = text;
  return list;
}

/** Some providers still call it `url`, as drafts of WebRTC 1.0 did. */
function withUrls(entry: unknown): RTCIceServer {
  const { url, urls = url } = (entry ?? {}) as { url?: string; urls?: string };
  return urls === url && urls ? { ...(entry as RTCIceServer), urls } : (entry as RTCIceServer);
}

function refusalOf(iceServers: RTCIceServer[]): Error | undefined {
  try {
    new RTCPeerConnection({ iceServers }).close();
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

const isRefusal = (cause: unknown): cause is CallError =>
  CallError.is(cause) && cause.code === "ice-servers-invalid";

const isPromise = (given: unknown): given is PromiseLike<unknown> =>
  typeof (given as PromiseLike<unknown> | undefined)?.then === "function";

const pause = (signal: AbortSignal) =>
  abortable(signal, new Promise<void>((resolve) => void after(signal, RETRY_DELAY_MS, resolve)));

function refused(at: number, server: RTCIceServer | undefined, { message }: Error): string {
  const text = `The browser refuses \`iceServers[${at}]\` (${String(server?.urls ?? "no `urls`")}): ${message} Each entry needs \`urls\` that start with stun:, stuns:, turn: or turns:; with turn: and turns: also \`username\` and \`credential\`.`;
  // A URL with a user name and password in it is refused; they do not belong in a log.
  return text.replaceAll(/((?:stun|turn)s?:)[^\s,]*@/g, "$1");
}

function unavailable(name: string): string {
  return `The \`${name}\` function failed or gave no answer within ${REQUEST_TIMEOUT_MS / 1_000} s, so its last \`iceServers\` are used, or the STUN servers of DEFAULT_ICE_SERVERS. Check the request it makes: without a TURN server, many networks cannot connect.`;
}
