/** A GeoTIFF of one byte per cell, byte by byte (TIFF 6.0; OGC 19-008), as an office would send it. */

type Tag = { tag: number; type: 3 | 4 | 12; values: number[] };

const SIZE = { 3: 2, 4: 4, 12: 8 } as const;

/** Cells from north to south, placed by their north-western corner in a projected system of EPSG. */
export function geotiff(
  cells: number[][],
  place: { west: number; north: number; cell_m: number; epsg: number },
): Buffer {
  const [height, width] = [cells.length, cells[0]?.length ?? 0];
  const tags: Tag[] = [
    { tag: 256, type: 4, values: [width] },
    { tag: 257, type: 4, values: [height] },
    { tag: 258, type: 3, values: [8] },
    { tag: 259, type: 3, values: [1] },
    { tag: 262, type: 3, values: [1] },
    { tag: 273, type: 4, values: [0] }, // where the cells begin: set below
    { tag: 277, type: 3, values: [1] },
    { tag: 278, type: 4, values: [height] },
    { tag: 279, type: 4, values: [width * height] },
    { tag: 33550, type: 12, values: [place.cell_m, place.cell_m, 0] },
    { tag: 33922, type: 12, values: [0, 0, 0, place.west, place.north, 0] },
    // Projected, cells are areas, and which system.
    { tag: 34735, type: 3, values: [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, place.epsg] },
  ];
  const head = 8 + 2 + tags.length * 12 + 4;
  const beyond = tags.filter((one) => SIZE[one.type] * one.values.length > 4);
  const start = head + beyond.reduce((sum, one) => sum + SIZE[one.type] * one.values.length, 0);
  const strip = tags.find((one) => one.tag === 273);
  if (strip) strip.values = [start];
  const file = Buffer.alloc(start + width * height);
  file.write("II", 0);
  file.writeUInt16LE(42, 2);
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(tags.length, 8);
  let free = head;
  for (const [i, one] of tags.entries()) {
    const at = 10 + i * 12;
    const bytes = SIZE[one.type] * one.values.length;
    file.writeUInt16LE(one.tag, at);
    file.writeUInt16LE(one.type, at + 2);
    file.writeUInt32LE(one.values.length, at + 4);
    const into = bytes > 4 ? free : at + 8;
    if (bytes > 4) {
      file.writeUInt32LE(free, at + 8);
      free += bytes;
    }
    for (const [k, value] of one.values.entries()) {
      const where = into + k * SIZE[one.type];
      if (one.type === 3) file.writeUInt16LE(value, where);
      else if (one.type === 4) file.writeUInt32LE(value, where);
      else file.writeDoubleLE(value, where);
    }
  }
  for (const [row, line] of cells.entries())
    for (const [column, value] of line.entries()) file.writeUInt8(value, start + row * width + column);
  return file;
}
