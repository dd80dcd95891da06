import type { DeviceMessages, Messages } from "./messages.ts";

/** The particles fit device names that end in a vowel. */
const deviceTexts = (name: string): DeviceMessages => ({
  label: name,
  turnOn: `${name} 켜기`,
  turnOff: `${name} 끄기`,
  starting: `${name}를 켜는 중입니다. 브라우저가 물으면 ‘허용’을 선택하세요.`,
  interrupted: `${name}를 다른 곳에서 쓰고 있습니다. 곧 저절로 돌아옵니다.`,
  blocked: `${name}가 차단되어 있습니다. 사이트 설정에서 허용한 뒤 다시 시도하세요.`,
  missing: `${name}를 찾지 못했습니다. ${name}를 연결한 뒤 다시 시도하세요.`,
  busy: `다른 앱이 ${name}를 쓰고 있습니다. 그 앱을 닫은 뒤 다시 시도하세요.`,
});

/** Contains the Korean texts. */
export const ko: Messages = {
  nameless: "손님",
  self: (name) => `${name} (나)`,
  screenOf: (name) => `${name}: 화면`,
  list: (parts) => parts.join(", "),
  people: (names, others) => {
    const people = names.map((name) => (name.endsWith("님") ? name : `${name}님`)).join(", ");
    return others > 0 ? `${people} 외 ${others}명` : people;
  },
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
  microphone: deviceTexts("마이크"),
  camera: deviceTexts("카메라"),
  screen: {
    label: "화면 공유",
    start: "화면 공유하기",
    stop: "화면 공유 멈추기",
    starting: "공유할 화면을 선택하세요.",
    blocked:
      "이 브라우저가 화면을 녹화할 수 없습니다. 시스템 설정에서 허용한 뒤 브라우저를 다시 시작하세요.",
    framed: "이 페이지에서는 화면을 공유할 수 없습니다. 통화를 별도의 탭에서 여세요.",
    missing: "공유할 수 있는 화면이나 창이 없습니다.",
    failed: "이 화면이나 창을 공유하지 못했습니다. 다시 시도하거나 다른 것을 선택하세요.",
    unsupported: "이 브라우저에서는 화면을 공유할 수 없습니다. 컴퓨터의 브라우저를 이용하세요.",
  },
  leave: "통화 나가기",
  leaving: "나가는 중…",
  videoTile: { fair: "연결 불안정", poor: "연결 상태 나쁨" },
  videoGrid: {
    pages: "참가자 페이지",
    page: (page, pages) => `${pages}페이지 중 ${page}페이지`,
    previous: "이전 페이지",
    next: "다음 페이지",
  },
  banner: {
    offline: "인터넷에 연결되어 있지 않습니다. 인터넷이 연결되면 통화가 이어집니다.",
    reconnecting: "연결이 끊겼습니다. 다시 연결하는 중…",
    reconnectingTo: (people) => `${people}과 다시 연결하는 중…`,
    signaling: "통화는 계속되지만, 통화 서비스가 돌아올 때까지 아무도 새로 참여할 수 없습니다.",
    unanswered: "통화 서비스가 아직 응답하지 않습니다. 계속 시도하는 중…",
    unreachable: "통화 서비스에 연결할 수 없습니다. 다시 시도하는 중…",
    retry: "다시 시도",
    dismiss: "닫기",
  },
  badge: {
    label: "연결 상태",
    connected: "연결됨",
    quality: { good: "좋음", fair: "보통", poor: "나쁨" },
    route: "경로",
    routes: { direct: "직접", stun: "직접 (STUN 이용)", relay: "TURN 서버 중계" },
    delay: "지연",
    loss: "손실",
  },
  announcer: {
    joined: (people) => `${people}이 참여했습니다`,
    left: (people) => `${people}이 나갔습니다`,
    muted: (people) => `${people}이 마이크를 껐습니다`,
    unmuted: (people) => `${people}이 마이크를 켰습니다`,
    sharing: (people) => `${people}이 화면을 공유합니다`,
    sharingEnded: (people) => `${people}이 화면 공유를 멈췄습니다`,
    recovered: "다시 연결되었습니다",
  },
  timeline: {
    title: "연결이 만들어지는 과정",
    choose: "연결 상대",
    caller: "거는 쪽",
    callee: "받는 쪽",
    otherSide: "상대방",
    names: {
      "caller-captures": "카메라와 마이크를 켭니다",
      "caller-adds-tracks": "연결을 준비하고 소리와 영상을 담습니다",
      "caller-creates-offer": "무엇을 주고받을 수 있는지 제안을 씁니다",
      "caller-sets-local-offer": "이 제안을 자기 설정으로 정합니다",
      "caller-gathers": "자신에게 닿을 수 있는 주소를 찾습니다",
      "caller-sends-offer": "제안을 보냅니다",
      "callee-sets-remote-offer": "제안을 받아들입니다",
      "callee-adds-tracks": "자신의 소리와 영상을 담습니다",
      "callee-creates-answer": "둘 다 할 수 있는 것으로 응답을 씁니다",
      "callee-sets-local-answer": "이 응답을 자기 설정으로 정합니다",
      "callee-sends-answer": "응답을 보냅니다",
      "caller-receives-answer": "응답을 받습니다",
      "caller-sets-remote-answer": "응답을 받아들입니다. 이제 양쪽의 설정이 맞습니다",
      "negotiation-asked": "거는 쪽에 새 제안을 부탁합니다",
      "offer-discarded": "동시에 서로 걸어, 두 제안 가운데 하나를 버립니다",
      "rolled-back": "변경에 합의하지 못해 되돌립니다",
      "ice-restarted": "네트워크에서 새 길을 찾습니다 (ICE 재시작)",
      rebuilt: "연결을 새 연결로 바꿉니다",
    },
    round: (round) => `${round}회차`,
    rounds: {
      first: "연결 준비",
      change: "진행 중인 통화 변경",
      restart: "새 길 찾기",
      rebuilt: "새 연결",
      discarded: "버려짐",
    },
    offer: "제안",
    answer: "응답",
    candidates: "주소 (ICE 후보)",
    waiting: (seconds) => (seconds ? `${seconds}초째 기다리는 중` : "기다리는 중"),
    inferred: "상대방이 마쳤습니다",
    pending: "아직",
    duration: (ms) =>
      ms < 1_000
        ? `${ms}ms`
        : ms < 60_000
          ? `${(ms / 1_000).toFixed(1)}초`
          : `${Math.floor(ms / 60_000)}분 ${Math.floor((ms % 60_000) / 1_000)}초`,
    at: (duration) => `${duration} 시점`,
    after: (duration) => `${duration} 걸림`,
    result: {
      connecting: "서로의 주소를 시험해 통하는 길을 찾습니다",
      connected: "연결되었습니다",
      direct: "서로 직접 연결되었습니다",
      stun: "STUN 서버가 알려 준 주소로 직접 연결되었습니다",
      relay: "모든 것을 중계하는 TURN 서버를 거쳐 연결되었습니다",
      failed: "두 네트워크 사이에서 길을 찾지 못했습니다",
    },
  },
  controlBar: {
    label: "통화 조작",
    microphone: "마이크 설정",
    camera: "카메라 설정",
    pushToTalk: "스페이스 바를 누르고 있는 동안 상대에게 들립니다",
    shortcuts: "단축키: 스페이스 바를 누르고 말하기, M 마이크, V 카메라",
  },
  audioOutputSelect: { label: "스피커", system: "시스템 기본값" },
  deviceSelect: {
    numbered: (label, number) => `${label} ${number}`,
    unknown: "접근을 허용하면 표시됩니다",
    none: "찾지 못했습니다",
    choose: "선택하세요…",
    gone: (device) => `‘${device}’의 연결이 끊어졌습니다.`,
  },
  levelMeter: {
    listening: "말을 해서 마이크를 확인하세요.",
    heard: "목소리가 들립니다.",
  },
  preJoin: {
    title: "참여할 준비가 되셨나요?",
    name: "이름",
    idle: "상대가 보고 들을 수 있도록 브라우저가 카메라와 마이크 사용을 묻습니다. 참여하기 전에는 아무것도 전송되지 않습니다.",
    prompting: "브라우저가 물으면 ‘허용’을 선택하세요.",
    allow: "카메라와 마이크 허용하기",
    again: "다시 시도",
    voiceOnly: "목소리만으로 참여할 수 있습니다.",
    listenOnly: "카메라와 마이크 없이 참여할 수도 있습니다.",
    join: "참여하기",
    joinWithout: "보고 듣기만 하며 참여하기",
    nameCut: "이름이 너무 길어 줄였습니다.",
  },
  permissionHelp: {
    chrome:
      "Chrome과 Edge: 주소 왼쪽의 ‘사이트 정보 보기’ 아이콘을 누르고 카메라와 마이크를 허용하세요(Edge에서는 ‘이 사이트에 대한 권한’).",
    firefox:
      "Firefox: 주소 왼쪽의 줄이 그어진 카메라나 마이크 아이콘을 누르고 ‘차단됨’ 옆의 ✕를 누르세요.",
    safari:
      "Safari: Safari 메뉴에서 ‘이 웹 사이트에 대한 설정’을 선택하고 카메라와 마이크를 ‘허용’으로 바꾸세요.",
    ios: "iPhone과 iPad: 주소 옆의 페이지 메뉴(이전 버전에서는 ‘가가’)를 탭하고 ‘웹 사이트 설정’에서 카메라와 마이크를 ‘허용’으로 바꾸세요. Safari가 아닌 브라우저에서는 설정 앱에서 그 브라우저를 선택하고 카메라와 마이크를 켜세요.",
    android: "Android: 주소 왼쪽의 아이콘을 탭하고 ‘권한’에서 카메라와 마이크를 켜세요.",
  },
  speakerLayout: { pin: (name) => `${name} 고정하기` },
  oneToOneLayout: {
    small: (name) => `작은 화면: ${name}`,
    help: "누르면 큰 화면과 바뀝니다. 끌거나 화살표 키를 눌러 옮기세요.",
  },
  callRoom: { speakerView: "발표자 보기", rejoin: "다시 참여하기", again: "다시 시도하기" },
  errors: {
    "permission-denied":
      "접근이 차단되어 있습니다. 사이트 설정에서 카메라와 마이크를 허용한 뒤 다시 시도하세요.",
    "permission-dismissed": "선택하지 않았습니다. 다시 시도해 ‘허용’을 선택하세요.",
    "activation-required": "브라우저는 클릭한 직후에만 이 동작을 허용합니다. 버튼을 다시 누르세요.",
    "device-missing": "카메라나 마이크를 찾지 못했습니다. 기기를 연결한 뒤 다시 시도하세요.",
    "device-busy": "다른 앱이 기기를 쓰고 있습니다. 그 앱을 닫은 뒤 다시 시도하세요.",
    "constraints-unsatisfied": "이 기기로는 요청한 설정을 쓸 수 없습니다. 다른 기기를 선택하세요.",
    "insecure-context": "통화는 보안 연결에서만 됩니다. 이 페이지를 https로 여세요.",
    unsupported:
      "이 브라우저에서는 할 수 없습니다. 최신 Chrome, Edge, Firefox, Safari를 이용하세요.",
    "signaling-unavailable":
      "통화 서비스에 연결할 수 없습니다. 인터넷을 확인한 뒤 다시 시도하세요.",
    "signaling-denied": "통화 서비스가 거절했습니다. 로그인하거나 초대를 받으세요.",
    "adapter-failed":
      "앱이 통화 서비스에 연결하는 부분에 오류가 있습니다. 앱을 만든 곳에 알려 주세요.",
    "room-full": "자리가 없습니다. 누군가 나간 뒤 다시 시도하세요.",
    "room-invalid": "이 링크로는 통화에 참여할 수 없습니다. 새 링크를 요청하세요.",
    "negotiation-failed": "통화를 준비하지 못했습니다. 나갔다가 다시 참여하세요.",
    "ice-failed":
      "두 네트워크를 연결하지 못했습니다. 다른 네트워크를 이용하세요. 앱에 TURN 서버가 필요할 수 있습니다.",
    "ice-servers-invalid":
      "이 앱의 통화 설정이 올바르지 않습니다. 나중에 다시 시도하거나 앱 운영자에게 알려 주세요.",
    "message-invalid": "메시지를 이해하지 못했습니다. 양쪽 모두 페이지를 새로 고치세요.",
    "no-signaling": "통화 서비스가 설정되지 않았습니다. 앱에 시그널링을 지정하세요.",
    aborted: "끝나기 전에 멈추었습니다. 다시 시도하세요.",
  },
};
