/** Owns the moving pictures of the stories: drawn on a canvas, so that no story needs a camera or a network. */
import { useEffect, useState } from "react";

type Drawing = (
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  at: number,
) => void;

interface Picture {
  stream: MediaStream;
  /** Draws until the returned function is called; then the stream ends too. */
  hold(): () => void;
}

const SECONDS = 1_000;
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

/** As many people in front of a wall as asked for, each a little different, for as long as the story shows. */
export function usePeople(count: number): readonly MediaStream[] {
  return useDrawings(() => Array.from({ length: count }, (_, index) => person(index)));
}

/** A screen with a document on it. */
export function useScreen(): MediaStream {
  const [stream] = useDrawings(() => [screen]);
  return stream!;
}

function useDrawings(make: () => Drawing[]): readonly MediaStream[] {
  const [pictures] = useState(() => make().map((draw) => picture(draw)));
  const [streams] = useState(() => pictures.map(({ stream }) => stream));
  useEffect(() => {
    const releases = pictures.map((one) => one.hold());
    return () => {
      for (const release of releases) release();
    };
  }, [pictures]);
  return streams;
}

function picture(draw: Drawing): Picture {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 360;
  const context = canvas.getContext("2d")!;
  const stream = canvas.captureStream();
  let holders = 0;
  const paint = () => {
    draw(context, canvas.width, canvas.height, performance.now() / SECONDS);
  };
  return {
    stream,
    hold() {
      holders += 1;
      paint();
      const timer = setInterval(paint, SECONDS / 15);
      return () => {
        holders -= 1;
        clearInterval(timer);
        // StrictMode takes it again within the same task.
        setTimeout(() => {
          if (holders === 0) for (const track of stream.getTracks()) track.stop();
        });
      };
    },
  };
}

function person(index: number): Drawing {
  const pick = (colours: readonly string[]) => colours[index % colours.length]!;
  return (context, width, height, at) => {
    const sway = Math.sin(at * 0.9 + index * 1.7) * width * 0.012;
    const nod = Math.sin(at * 1.3 + index) * height * 0.008;
    const x = width / 2 + sway;
    const y = height * 0.44 + nod;
    context.fillStyle = pick(WALLS);
    context.fillRect(0, 0, width, height);
    // A window behind, and what can be seen of a chair.
    context.fillStyle = "rgb(255 255 255 / 0.55)";
    context.fillRect(width * 0.07, height * 0.1, width * 0.2, height * 0.42);
    context.fillStyle = "rgb(0 0 0 / 0.06)";
    context.fillRect(width * 0.07, height * 0.3, width * 0.2, height * 0.015);
    ellipse(context, pick(COATS), x, height * 1.06, width * 0.23, height * 0.42);
    context.fillStyle = pick(SKINS);
    context.fillRect(x - width * 0.035, y + height * 0.1, width * 0.07, height * 0.16);
    ellipse(context, pick(HAIRS), x, y - height * 0.045, width * 0.098, height * 0.195);
    ellipse(context, pick(SKINS), x, y, width * 0.083, height * 0.175);
    ellipse(context, pick(HAIRS), x, y - height * 0.135, width * 0.08, height * 0.07);
    const blink = at % 4 < 0.12 ? 0.2 : 1;
    for (const side of [-1, 1]) {
      ellipse(
        context,
        "#22252b",
        x + side * width * 0.032,
        y,
        width * 0.007,
        height * 0.014 * blink,
      );
    }
    const mouth = 0.35 + Math.abs(Math.sin(at * 3 + index)) * 0.65;
    ellipse(context, "#9c4a48", x, y + height * 0.085, width * 0.022, height * 0.018 * mouth);
  };
}

function screen(...[context, width, height, at]: Parameters<Drawing>): void {
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
  const bars = [0.35, 0.6, 0.45, 0.8];
  for (const [index, value] of bars.entries()) {
    const tall = height * 0.5 * (value + Math.sin(at + index) * 0.06);
    context.fillStyle = ["#8fb3ff", "#7fc29b", "#f0b37a", "#b79ae0"][index]!;
    context.fillRect(width * (0.6 + index * 0.085), height * 0.86 - tall, width * 0.06, tall);
  }
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
