/** An area that is being drawn on the map for a panel elsewhere on the screen. */

import type { Area } from "@/map/area_drawing.ts";

export class Drawing {
  active = $state(false);
  /** Where the drawing begins; null for an empty one. */
  from = $state.raw<GeoJSON.Polygon | Area | null>(null);
  /** What has been drawn so far; null while there is no whole polygon, or nothing was moved. */
  area = $state.raw<Area | null>(null);

  begin(from: GeoJSON.Polygon | Area | null): void {
    this.from = from;
    this.area = null;
    this.active = true;
  }

  end(): void {
    this.active = false;
    this.area = null;
  }
}
