/** The few images that the style names, drawn when the map starts: nothing is fetched for them. */

import type { Colour } from "@/lib/colours.ts";

type Drawn = { name: string; data: ImageData; options: { pixelRatio: number } & Record<string, unknown> };

const RATIO = 2;

function draw(size: number, paint: (pen: OffscreenCanvasRenderingContext2D) => void): ImageData {
  const canvas = new OffscreenCanvas(size * RATIO, size * RATIO);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no 2d canvas");
  pen.scale(RATIO, RATIO);
  paint(pen);
  return pen.getImageData(0, 0, size * RATIO, size * RATIO);
}

/** The hatch of land in dispute, laid over the colour of its stage. */
export const DISPUTE = "dispute";

/** Diagonal lines that join across tiles of the pattern. */
function hatch(ink: string, width: number): ImageData {
  return draw(8, (pen) => {
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.beginPath();
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift - 1, 9);
      pen.lineTo(shift + 9, -1);
    }
    pen.stroke();
  });
}

/** White lozenge that stretches behind a figure. */
function pill(colour: Colour, ink: string): ImageData {
  return draw(18, (pen) => {
    pen.fillStyle = colour("@select.case");
    pen.strokeStyle = colour(ink);
    pen.globalAlpha = 0.97;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.roundRect(1, 1, 16, 16, 8);
    pen.fill();
    pen.stroke();
  });
}

/** Head of an arrow that points north before it is turned. */
function arrow(colour: Colour): ImageData {
  return draw(14, (pen) => {
    pen.fillStyle = colour("--c-bad");
    pen.fill(new Path2D("M7 2 11.500 11.500 7 9.500 2.500 11.500z"));
  });
}

/** The firm: a factory in a disc with a white casing. */
function firm(colour: Colour): ImageData {
  return draw(26, (pen) => {
    pen.beginPath();
    pen.arc(13, 13, 12, 0, 2 * Math.PI);
    pen.fillStyle = colour("@select.case");
    pen.fill();
    pen.beginPath();
    pen.arc(13, 13, 10, 0, 2 * Math.PI);
    pen.fillStyle = colour("@match.firm");
    pen.fill();
    pen.fillStyle = colour("@select.case");
    pen.fill(new Path2D("M7.500 18v-6l3.500 2.200V12l3.500 2.200V7.500h3.500V18z"));
  });
}

const LOZENGE = { pixelRatio: RATIO, stretchX: [[16, 20]], stretchY: [[16, 20]], content: [10, 4, 26, 32] };

export function images(colour: Colour): Drawn[] {
  return [
    { name: "hatch", data: hatch(colour("@nodata.line"), 1.1), options: { pixelRatio: RATIO } },
    { name: DISPUTE, data: hatch(colour("--gp-dispute"), 1.7), options: { pixelRatio: RATIO } },
    { name: "firm", data: firm(colour), options: { pixelRatio: RATIO } },
    { name: "arrow", data: arrow(colour), options: { pixelRatio: RATIO } },
    { name: "pill", data: pill(colour, "@match.line"), options: LOZENGE },
    { name: "pill-bad", data: pill(colour, "--c-bad"), options: LOZENGE },
  ];
}
