import { cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  CallAudio,
  CallAnnouncer,
  CallProvider,
  CameraButton,
  ConnectionBanner,
  ControlBar,
  DeviceSelect,
  LeaveButton,
  MicrophoneButton,
  OneToOneLayout,
  PreJoin,
  ScreenShareButton,
  SpeakerLayout,
  useAnnouncements,
  useCallAudio,
  useAudioOutputSelect,
  useCallShortcuts,
  useCameraButton,
  useConnectionNotice,
  useCurrentCall,
  useCurrentMedia,
  useDeviceSelect,
  useLeaveButton,
  useMicrophoneButton,
  usePreJoin,
  useScreenShareButton,
  useSpotlight,
  useVideoGrid,
  VideoGrid,
} from "../../src/index.ts";
import { callOf, deviceControl, media, participant } from "../support/fixtures.ts";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const call = callOf([participant({ name: "Mina" })]);
const devices = media();
const below = ({ children }: { children: ReactNode }) => (
  <StrictMode>
    <CallProvider call={call} media={devices}>
      {children}
    </CallProvider>
  </StrictMode>
);
const onJoin = () => {};

describe("CallProvider", () => {
  it.each([
    ["CallAudio", <CallAudio key="" />],
    ["CallAnnouncer", <CallAnnouncer key="" />],
    ["CameraButton", <CameraButton key="" />],
    ["ConnectionBanner", <ConnectionBanner key="" />],
    ["ControlBar", <ControlBar key="" />],
    ["DeviceSelect", <DeviceSelect key="" kind="audioinput" />],
    ["LeaveButton", <LeaveButton key="" />],
    ["MicrophoneButton", <MicrophoneButton key="" />],
    ["OneToOneLayout", <OneToOneLayout key="" />],
    ["PreJoin", <PreJoin key="" onJoin={onJoin} />],
    ["ScreenShareButton", <ScreenShareButton key="" />],
    ["SpeakerLayout", <SpeakerLayout key="" />],
    ["VideoGrid", <VideoGrid key="" />],
  ])("provides call and media to %s, which throws a helpful error without them", (_name, node) => {
    const { container } = render(node, { wrapper: below });
    expect(container.querySelector("[data-twocan]")).not.toBeNull();
    vi.spyOn(console, "error").mockReturnValue();
    expect(() => render(node)).toThrow(
      /`(call|media)` is missing\. Pass it .*<CallProvider \1=\{\1\}>/,
    );
  });

  it.each<[string, () => unknown]>([
    ["useAnnouncements", () => useAnnouncements()],
    ["useCallAudio", () => useCallAudio()],
    ["useAudioOutputSelect", () => useAudioOutputSelect()],
    ["useCallShortcuts", () => useCallShortcuts()],
    ["useCameraButton", () => useCameraButton()],
    ["useConnectionNotice", () => useConnectionNotice()],
    ["useDeviceSelect", () => useDeviceSelect(undefined, "videoinput")],
    ["useLeaveButton", () => useLeaveButton()],
    ["useMicrophoneButton", () => useMicrophoneButton()],
    ["usePreJoin", () => usePreJoin({ onJoin })],
    ["useScreenShareButton", () => useScreenShareButton()],
    ["useSpotlight", () => useSpotlight()],
    ["useVideoGrid", () => useVideoGrid()],
  ])("provides call and media to %s, which throws a helpful error without them", (_name, useIt) => {
    renderHook(useIt, { wrapper: below });
    vi.spyOn(console, "error").mockReturnValue();
    expect(() => renderHook(useIt)).toThrow(/is missing\. Pass it .*<CallProvider/);
  });

  it("yields to a prop", () => {
    const muted = media({ microphone: deviceControl({ status: "off", enabled: false }) });
    const other = callOf([participant({ name: "Jun" })]);
    render(
      <>
        <MicrophoneButton media={muted} />
        <VideoGrid call={other} audio={false} />
      </>,
      { wrapper: below },
    );
    expect(screen.getByRole("button", { name: "Microphone", pressed: false })).toBeDefined();
    expect(screen.getByRole("figure", { name: "Jun" })).toBeDefined();
    expect(screen.queryByRole("figure", { name: "Mina" })).toBeNull();
  });

  it("inherits from the provider above what it does not set", () => {
    const other = callOf([]);
    const { result } = renderHook(() => [useCurrentCall(), useCurrentMedia()], {
      wrapper: ({ children }) =>
        below({ children: <CallProvider call={other}>{children}</CallProvider> }),
    });
    expect(result.current).toEqual([other, devices]);
  });

  it("provides device failures to the banner", async () => {
    render(
      <CallProvider call={call} media={media({ camera: deviceControl({ status: "blocked" }) })}>
        <ConnectionBanner />
      </CallProvider>,
    );
    await waitFor(() => expect(screen.getByText(/camera is blocked/)).toBeDefined());
  });

  it("does not render components that use only the media when the call changes", () => {
    const rendered = vi.fn<() => void>();
    const Shown = () => {
      rendered();
      return <>{useCurrentMedia().status}</>;
    };
    const shown = <Shown />;
    const page = (people: number) => (
      <CallProvider
        call={callOf(Array.from({ length: people }, () => participant()))}
        media={devices}
      >
        {shown}
      </CallProvider>
    );
    const { rerender } = render(page(1));
    rerender(page(2));
    expect(rendered).toHaveBeenCalledOnce();
  });
});
