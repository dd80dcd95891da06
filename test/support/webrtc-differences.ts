import { SCENARIOS, type Report } from "./webrtc-scenarios.ts";

export type Browser = "Chromium" | "Firefox";

/** A known difference between a browser and the fake. */
export interface Difference {
  /** The description, which docs/TESTING.md repeats. */
  readonly because: string;
  /** The scenario, the heading, and the lines that the browser records there. */
  readonly shows: readonly (readonly [scenario: string, heading: string, lines: string])[];
  /** Whether the browser behaves like the fake in some runs. */
  readonly sometimes?: boolean;
}

const THREE_TRACKS = `track 0 audio muted, streams 1
track 1 video muted, streams 1
track 2 video muted, streams 1`;
const THREE_ENDED = "a track ended\na track ended\na track ended";

/** All known differences. */
export const DIFFERENCES: Readonly<Record<Browser, readonly Difference[]>> = {
  Firefox: [
    {
      because:
        "Firefox accepts `send()` on a closing channel; the specification requires an InvalidStateError.",
      shows: [["a negotiated channel", "events of a", "send after it was closed: done"]],
    },
  ],
  Chromium: [
    {
      because:
        "Chromium sets the connection state to `connecting` only after ICE is connected; the specification does with the first connectivity check.",
      shows: ["a", "b"].map((side) => [
        "connection establishment",
        `transitions of ${side}`,
        "ice: checking\nice: connected\nconnection: connecting\nconnection: connected",
      ]),
    },
    {
      because:
        "Chromium accepts the end of candidates without a remote description, and ignores a candidate with an unknown ufrag; the specification requires an InvalidStateError and an OperationError.",
      shows: [
        [
          "addIceCandidate and its errors",
          "events of b",
          `before the description: InvalidStateError
end of candidates before the description: done
signaling have-remote-offer
${THREE_TRACKS}
set remote offer: done
after the description: done
twice: done
with another ufrag: done
of an unknown section: OperationError
of a section beyond the last: OperationError
of no section: TypeError
a malformed candidate: OperationError
end of candidates as an empty candidate: done
end of candidates: done
after the end of candidates: done`,
        ],
      ],
    },
    {
      because:
        "On a rollback, Chromium fires `negotiationneeded` and ends the tracks of the offer before the state is `stable`, not after; it also fires `negotiationneeded` on the side that received the offer.",
      shows: [
        [
          "rollback of an offer",
          "events of a",
          `rollback without an offer: InvalidStateError
negotiationneeded
signaling have-local-offer
set local offer: done
negotiationneeded
signaling stable
rollback: done`,
        ],
        [
          "rollback of an offer",
          "events of b",
          `signaling have-remote-offer
${THREE_TRACKS}
set remote offer: done
${THREE_ENDED}
negotiationneeded
signaling stable
removetrack audio
removetrack video
removetrack video
rollback: done`,
        ],
        [
          "rollback of a change in a connected call",
          "events of a",
          `negotiationneeded
signaling have-local-offer
set local offer: done
negotiationneeded
signaling stable
rollback: done`,
        ],
        [
          "rollback of a change in a connected call",
          "events of b",
          `signaling have-remote-offer
track 4 audio muted, streams 0
set remote offer: done
a track ended
signaling stable
rollback: done`,
        ],
        [
          "rollback of an ICE restart",
          "events of a",
          `negotiationneeded
signaling have-local-offer
set local offer: done
negotiationneeded
signaling stable
rollback: done`,
        ],
      ],
    },
    {
      because:
        "When a connection closes, Chromium fires `closing` on the local channels and `error` on the remote ones, and sets the `mid` of the transceivers to null.",
      shows: [
        ["one side closes", "channels of a", "control closing\ncontrol close"],
        [
          "one side closes",
          "channels of b",
          "control got last words\ncontrol closing\ncontrol error\ncontrol close",
        ],
        [
          "one side closes",
          "transceivers of a",
          `null audio stopped/stopped, sends nothing, receives ended
null video stopped/stopped, sends nothing, receives ended
null video stopped/stopped, sends nothing, receives ended`,
        ],
      ],
    },
    {
      because:
        "When a transceiver is stopped, Chromium also removes its track from the stream, ends the track before the state changes, and fires `track` again on the side that stopped it.",
      shows: [
        [
          "a transceiver is stopped",
          "events of a",
          `stopped/sendrecv live
a track ended
negotiationneeded
signaling have-local-offer
removetrack video
track 2 video muted, streams 1
set local offer: done
signaling stable
removetrack video
set remote answer: done
stopped/stopped null`,
        ],
        [
          "a transceiver is stopped",
          "events of b",
          `a track ended
signaling have-remote-offer
removetrack video
set remote offer: done
signaling stable
set local answer: done`,
        ],
      ],
    },
    {
      because: "On a busy machine, Chromium may fire the first candidate before `gathering`.",
      shows: ["an ICE restart", "the first offer and answer of a call"].flatMap((scenario) =>
        ["a", "b"].flatMap(
          (side) =>
            [
              [
                scenario,
                `gathering of ${side}`,
                "candidates\ngathering\ncomplete\nend of candidates",
              ],
              [
                scenario,
                `gathering of ${side}`,
                "candidates\ngathering\ncandidates\ncomplete\nend of candidates",
              ],
            ] as const,
        ),
      ),
      sometimes: true,
    },
  ],
};

/** The number of scenarios that run concurrently, because they mostly wait. */
const AT_ONCE = 8;

/** Runs all scenarios in a browser and returns the differences from the record that are not known. */
export async function judge(
  browser: Browser,
  recorded: Readonly<Record<string, Report>>,
  play: (scenario: string) => Promise<Report>,
): Promise<string[]> {
  const problems: string[] = [];
  for (let at = 0; at < SCENARIOS.length; at += AT_ONCE) {
    const some = SCENARIOS.slice(at, at + AT_ONCE);
    const reports = await Promise.all(some.map(play));
    for (const [index, name] of some.entries()) {
      const record = recorded[name] ?? {};
      const first = disagreements(browser, name, reports[index]!, record);
      // On a busy machine one of eight concurrent runs may time out, so repeat it alone.
      if (first.length > 0)
        problems.push(...disagreements(browser, name, await play(name), record));
    }
  }
  return problems;
}

/** Includes known differences that no longer exist. */
function disagreements(
  browser: Browser,
  scenario: string,
  report: Report,
  record: Report,
): string[] {
  const headings = new Set([...Object.keys(record), ...Object.keys(report)]);
  return [...headings].flatMap((heading) => {
    const recorded = record[heading]?.join("\n") ?? "(nothing)";
    const seen = report[heading]?.join("\n") ?? "(nothing)";
    const known = DIFFERENCES[browser].flatMap(({ shows, sometimes = false }) =>
      shows
        .filter(([name, where]) => name === scenario && where === heading)
        .map(([, , lines]) => ({ lines, sometimes })),
    );
    const certain = known.some(({ sometimes }) => !sometimes);
    if (seen === recorded && certain)
      return [
        `${scenario}, ${heading}: ${browser} now matches the record. Remove the difference from the list.`,
      ];
    if (seen === recorded || known.some(({ lines }) => lines === seen)) return [];
    return [`${scenario}, ${heading}: ${browser} recorded\n${seen}\nexpected\n${recorded}`];
  });
}
