/** A Shapefile of squares, byte by byte (ESRI white paper of July 1998; dBASE III), as an office would send it. */

export type Square = { x: number; y: number; side: number; values: string[]; twisted?: boolean };

const HEADER = 100;
const POLYGON = 5;
const RECORD_BYTES = 8 + 4 + 32 + 4 + 4 + 4 + 5 * 16;

/** Corners, clockwise as the format wants outer rings; a twisted one crosses itself. */
function ring({ x, y, side, twisted }: Square): [number, number][] {
  const [a, b, c, d]: [number, number][] = [
    [x, y],
    [x, y + side],
    [x + side, y + side],
    [x + side, y],
  ] as never;
  return (twisted ? [a, c, b, d, a] : [a, b, c, d, a]) as [number, number][];
}

/** Loose parts, without .prj and .cpg. */
export function shapefile(
  name: string,
  headings: string[],
  squares: Square[],
): { name: string; bytes: Buffer }[] {
  const shp = Buffer.alloc(HEADER + squares.length * RECORD_BYTES);
  const shx = Buffer.alloc(HEADER + squares.length * 8);
  for (const file of [shp, shx]) {
    file.writeInt32BE(9994, 0);
    file.writeInt32BE(file.length / 2, 24);
    file.writeInt32LE(1000, 28);
    file.writeInt32LE(POLYGON, 32);
    box(file, 36, squares);
  }
  squares.forEach((square, i) => {
    const at = HEADER + i * RECORD_BYTES;
    shx.writeInt32BE(at / 2, HEADER + i * 8);
    shx.writeInt32BE((RECORD_BYTES - 8) / 2, HEADER + i * 8 + 4);
    shp.writeInt32BE(i + 1, at);
    shp.writeInt32BE((RECORD_BYTES - 8) / 2, at + 4);
    shp.writeInt32LE(POLYGON, at + 8);
    box(shp, at + 12, [square]);
    shp.writeInt32LE(1, at + 44);
    shp.writeInt32LE(5, at + 48);
    shp.writeInt32LE(0, at + 52);
    ring(square).forEach(([x, y], corner) => {
      shp.writeDoubleLE(x, at + 56 + corner * 16);
      shp.writeDoubleLE(y, at + 64 + corner * 16);
    });
  });
  return [
    { name: `${name}.shp`, bytes: shp },
    { name: `${name}.shx`, bytes: shx },
    { name: `${name}.dbf`, bytes: dbf(headings, squares) },
  ];
}

function box(file: Buffer, at: number, squares: Square[]): void {
  const xs = squares.flatMap(({ x, side }) => [x, x + side]);
  const ys = squares.flatMap(({ y, side }) => [y, y + side]);
  [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)].forEach((side, i) => {
    file.writeDoubleLE(side, at + i * 8);
  });
}

const WIDTH = 24;

function dbf(headings: string[], squares: Square[]): Buffer {
  const header = 32 + headings.length * 32 + 1;
  const record = 1 + headings.length * WIDTH;
  const file = Buffer.alloc(header + squares.length * record + 1, 0x20);
  file.fill(0, 0, header);
  file.writeUInt8(3, 0);
  file.set([125, 9, 26], 1);
  file.writeUInt32LE(squares.length, 4);
  file.writeUInt16LE(header, 8);
  file.writeUInt16LE(record, 10);
  headings.forEach((heading, i) => {
    const at = 32 + i * 32;
    file.write(heading.slice(0, 10), at, "ascii");
    file.write("C", at + 11, "ascii");
    file.writeUInt8(WIDTH, at + 16);
  });
  file.writeUInt8(0x0d, header - 1);
  squares.forEach(({ values }, i) => {
    values.forEach((value, column) => {
      // latin1 keeps each byte as it is: text in an old 8-bit encoding is written as it would be.
      file.write(value.slice(0, WIDTH), header + i * record + 1 + column * WIDTH, "latin1");
    });
  });
  file.writeUInt8(0x1a, file.length - 1);
  return file;
}
