/** The voices of a call: on which speaker they play, and in whose markup. */
import { act, cleanup, configure, render, screen, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { AudioOutlet, useAudioOutlet, type Call } from "../../../src/index.ts";
import { callOf, participant } from "../../support/fits.ts";

configure({ asyncUtilTimeout: 15_000 });
const endings: (() => void)[] = [];
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  for (const end of endings.splice(0)) end();
});

function voice(): MediaStream {
  const audio = new AudioContext();
  endings.push(() => void audio.close());
  const output = audio.createMediaStreamDestination();
  const tone = audio.createOscillator();
  tone.connect(output);
  tone.start();
  return output.stream;
}

const show = (call: Call, sinkId?: string) => (
  <StrictMode>
    <AudioOutlet call={call} {...(sinkId !== undefined && { sinkId })} />
  </StrictMode>
);
const audios = () => [...document.querySelectorAll("audio")];

describe("the voices", () => {
  it("play on the speaker that was chosen, those who join later too", async () => {
    const chosen = vi.spyOn(HTMLMediaElement.prototype, "setSinkId").mockResolvedValue();
    const [mina, tom] = ["mina", "tom"].map((id) => participant({ id, stream: voice() }));
    const { rerender } = render(show(callOf([mina!])));
    await waitFor(() => expect(audios()[0]?.paused).toBe(false));
    expect(chosen).not.toHaveBeenCalled();

    rerender(show(callOf([mina!]), "headphones"));
    expect(chosen.mock.contexts[0]).toBe(audios()[0]);
    expect(chosen).toHaveBeenLastCalledWith("headphones");
    rerender(show(callOf([mina!, tom!]), "headphones"));
    expect(chosen.mock.contexts.includes(audios()[1])).toBe(true);
    expect(chosen.mock.calls.every(([id]) => id === "headphones")).toBe(true);
  });

  it("play on where they did, when the chosen speaker is gone", async () => {
    const refused = vi
      .spyOn(HTMLMediaElement.prototype, "setSinkId")
      .mockRejectedValue(new DOMException("Gone.", "NotFoundError"));
    render(show(callOf([participant({ stream: voice() })]), "gone"));
    expect(refused).toHaveBeenCalled();
    await waitFor(() => expect(audios()[0]?.paused).toBe(false));
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("go on in the same element when a connection is made anew", async () => {
    const [first, second] = [voice(), voice()];
    const { rerender } = render(show(callOf([participant({ stream: first })])));
    const [audio] = audios();
    await waitFor(() => expect(audio?.paused).toBe(false));
    rerender(show(callOf([participant({ stream: undefined })])));
    expect(audio?.srcObject).toBeNull();
    rerender(show(callOf([participant({ stream: second })])));
    expect(audio?.srcObject).toBe(second);
    await waitFor(() => expect(audio?.paused).toBe(false));
    expect(audios()).toHaveLength(1);
    expect(audios()[0]).toBe(audio);
  });

  it("can be played with markup of one's own, which says when a click is wanted", async () => {
    const play = vi
      .spyOn(HTMLMediaElement.prototype, "play")
      .mockRejectedValue(new DOMException("Not before a click.", "NotAllowedError"));
    function Mine({ call }: { call: Call }) {
      const { blocked, voices } = useAudioOutlet(call);
      return (
        <p>
          {blocked ? "silent" : "aloud"}
          {voices.map(({ key, participant: { name }, audioProps }) => (
            // oxlint-disable-next-line jsx-a11y/media-has-caption -- a live voice has no captions
            <audio key={key} {...audioProps} title={name} />
          ))}
        </p>
      );
    }
    render(
      <StrictMode>
        <Mine call={callOf([participant({ stream: voice() })])} />
      </StrictMode>,
    );
    await screen.findByText("silent");
    play.mockRestore();
    act(() => document.body.click());
    await screen.findByText("aloud");
    expect(audios()[0]?.title).toBe("Somebody");
  });
});
