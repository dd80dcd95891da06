/** Owns what real browsers do otherwise than the played WebRTC, each with its reason; docs/TESTING.md lists the same. */
import { SCENARIOS, type Report } from "./webrtc-scenarios.ts";

/** The real thing. */
export type Browser = "Chromium" | "Firefox";

/** One thing that a browser does otherwise. */
export interface Difference {
  /** What it is, and what follows from it for a test; the sentence that stands in the docs. */
  readonly because: string;
  /** Where it shows: a scenario and one of its headings, with what the browser says there. */
  readonly shows: readonly (readonly [scenario: string, heading: string, lines: string])[];
  /** It is a matter of luck, so the other may be seen too. */
  readonly sometimes?: boolean;
}

const THREE_TRACKS = `track 0 audio muted, streams 1
track 1 video muted, streams 1
track 2 video muted, streams 1`;
const THREE_ENDED = "a track ended\na track ended\na track ended";

/** All that is known. */
export const DIFFERENCES: Readonly<Record<Browser, readonly Difference[]>> = {
  Firefox: [
    {
      because:
        "Firefox lets `send()` pass on a channel that is closing, where the specification has an InvalidStateError.",
      shows: [["a negotiated channel", "said of a", "send after it was closed: done"]],
    },
  ],
  Chromium: [
    {
      because:
        "Chromium says `connecting` only after ICE is connected, where the specification has it with the first check.",
      shows: ["a", "b"].map((side) => [
        "how a connection comes up",
        `way of ${side}`,
        "ice: checking\nice: connected\nconnection: connecting\nconnection: connected",
      ]),
    },
    {
      because:
        "Chromium takes the end of candidates before there is a description, and drops a candidate of an unknown generation in silence, where the specification has an InvalidStateError and an OperationError.",
      shows: [
        [
          "addIceCandidate and its errors",
          "said of b",
          `before the description: InvalidStateError
the end, before the description: done
signaling have-remote-offer
${THREE_TRACKS}
set their offer: done
in time: done
twice: done
of another generation: done
of an unknown section: OperationError
of a section beyond the last: OperationError
of no section: TypeError
no candidate at all: OperationError
the end as an empty candidate: done
the end: done
after the end: done`,
        ],
      ],
    },
    {
      because:
        "Chromium fires `negotiationneeded`, and ends the tracks of an offer that is taken back, before the state is `stable` again and not after it; and it fires `negotiationneeded` on the side whose offer it was not, too.",
      shows: [
        [
          "an offer is taken back",
          "said of a",
          `rollback of nothing: InvalidStateError
negotiationneeded
signaling have-local-offer
set own offer: done
negotiationneeded
signaling stable
rollback: done`,
        ],
        [
          "an offer is taken back",
          "said of b",
          `signaling have-remote-offer
${THREE_TRACKS}
set their offer: done
${THREE_ENDED}
negotiationneeded
signaling stable
removetrack audio
removetrack video
removetrack video
rollback: done`,
        ],
        [
          "a change is taken back in a running call",
          "said of a",
          `negotiationneeded
signaling have-local-offer
set own offer: done
negotiationneeded
signaling stable
rollback: done`,
        ],
        [
          "a change is taken back in a running call",
          "said of b",
          `signaling have-remote-offer
track 4 audio muted, streams 0
set their offer: done
a track ended
signaling stable
rollback: done`,
        ],
        [
          "an ICE restart that is taken back",
          "said of a",
          `negotiationneeded
signaling have-local-offer
set own offer: done
negotiationneeded
signaling stable
rollback: done`,
        ],
      ],
    },
    {
      because:
        "When a connection closes, Chromium fires `closing` on its own channels, an `error` on the other side's, and takes the `mid` from its transceivers.",
      shows: [
        ["one side closes", "channels of a", "control closing\ncontrol close"],
        [
          "one side closes",
          "channels of b",
          "control got last words\ncontrol closing\ncontrol error\ncontrol close",
        ],
        [
          "one side closes",
          "places of a",
          `null audio stopped/stopped, sends nothing, receives ended
null video stopped/stopped, sends nothing, receives ended
null video stopped/stopped, sends nothing, receives ended`,
        ],
      ],
    },
    {
      because:
        "When a transceiver is stopped, Chromium removes its track from the stream as well, ends it before the state changes, and fires `track` once more on the side that stopped it.",
      shows: [
        [
          "a transceiver is stopped",
          "said of a",
          `stopped/sendrecv live
a track ended
negotiationneeded
signaling have-local-offer
removetrack video
track 2 video muted, streams 1
set own offer: done
signaling stable
removetrack video
set their answer: done
stopped/stopped null`,
        ],
        [
          "a transceiver is stopped",
          "said of b",
          `a track ended
signaling have-remote-offer
removetrack video
set their offer: done
signaling stable
set own answer: done`,
        ],
      ],
    },
    {
      because: "On a busy machine, Chromium's first candidate may come before `gathering`.",
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

/** How many are played at once, because most of each is waiting. */
const AT_ONCE = 8;

/** Plays all scenarios, and says what the browser does otherwise than the record beyond what is known of it. */
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
      // On a busy machine one of eight may be late for what it waits for; alone it has to be right.
      if (first.length > 0)
        problems.push(...disagreements(browser, name, await play(name), record));
    }
  }
  return problems;
}

/** Also what is known and not so any more. */
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
      return [`${scenario}, ${heading}: ${browser} does this now, so it is no difference any more`];
    if (seen === recorded || known.some(({ lines }) => lines === seen)) return [];
    return [`${scenario}, ${heading}: ${browser} says\n${seen}\nand the record says\n${recorded}`];
  });
}
