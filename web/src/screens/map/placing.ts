/** What is asked of the server for the firm that is being placed. */

import type { Feature, Match, MatchQuestion, Point } from "@/api/types.ts";
import { type Firm, VSIC_SCHEME } from "@/state/view.ts";

/** A firm on its way to a zone: what the register says of it, and the answer once there is a question. */
export type Placement = { record: Feature | null; match: Match | null };

export type Need = { scheme: string; vsic: string | null; need_ha: number | null };

/** Sector and hectares that the register knows. */
export function registered(record: Feature | null): Need {
  const { vsic_scheme, vsic_code, area_needed_ha } = record?.properties ?? {};
  return {
    scheme: typeof vsic_scheme === "string" ? vsic_scheme : VSIC_SCHEME,
    vsic: typeof vsic_code === "string" ? vsic_code : null,
    need_ha: typeof area_needed_ha === "number" ? area_needed_ha : null,
  };
}

/** Where the register says that a firm stands. */
export function standing(record: Feature | null): Point | null {
  if (record?.geometry?.type !== "Point") return null;
  const [lon, lat] = record.geometry.coordinates;
  return lon === undefined || lat === undefined ? null : [lon, lat];
}

/** The question for a firm, or null while its hectares (or an invented firm's sector) are still to be given. */
export function questionOf(firm: Firm, record: Feature | null): MatchQuestion | null {
  switch (firm.type) {
    case "none":
      return null;
    case "known": {
      const known = registered(record);
      if (firm.need_ha === null && known.need_ha === null) return null;
      return {
        firm: firm.key,
        ...(firm.need_ha === null ? {} : { area_needed_ha: firm.need_ha }),
        ...(firm.vsic === null ? {} : { vsic_scheme: known.scheme, vsic_code: firm.vsic }),
      };
    }
    case "adhoc": {
      const { point, vsic, need_ha } = firm;
      if (vsic === null || need_ha === null) return null;
      return { point, vsic_scheme: VSIC_SCHEME, vsic_code: vsic, area_needed_ha: need_ha };
    }
    default:
      return firm satisfies never;
  }
}

/** Whether an answer is about the firm that is being placed now, not the one before. */
export function about(placement: Placement | null, firm: Firm): placement is Placement {
  if (placement === null || firm.type === "none") return false;
  return (placement.record?.key ?? null) === (firm.type === "known" ? firm.key : null);
}
