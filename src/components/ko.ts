/** Owns the Korean texts. */
import type { Messages } from "./messages.ts";

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
