"""
The clearance events of parcels become events of cases: one truth for a stage.

Each parcel with events gets a case with the parcel's code, which takes all of its land; where the parcel says
what its land is recovered for, the case belongs to a project of that zone. A parcel that is no more ends with
its case, for others have its land. Events keep when they were
recorded, and their order. What follows from events is written anew after the migration.
"""

from __future__ import annotations

#: In this order, before ``parcel_stage_events`` is dropped.
STEPS = (
    """
    CREATE TEMPORARY TABLE moved_parcels ON COMMIT DROP AS
    SELECT event.parcel_key AS key, event.since, event.illustrative, land.zone_key,
        CASE WHEN land.valid_to > event.since THEN land.valid_to END AS until, land.valid_to AS gone,
        land.user_name, land.geom,
        COALESCE(land.commune_code, split_part(event.parcel_key, '-', 1)) AS commune_code,
        COALESCE(land.user_kind, 'household') AS user_kind,
        CASE WHEN land.managed OR land.user_kind = 'state' THEN 'state' ELSE 'private' END AS origin,
        land.managed IS TRUE AS managed
    FROM (
        SELECT parcel_key, min(effective_on) AS since, bool_and(illustrative) AS illustrative
        FROM parcel_stage_events GROUP BY parcel_key
    ) AS event
    LEFT JOIN (
        SELECT DISTINCT ON (key) *,
            CASE WHEN user_type IN ('TKT', 'TVN') THEN 'enterprise'
                 WHEN user_type IN ('TCN', 'TSN') THEN 'organisation'
                 WHEN user_type = 'CDS' THEN 'community'
                 WHEN user_type IN ('UBQ', 'TPQ', 'TKQ') THEN 'state'
                 ELSE 'household' END AS user_kind,
            COALESCE(state_managed, user_type IN ('UBQ', 'TPQ', 'TKQ')) AS managed
        FROM parcels ORDER BY key, valid_from DESC
    ) AS land ON land.key = event.parcel_key
    """,
    """
    INSERT INTO clearance_projects (key, zone_key, name, source, illustrative)
    SELECT 'nhap-' || zone_key, zone_key, 'Hồ sơ nhập theo thửa: ' || zone_key, 'parcel_stage_events',
        bool_and(illustrative)
    FROM moved_parcels WHERE zone_key IS NOT NULL GROUP BY zone_key
    """,
    """
    INSERT INTO cases (valid_from, valid_to, illustrative, source, search_folded, key, project_key, zone_key,
        user_kind, origin, user_name, law, commune_code, opened_on)
    SELECT since, until, illustrative, 'parcel_stage_events', lower(key), key, 'nhap-' || zone_key, zone_key,
        user_kind, origin, user_name, CASE WHEN since >= DATE '2024-08-01' THEN 'LL2024' ELSE 'LL2013' END,
        commune_code, since
    FROM moved_parcels ORDER BY key
    """,
    """
    INSERT INTO takes (case_key, parcel_key, whole, geom, state_managed, commune_code, valid_from,
        valid_to, illustrative)
    SELECT key, key, true, geom, managed, commune_code, since, until, illustrative
    FROM moved_parcels WHERE geom IS NOT NULL AND (gone IS NULL OR until IS NOT NULL) ORDER BY key
    """,
    """
    INSERT INTO stage_events (case_key, stage, effective_on, recorded_at, source, illustrative, import_run_id)
    SELECT parcel_key, stage, effective_on, recorded_at, source, illustrative, import_run_id
    FROM parcel_stage_events ORDER BY id
    """,
)
