/** Owns every text of the components, in English and in Korean. No component writes a word itself. */
import type { CallErrorCode } from "../core/errors.ts";

/** The texts of a switch for one device. */
export interface DeviceMessages {
  /** The name of the switch. It stays the same whether on or off: `aria-pressed` says which. */
  label: string;
  turnOn: string;
  turnOff: string;
  starting: string;
  /** Taken away for a while, by a phone call for instance. */
  interrupted: string;
  /** Refused by the person, the browser or the system; names the remedy. */
  blocked: string;
  missing: string;
  busy: string;
}

/** Every text of the components. To change some, spread a complete one: `{ ...en, leave: "Hang up" }`. */
export interface Messages {
  /** Somebody who gave no name. */
  nameless: string;
  /** The name on one's own tile. */
  self: (name: string) => string;
  /** The name on a shared screen. */
  screenOf: (name: string) => string;
  /** Joins what is said of a tile to one label: "Mina, microphone off". */
  list: (parts: readonly string[]) => string;
  microphoneOff: string;
  cameraOff: string;
  connecting: string;
  reconnecting: string;
  /** The connection to one person could not be made. */
  failed: string;
  joining: string;
  /** Nobody else is there yet. */
  waiting: string;
  left: string;
  /** The list of tiles, to a screen reader. */
  participants: string;
  /** On the button that starts the sound where the browser waits for a click. */
  playSound: string;
  microphone: DeviceMessages;
  camera: DeviceMessages;
  screen: { label: string; start: string; stop: string; starting: string; unsupported: string };
  leave: string;
  leaving: string;
  /** What to do about an error. */
  errors: Record<CallErrorCode, string>;
}

/** English. */
export const en: Messages = {
  nameless: "Guest",
  self: (name) => `${name} (you)`,
  screenOf: (name) => `${name}: screen`,
  list: (parts) => parts.join(", "),
  microphoneOff: "microphone off",
  cameraOff: "camera off",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  failed: "Could not connect",
  joining: "Joining…",
  waiting: "Waiting for others to join…",
  left: "You have left the call.",
  participants: "Participants",
  playSound: "Turn on the sound",
  microphone: {
    label: "Microphone",
    turnOn: "Turn on the microphone",
    turnOff: "Turn off the microphone",
    starting: "The microphone is starting. If the browser asks, choose “Allow”.",
    interrupted: "The microphone is in use elsewhere and comes back by itself.",
    blocked: "The microphone is blocked. Allow it in the settings of this site, then try again.",
    missing: "No microphone was found. Connect one, then try again.",
    busy: "The microphone is in use by another app. Close that app, then try again.",
  },
  camera: {
    label: "Camera",
    turnOn: "Turn on the camera",
    turnOff: "Turn off the camera",
    starting: "The camera is starting. If the browser asks, choose “Allow”.",
    interrupted: "The camera is in use elsewhere and comes back by itself.",
    blocked: "The camera is blocked. Allow it in the settings of this site, then try again.",
    missing: "No camera was found. Connect one, then try again.",
    busy: "The camera is in use by another app. Close that app, then try again.",
  },
  screen: {
    label: "Share screen",
    start: "Share your screen",
    stop: "Stop sharing your screen",
    starting: "Choose what to share.",
    unsupported: "This browser cannot share the screen. Use a browser on a computer.",
  },
  leave: "Leave the call",
  leaving: "Leaving…",
  errors: {
    "permission-denied":
      "Access is blocked. Allow the camera and the microphone in the settings of this site, then try again.",
    "permission-dismissed": "Nothing was chosen. Try again and choose “Allow”.",
    "device-missing": "No camera or microphone was found. Connect one, then try again.",
    "device-busy": "The device is in use by another app. Close that app, then try again.",
    "constraints-unsatisfied": "The device cannot do what was asked of it. Choose another one.",
    "insecure-context": "Calls need a secure page. Open this page over https.",
    unsupported: "This browser cannot do that. Use a recent Chrome, Edge, Firefox or Safari.",
    "signaling-unavailable":
      "The call service cannot be reached. Check the connection, then try again.",
    "signaling-denied": "The call service refused. Sign in, or ask for an invitation to this call.",
    "room-full": "This call is full. Try again when somebody has left.",
    "negotiation-failed": "The call could not be set up. Leave and join again.",
    "ice-failed":
      "No connection could be made between the two networks. Try another network; the app may need a TURN server.",
    "message-invalid": "A message could not be understood. Reload the page on both sides.",
    "no-signaling": "No call service is set up. Give the app a signaling to use.",
    aborted: "It was stopped before it was done. Try again.",
  },
};

/** Korean. */
export const ko: Messages = {
  nameless: "손님",
  self: (name) => `${name} (나)`,
  screenOf: (name) => `${name}: 화면`,
  list: (parts) => parts.join(", "),
  microphoneOff: "마이크 꺼짐",
  cameraOff: "카메라 꺼짐",
  connecting: "연결하는 중…",
  reconnecting: "다시 연결하는 중…",
  failed: "연결하지 못했습니다",
  joining: "참여하는 중…",
  waiting: "다른 사람을 기다리고 있습니다…",
  left: "통화에서 나왔습니다.",
  participants: "참가자",
  playSound: "소리 켜기",
  microphone: {
    label: "마이크",
    turnOn: "마이크 켜기",
    turnOff: "마이크 끄기",
    starting: "마이크를 켜는 중입니다. 브라우저가 물으면 ‘허용’을 선택하세요.",
    interrupted: "마이크를 다른 곳에서 쓰고 있습니다. 곧 저절로 돌아옵니다.",
    blocked: "마이크가 차단되어 있습니다. 사이트 설정에서 허용한 뒤 다시 시도하세요.",
    missing: "마이크를 찾지 못했습니다. 마이크를 연결한 뒤 다시 시도하세요.",
    busy: "다른 앱이 마이크를 쓰고 있습니다. 그 앱을 닫은 뒤 다시 시도하세요.",
  },
  camera: {
    label: "카메라",
    turnOn: "카메라 켜기",
    turnOff: "카메라 끄기",
    starting: "카메라를 켜는 중입니다. 브라우저가 물으면 ‘허용’을 선택하세요.",
    interrupted: "카메라를 다른 곳에서 쓰고 있습니다. 곧 저절로 돌아옵니다.",
    blocked: "카메라가 차단되어 있습니다. 사이트 설정에서 허용한 뒤 다시 시도하세요.",
    missing: "카메라를 찾지 못했습니다. 카메라를 연결한 뒤 다시 시도하세요.",
    busy: "다른 앱이 카메라를 쓰고 있습니다. 그 앱을 닫은 뒤 다시 시도하세요.",
  },
  screen: {
    label: "화면 공유",
    start: "화면 공유하기",
    stop: "화면 공유 멈추기",
    starting: "공유할 화면을 선택하세요.",
    unsupported: "이 브라우저에서는 화면을 공유할 수 없습니다. 컴퓨터의 브라우저를 이용하세요.",
  },
  leave: "통화 나가기",
  leaving: "나가는 중…",
  errors: {
    "permission-denied":
      "접근이 차단되어 있습니다. 사이트 설정에서 카메라와 마이크를 허용한 뒤 다시 시도하세요.",
    "permission-dismissed": "선택하지 않았습니다. 다시 시도해 ‘허용’을 선택하세요.",
    "device-missing": "카메라나 마이크를 찾지 못했습니다. 기기를 연결한 뒤 다시 시도하세요.",
    "device-busy": "다른 앱이 기기를 쓰고 있습니다. 그 앱을 닫은 뒤 다시 시도하세요.",
    "constraints-unsatisfied": "이 기기로는 요청한 설정을 쓸 수 없습니다. 다른 기기를 선택하세요.",
    "insecure-context": "통화는 보안 연결에서만 됩니다. 이 페이지를 https로 여세요.",
    unsupported:
      "이 브라우저에서는 할 수 없습니다. 최신 Chrome, Edge, Firefox, Safari를 이용하세요.",
    "signaling-unavailable":
      "통화 서비스에 연결할 수 없습니다. 인터넷을 확인한 뒤 다시 시도하세요.",
    "signaling-denied": "통화 서비스가 거절했습니다. 로그인하거나 초대를 받으세요.",
    "room-full": "자리가 없습니다. 누군가 나간 뒤 다시 시도하세요.",
    "negotiation-failed": "통화를 준비하지 못했습니다. 나갔다가 다시 참여하세요.",
    "ice-failed":
      "두 네트워크를 연결하지 못했습니다. 다른 네트워크를 이용하세요. 앱에 TURN 서버가 필요할 수 있습니다.",
    "message-invalid": "메시지를 이해하지 못했습니다. 양쪽 모두 페이지를 새로 고치세요.",
    "no-signaling": "통화 서비스가 설정되지 않았습니다. 앱에 시그널링을 지정하세요.",
    aborted: "끝나기 전에 멈추었습니다. 다시 시도하세요.",
  },
};
