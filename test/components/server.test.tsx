/** Every component renders where there is no browser, and says nothing that the browser would contradict. */
import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import {
  AudioOutlet,
  CameraButton,
  en,
  ko,
  LeaveButton,
  MessagesProvider,
  MicrophoneButton,
  ScreenShareButton,
  VideoGrid,
  VideoTile,
} from "../../src/index.ts";
import { initials } from "../../src/components/initials.ts";
import { callOf, media, participant } from "../support/fits.ts";

const mina = participant({ id: "mina", name: "Mina" });
const call = callOf([mina]);

const components: Record<string, ReactElement> = {
  VideoTile: <VideoTile participant={mina} />,
  VideoGrid: <VideoGrid call={call} />,
  AudioOutlet: <AudioOutlet call={call} />,
  MicrophoneButton: <MicrophoneButton media={media()} />,
  CameraButton: <CameraButton media={media()} />,
  ScreenShareButton: <ScreenShareButton media={media()} />,
  LeaveButton: <LeaveButton call={call} />,
};

it.each(Object.entries(components))("%s renders on a server", (_name, component) => {
  expect(renderToString(component)).toContain("data-twocan=");
});

it("speaks Korean where it is given Korean", () => {
  const html = renderToString(
    <MessagesProvider messages={ko}>
      <MicrophoneButton media={media()} />
    </MessagesProvider>,
  );
  expect(html).toContain(ko.microphone.label);
  expect(html).not.toContain(en.microphone.label);
});

it("shows a name with markup as text", () => {
  const html = renderToString(<VideoTile participant={participant({ name: "<b>Mina</b>" })} />);
  expect(html).not.toContain("<b>");
});

it.each([
  ["Mina", "M"],
  ["Mina van den Park", "MP"],
  ["mina (Seoul)", "MS"],
  ["김민아", "민아"],
  ["김민아".normalize("NFD"), "민아"],
  ["김철", "김철"],
  ["김 민아", "김민"],
  ["Élodie", "É"],
  ["👩‍👩‍👧 Family", "👩‍👩‍👧F"],
  ["  ", ""],
  ["--- !!", ""],
])("takes the initials of %j", (name, expected) => {
  expect(initials(name)).toBe(expected);
});
