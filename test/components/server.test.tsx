import type { ReactElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, it } from "vitest";
import * as twocan from "../../src/index.ts";
import { initials } from "../../src/components/video-tile/initials.ts";
import { callOf, media, participant } from "../support/fixtures.ts";

const mina = participant({ id: "mina", name: "Mina" });
const call = callOf([mina]);

const trace = call.trace;

const components: Record<string, ReactElement> = {
  AudioOutputSelect: (
    <twocan.AudioOutputSelect
      audioOutput={{
        selectedDeviceId: "",
        sinkId: "",
        options: [{ value: "", label: "System default" }],
        label: "Speaker",
        choose: () => {},
        labelProps: { htmlFor: "speaker" },
        selectProps: { id: "speaker", value: "", onChange: () => {} },
      }}
    />
  ),
  CallAnnouncer: <twocan.CallAnnouncer call={call} />,
  CallAudio: <twocan.CallAudio call={call} />,
  CallRoom: <twocan.CallRoom room="standup" />,
  CameraButton: <twocan.CameraButton media={media()} />,
  ConnectionBadge: <twocan.ConnectionBadge participant={mina} />,
  ConnectionBanner: <twocan.ConnectionBanner call={callOf([], { status: "failed" })} />,
  ControlBar: <twocan.ControlBar call={call} media={media()} />,
  DeviceSelect: <twocan.DeviceSelect media={media()} kind="audioinput" />,
  HandshakeTimeline: <twocan.HandshakeTimeline subject={{ trace }} />,
  LeaveButton: <twocan.LeaveButton call={call} />,
  LevelMeter: <twocan.LevelMeter subject={mina} />,
  MicrophoneButton: <twocan.MicrophoneButton media={media()} />,
  OneToOneLayout: <twocan.OneToOneLayout call={call} />,
  PreJoin: <twocan.PreJoin media={media()} onJoin={() => {}} />,
  ScreenShareButton: <twocan.ScreenShareButton media={media()} />,
  SpeakerLayout: <twocan.SpeakerLayout call={call} />,
  VideoGrid: <twocan.VideoGrid call={call} />,
  VideoTile: <twocan.VideoTile participant={mina} />,
};

it("covers every exported component", () => {
  const others = new Set(["CallError", "CallProvider", "MessagesProvider"]);
  const names = Object.keys(twocan).filter((name) => /^[A-Z][a-z]/.test(name));
  expect(Object.keys(components)).toEqual(names.filter((name) => !others.has(name)).toSorted());
});

it.each(Object.entries(components))("%s renders on a server", (_name, component) => {
  expect(renderToString(component)).toContain("data-twocan=");
});

it("renders the texts of the MessagesProvider", () => {
  const html = renderToString(
    <twocan.MessagesProvider messages={twocan.ko}>
      <twocan.MicrophoneButton media={media()} />
    </twocan.MessagesProvider>,
  );
  expect(html).toContain(twocan.ko.microphone.label);
  expect(html).not.toContain(twocan.en.microphone.label);
});

it("renders a name with markup as text", () => {
  const html = renderToString(
    <twocan.VideoTile participant={participant({ name: "<b>Mina</b>" })} />,
  );
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
])("abbreviates %j to its initials", (name, expected) => {
  expect(initials(name)).toBe(expected);
});
