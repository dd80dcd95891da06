/** Draws one frame. `at` is the time in seconds. */
export type Drawing = (
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  at: number,
  speaking: boolean,
) => void;

const COATS = [
  "#3f6fb5",
  "#4c8a63",
  "#b0713a",
  "#7a5aa6",
  "#b25468",
  "#3b8288",
  "#6c7280",
  "#94803a",
];
const WALLS = [
  "#dbe6f4",
  "#dcece0",
  "#f2e6d8",
  "#e8e0f2",
  "#f4e0e4",
  "#d9ecee",
  "#e5e7ea",
  "#efe9d3",
];
const SKINS = ["#f0c9a6", "#c98d62", "#8a5a3c", "#e2b18c"];
const HAIRS = ["#2b211c", "#5a3a22", "#15161a", "#a9793f"];

/** Draws a person in one of eight rooms. Eight consecutive numbers give different appearances. */
export function personDrawing(look: number, room = look): Drawing {
  const pick = (colours: readonly string[], index = look) =>
    colours[Math.abs(index) % colours.length] ?? "#888";
  return (context, width, height, at, speaking) => {
    // All sizes derive from one, so that the person is not distorted in portrait format.
    const size = Math.min(height, width * 1.1);
    const x = width / 2 + Math.sin(at * 0.9 + look * 1.7) * size * 0.021;
    const y =
      height - size * 0.56 - (height - size) * 0.4 + Math.sin(at * 1.3 + look) * size * 0.008;
    const oval = (colour: string, dx: number, dy: number, rx: number, ry: number) =>
      ellipse(context, colour, x + dx * size, y + dy * size, rx * size, ry * size);
    drawRoom(context, pick(WALLS, room), width, height);
    oval(pick(COATS), 0, 0.62, 0.41, 0.42);
    context.fillStyle = pick(COATS);
    context.fillRect(x - size * 0.41, y + size * 0.62, size * 0.82, height);
    context.fillStyle = pick(SKINS);
    context.fillRect(x - size * 0.062, y + size * 0.1, size * 0.124, size * 0.16);
    oval(pick(HAIRS), 0, -0.045, 0.174, 0.195);
    oval(pick(SKINS), 0, 0, 0.148, 0.175);
    oval(pick(HAIRS), 0, -0.135, 0.142, 0.07);
    const blink = (at + look) % 4 < 0.12 ? 0.2 : 1;
    for (const side of [-1, 1]) oval("#22252b", side * 0.057, 0, 0.0125, 0.014 * blink);
    const open = speaking ? 0.35 + Math.abs(Math.sin(at * 7 + look)) * 0.9 : 0.3;
    oval("#9c4a48", 0, 0.085, 0.039, 0.018 * open);
  };
}

/** Draws a wall with a window. */
function drawRoom(
  context: CanvasRenderingContext2D,
  wall: string,
  width: number,
  height: number,
): void {
  context.fillStyle = wall;
  context.fillRect(0, 0, width, height);
  context.fillStyle = "rgb(255 255 255 / 0.55)";
  context.fillRect(width * 0.07, height * 0.1, width * 0.2, height * 0.42);
  context.fillStyle = "rgb(0 0 0 / 0.06)";
  context.fillRect(width * 0.07, height * 0.3, width * 0.2, height * 0.015);
}

/** Draws a document with text and bars that move slightly. */
export function screenDrawing(...[context, width, height, at]: Parameters<Drawing>): void {
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#2456c7";
  context.fillRect(0, 0, width, height * 0.1);
  context.fillStyle = "#1b1f27";
  context.fillRect(width * 0.08, height * 0.18, width * 0.4, height * 0.045);
  context.fillStyle = "#c5cad3";
  for (let line = 0; line < 8; line += 1) {
    const length = 0.42 - ((line * 7) % 5) * 0.03;
    context.fillRect(width * 0.08, height * (0.29 + line * 0.075), width * length, height * 0.024);
  }
  const colours = ["#8fb3ff", "#7fc29b", "#f0b37a", "#b79ae0"];
  for (const [index, value] of [0.35, 0.6, 0.45, 0.8].entries()) {
    const tall = height * 0.5 * (value + Math.sin(at + index) * 0.06);
    context.fillStyle = colours[index] ?? "#888";
    context.fillRect(width * (0.6 + index * 0.085), height * 0.86 - tall, width * 0.06, tall);
  }
}

/** Draws the black frame of a camera that is off. */
export function darkness(context: CanvasRenderingContext2D, width: number, height: number): void {
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
}

function ellipse(
  context: CanvasRenderingContext2D,
  colour: string,
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
): void {
  context.fillStyle = colour;
  context.beginPath();
  context.ellipse(x, y, radiusX, radiusY, 0, 0, Math.PI * 2);
  context.fill();
}
